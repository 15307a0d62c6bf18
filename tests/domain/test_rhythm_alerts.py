"""Quiet against its own rhythm, and slots without an outcome: both known at their exact instants."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from engine.domain.journal import EntryType
from engine.domain.lifecycle.state import State
from engine.domain.messages import EndPause, Observe, StartPause
from engine.domain.publication import PublishStatus
from engine.domain.quiet import Rhythm
from engine.domain.records import AlertState
from tests.domain.build import DAY, HOUR, START, WEEK, Heart, action, channel, outcome, plan, post

QUIET: dict[str, Any] = {"name": "Quiet", "reason": "Unlike itself.", "quiet": {}}
FREE: dict[str, Any] = {"cadence": None, "activity": "feed"}
ALERT = "Quiet@channel/blog"
WEEKLY = [post(START - n * WEEK, ref=f"w{n}") for n in range(30, 0, -1)]


def weekly(**more: Any) -> Heart:
    heart = Heart(plan(channels=[channel(**FREE)], rules=[QUIET], **more), mute=["feed"])
    heart.mute = set()
    heart.posts["blog"] = list(WEEKLY)
    heart.until(START + 6 * HOUR)
    return heart


def test_the_alert_fires_at_the_instant_that_the_rhythm_foretells_and_shows_its_probability() -> None:
    heart = weekly()
    foretold = Rhythm.of([each.at for each in WEEKLY], "UTC").alarm_at()
    assert foretold is not None
    heart.until(START + 60 * DAY)
    assert heart.when(EntryType.ALERT_FIRING) == [foretold]
    alert = heart.alert(ALERT)
    assert "this channel will not post again" in alert.because
    assert 0 < float(str(alert.evidence["probability"])) <= 1


def test_a_channel_that_keeps_its_rhythm_raises_nothing() -> None:
    heart = weekly()
    heart.posts["blog"] += [post(START + n * WEEK, ref=f"n{n}") for n in range(12)]
    heart.until(START + 12 * WEEK)
    assert not heart.of(EntryType.ALERT_FIRING)


def test_the_rhythm_learnt_post_by_post_is_that_of_all_posts_at_once() -> None:
    heart = weekly()
    late = [post(START + n * 9 * DAY, ref=f"n{n}") for n in range(1, 20)]
    heart.posts["blog"] += late
    heart.until(START + 200 * DAY)
    assert heart.state.channels["blog"].rhythm == Rhythm.of([each.at for each in (*WEEKLY, *late)], "UTC")


def test_at_its_first_look_the_heart_asks_for_more_of_the_past_and_later_for_news_only() -> None:
    heart = Heart(plan(channels=[channel(**FREE)], rules=[QUIET]))
    heart.until(START + 2 * DAY)
    first, *later = heart.asked(Observe)
    assert first.newest == {"blog": 130}
    assert later
    assert all(not look.newest for look in later)


def test_a_pause_moves_the_alarm_by_its_length() -> None:
    heart, paused = weekly(), weekly()
    paused.command(StartPause(scope="channel/blog"), START + DAY)
    paused.until(START + 6 * DAY)
    paused.command(EndPause(scope="channel/blog"), START + 6 * DAY)
    for one in (heart, paused):
        one.until(START + 100 * DAY)
    assert paused.when(EntryType.ALERT_FIRING)[0] - heart.when(EntryType.ALERT_FIRING)[0] == 5 * DAY


def test_a_channel_with_a_promise_is_judged_by_that_unless_the_rule_asks_for_both() -> None:
    assert not plan(rules=[QUIET]).by_rhythm
    assert plan(rules=[QUIET | {"quiet": {"also_declared": True}}]).by_rhythm == {"blog"}


def test_a_channel_without_any_post_is_not_called_quiet() -> None:
    heart = Heart(plan(channels=[channel(**FREE)], rules=[QUIET]))
    heart.until(START + 300 * DAY)
    assert not heart.of(EntryType.ALERT_FIRING)


def test_the_rhythm_survives_being_written_down() -> None:
    heart = weekly()
    assert State.model_validate_json(heart.state.model_dump_json()) == heart.state


# --- slots without an outcome -----------------------------------------------------------------------------------

UNSETTLED = {"name": "Unsettled", "reason": "No outcome.", "deadline": {"since": "slot"}}
LATE: dict[str, Any] = {"schedule": {"cron": "0 9 * * *", "misfire": {"grace": "2h"}}}
SLOT = "Unsettled@action/post"


def test_a_slot_whose_platform_never_answers_is_an_alert_at_its_due_plus_grace() -> None:
    heart = Heart(plan(actions=[action(**LATE)], rules=[UNSETTLED]))
    heart.deaf = True
    heart.until(START + 5 * HOUR)
    assert heart.when(EntryType.ALERT_FIRING) == [START + 3 * HOUR]
    assert "its post is still being sent" in heart.alert(SLOT).because


def test_a_slot_that_waits_for_a_person_is_late_only_after_the_persons_own_time() -> None:
    heart = Heart(plan(actions=[action(due_within="1d", **LATE)], rules=[UNSETTLED]))
    heart.answers.append(outcome(PublishStatus.REFUSED, message="too long"))
    heart.until(START + 20 * HOUR)
    assert not heart.of(EntryType.ALERT_FIRING)
    heart.until(START + 40 * HOUR)
    assert heart.when(EntryType.ALERT_FIRING) == [START + HOUR + DAY + timedelta(hours=2)]
    assert "it waits for a person" in heart.alert(SLOT).because


def test_slots_that_are_published_raise_nothing() -> None:
    heart = Heart(plan(actions=[action(**LATE)], rules=[UNSETTLED]))
    heart.until(START + 5 * DAY)
    assert SLOT not in heart.state.alerts or heart.alert(SLOT).state is AlertState.INACTIVE
