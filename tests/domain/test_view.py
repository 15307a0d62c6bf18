"""What people are shown: the view that goes to the store with each entry never claims what is not so."""

from __future__ import annotations

from datetime import timedelta

from engine.domain.journal import EntryType
from engine.domain.lifecycle.view import View, view
from tests.domain.build import DAY, HOUR, START, Heart, channel, plan


def shown_when_told(heart: Heart, kind: EntryType) -> View:
    """Let time go on until an entry of this kind is written, and return the view that goes with it."""
    end = heart.state.at + 30 * DAY
    while not heart.of(kind):
        assert heart.wake_at is not None
        assert heart.wake_at < end, f"no {kind}"
        heart.until(heart.wake_at)
    return view(heart.plan, heart.state)


def test_a_source_that_fails_is_shown_with_its_last_reading_although_the_good_ones_left_no_entry() -> None:
    heart = Heart(plan(channels=[channel(activity="feed", cadence=None)], rules=[]))
    heart.until(START + 3 * DAY)
    quiet, before = len(heart.entries), heart.state.sources["feed"].read_at
    heart.unreadable = {"feed"}
    (source,) = shown_when_told(heart, EntryType.SOURCE_STATE).sources
    assert len(heart.entries) == quiet + 1, "three days of readings said nothing"
    assert (source.ok, source.read_at) == (False, before)
    assert before is not None
    assert before > START + 3 * DAY - timedelta(hours=6) - HOUR
    heart.until(START + 6 * DAY)
    (later,) = view(heart.plan, heart.state).sources
    assert later.read_at == before, "it stays exact for as long as the source fails"
