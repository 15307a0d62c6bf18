"""However often and however late the heart is woken, the same things happen at the same instants, and none is lost."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.journal import Entry, EntryType
from engine.domain.messages import EndPause, StartPause, Tick
from engine.domain.occurrences import slots_between
from engine.domain.plan import Plan
from engine.domain.publication import PublishStatus
from engine.domain.records import slot_id
from engine.runtime.simulation import World, simulate
from tests.domain.build import DAY, HOUR, MOMENTUM, START, Heart, action, channel, items, outcome, plan, post
from tests.domain.plans import plans

END = START + 9 * DAY
POSTS = [START + timedelta(hours=31 * n, microseconds=7 * n) for n in range(1, 4)]


def world(first: Plan) -> Heart:
    """Return a heart in a world in which this and that happens, always at the same instants."""
    heart = Heart(first)
    heart.posts = {"blog": [post(at) for at in POSTS], "news": [post(POSTS[0])]}
    heart.answers.extend(
        outcome(PublishStatus(name), settle=timedelta(minutes=5))
        for name in ("maybe", "absent", "published", "refused", "maybe", "unsure", "exhausted")
    )
    return heart


def told(heart: Heart) -> list[Entry]:
    """Return the journal."""
    return heart.entries


@settings(max_examples=40)
@given(plans(), st.lists(st.integers(0, 9 * 86400 * 1000), max_size=60))
def test_more_ticks_than_needed_change_nothing(first: Plan, extra: list[int]) -> None:
    needed, restless = world(first), world(first)
    needed.until(END)
    for milliseconds in sorted(extra):
        restless.until(START + timedelta(milliseconds=milliseconds))
    restless.until(END)
    assert told(restless) == told(needed)
    assert restless.state == needed.state


@settings(max_examples=40)
@given(plans(), st.lists(st.integers(1, 60), min_size=1, max_size=8))
def test_no_slot_is_lost_or_doubled_however_late_the_heart_is_woken(first: Plan, sleeps: list[int]) -> None:
    heart, now = world(first), START
    for hours in sleeps:
        now += hours * HOUR
        heart.tell(Tick(), now)
    closed = [
        slot_id(str(entry.data["action"]), datetime.fromisoformat(str(entry.data["slot"])))
        for entry in heart.of(EntryType.SLOT_PUBLISHED, EntryType.SLOT_SKIPPED)
    ]
    grid = [
        slot_id(one.name, instant)
        for one in first.strategy.actions
        for instant in slots_between(one.schedule, first.zone, START, now)
    ]
    assert sorted([*closed, *heart.state.slots]) == sorted(grid)


@settings(max_examples=40)
@given(st.integers(0, 10 * 86400), st.integers(1, 30 * 86400), st.booleans(), st.booleans())
def test_a_pause_moves_the_silence_by_exactly_its_length(
    begin: int, length: int, watched: bool, by_hand: bool
) -> None:
    heart = Heart(plan(channels=[channel(activity="feed" if watched else None)]))
    start, pause = START + timedelta(seconds=begin), timedelta(seconds=length)
    heart.until(start)
    heart.command(StartPause(until=None if by_hand else start + pause), start)
    if by_hand:
        heart.until(start + pause)
        heart.command(EndPause(), start + pause)
    heart.until(START + 60 * DAY)
    assert heart.when(EntryType.ALERT_FIRING) == [START + timedelta(days=10.5) + pause]


def years(count: int, *answers: PublishStatus, **more: Any) -> Heart:
    """Return a heart of so many years with nobody who does a task, on a platform that answers so, again and again."""
    posting = action(content={"items": items(20), "repeat": True}, **more)
    by_hand = action("call", channel="hand", content={"items": items(20), "repeat": True})
    channels = [
        channel(cadence={"at_least": 5, "at_most": 9, "per": "week"}),
        channel("hand", account="hand"),
    ]
    weekly = [{"name": "weekly", "schedule": {"cron": "0 9 * * MON"}}]
    heart = Heart(
        plan(channels=channels, actions=[posting, by_hand], rules=MOMENTUM, reviews=weekly, sources=[])
    )
    for year in range(count):
        for month in range(12):
            heart.answers.clear()
            heart.answers.extend([outcome(status) for status in answers] * 40)
            heart.until(START + timedelta(days=365 * year + 365 / 12 * (month + 1)))
    return heart


@pytest.mark.parametrize(
    "answers",
    [(), (PublishStatus.MAYBE, PublishStatus.UNSURE), (PublishStatus.REFUSED,)],
    ids=["all is well", "nobody can tell", "all is refused"],
)
def test_memory_is_bounded_by_the_plan_and_not_by_the_age(answers: tuple[PublishStatus, ...]) -> None:
    heart = years(1, *answers)
    young = len(heart.state.model_dump_json())
    old = len(years(2, *answers).state.model_dump_json())
    assert len(heart.entries) > 300
    assert abs(old - young) < 0.02 * young + 200


def test_the_simulator_lives_through_the_same_life_as_a_heart_that_is_woken_by_hand() -> None:
    first = plan(
        actions=[action(content={"items": items(20)})], channels=[channel(activity="feed")], rules=MOMENTUM
    )
    heart = Heart(first)
    heart.posts = {"blog": [post(at) for at in POSTS]}
    heart.until(END)
    journal = list(simulate(first, World(posts=heart.posts), START, END))
    assert [(e.at, e.type, e.subject) for e in journal] == [(e.at, e.type, e.subject) for e in heart.entries]
