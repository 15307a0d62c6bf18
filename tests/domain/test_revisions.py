"""A new revision of the plan counts from now on; what stays keeps its past, what has gone ends with a word."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from engine.domain.journal import EntryType
from engine.domain.lifecycle.horizon import next_instant
from engine.domain.lifecycle.state import new_state
from engine.domain.lifecycle.step import step
from engine.domain.messages import Command, Commanded, PlanApplied, StartPause, Tick
from engine.domain.publication import PublishStatus
from engine.domain.records import AlertState
from tests.domain.build import (
    DAY,
    HOUR,
    MOMENTUM,
    REVISE,
    SILENT,
    START,
    Heart,
    action,
    channel,
    items,
    outcome,
    plan,
    post,
    utc,
)

DUE = START + timedelta(days=10.5)
SLOT = utc("2026-01-05 09:00")
RICH: dict[str, Any] = {"content": {"items": items(50)}}


def test_a_new_revision_keeps_what_is_known_of_a_channel() -> None:
    heart = Heart(plan(channels=[channel(activity="feed")]))
    heart.posts["blog"] = [post(START)]
    heart.until(START + 5 * DAY)
    before = heart.state.channels["blog"]
    heart.apply(plan(channels=[channel(activity="feed"), channel("news")]), START + 5 * DAY)
    assert heart.state.channels["blog"] == before
    assert heart.state.channels["news"].watched_since == START + 5 * DAY


def test_the_clock_of_a_new_channel_starts_with_the_revision_that_brings_it() -> None:
    heart = Heart(plan())
    heart.apply(plan(channels=[channel(), channel("news")]), START + 5 * DAY)
    heart.until(START + 30 * DAY)
    assert heart.when(EntryType.ALERT_FIRING, "channel/news") == [DUE + 5 * DAY]


def test_a_removed_channel_ends_its_alerts_tasks_and_pauses() -> None:
    rule = SILENT | {"task": REVISE}
    heart = Heart(plan(channels=[channel(), channel("news")], rules=[rule])).until(DUE)
    heart.command(StartPause(scope="channel/blog"), DUE)
    heart.apply(plan(channels=[channel("news")], rules=[rule]), DUE + HOUR)
    assert list(heart.state.alerts) == ["Silent@channel/news"]
    assert [task.subject for task in heart.state.tasks.values()] == ["channel/news"]
    assert all(pause.over for pause in heart.state.pauses)
    assert list(heart.state.channels) == ["news"]


def test_an_alert_that_leaves_the_plan_while_it_fires_is_told_to_have_ended() -> None:
    heart = Heart(plan(channels=[channel(), channel("news")], rules=[SILENT])).until(DUE)
    heart.apply(plan(channels=[channel("news")], rules=[SILENT]), DUE + HOUR)
    (told,) = heart.told("/ended")
    (ended,) = told.alerts
    assert (ended.id, ended.fired_at) == ("Silent@channel/blog", DUE)
    assert (ended.state, ended.resolved_at) == (AlertState.RESOLVED, DUE + HOUR)
    assert "it is no longer part of the plan" in told.body


def test_an_alert_that_leaves_the_plan_before_it_fires_is_no_news() -> None:
    pending = SILENT | {"for": "1h"}
    heart = Heart(plan(rules=[pending])).until(DUE)
    heart.apply(plan(channels=[channel("news")], rules=[pending]), DUE + HOUR / 2)
    assert heart.told("/ended") == []


def test_a_removed_action_ends_what_waited_for_a_person() -> None:
    heart = Heart(plan(actions=[action(), action("late", schedule={"cron": "0 9 * * *"}, **RICH)]))
    heart.answers.extend(outcome(PublishStatus.REFUSED) for _ in range(2))
    heart.until(SLOT)
    assert len(heart.state.tasks) == 2
    heart.apply(plan(actions=[action("late", **RICH)]), SLOT + HOUR)
    assert [task.cause for task in heart.state.tasks.values()] == ["late@2026-01-05T09:00:00Z"]
    assert heart.of(EntryType.SLOT_SKIPPED)[0].data["why"] == "its action left the plan"


def test_a_removed_action_ends_the_task_that_asked_for_its_content() -> None:
    heart = Heart(plan(actions=[action()])).until(START + 5 * DAY)
    assert heart.state.tasks
    heart.apply(plan(), START + 5 * DAY)
    assert not heart.state.tasks


def test_a_shifted_slot_of_a_removed_action_is_skipped_with_a_word() -> None:
    schedule = {
        "dates": ["2026-01-06T09:00"],
        "blackout": [{"start": "2026-01-06"}],
        "blackout_policy": "shift",
    }
    heart = Heart(plan(actions=[action(schedule=schedule)])).until(SLOT + DAY)
    heart.apply(plan(), SLOT + DAY + HOUR)
    assert [entry.data["why"] for entry in heart.of(EntryType.SLOT_SKIPPED)] == ["its action left the plan"]
    assert not heart.state.slots


def test_a_revision_does_not_post_used_content_again() -> None:
    heart = Heart(plan(actions=[action(**RICH)])).until(SLOT)
    heart.apply(plan(actions=[action(schedule={"cron": "0 10 * * *"}, **RICH)]), SLOT + timedelta(minutes=1))
    heart.until(SLOT + HOUR)
    assert heart.state.used["post"] == ("p1", "p2")


def test_a_revision_at_the_instant_of_a_slot_neither_loses_nor_doubles_it() -> None:
    heart = Heart(plan(actions=[action(**RICH)]))
    heart.apply(plan(actions=[action(**RICH)]), SLOT)
    heart.until(SLOT + HOUR)
    assert heart.when(EntryType.SLOT_PUBLISHED) == [SLOT]


def test_a_revision_after_an_outage_loses_no_slot_of_the_outage() -> None:
    heart = Heart(plan(actions=[action(**RICH)]))
    heart.apply(plan(channels=[channel(), channel("news")], actions=[action(**RICH)]), SLOT + 3 * DAY)
    assert heart.when(EntryType.SLOT_SKIPPED) == [SLOT, SLOT + DAY, SLOT + 2 * DAY]
    assert heart.when(EntryType.SLOT_PUBLISHED) == [SLOT + 3 * DAY]


def test_a_revision_in_the_middle_of_catching_up_loses_no_slot() -> None:
    schedule = {"every": "1s"}
    heart = Heart(plan(actions=[action(schedule=schedule, **RICH)]))
    now = START + timedelta(seconds=1200)
    heart.apply(plan(actions=[action(schedule=schedule, **RICH)]), now)
    while heart.state.at < now:
        heart.tell(Tick(), now)
    closed = heart.of(EntryType.SLOT_SKIPPED, EntryType.SLOT_PUBLISHED)
    assert len({entry.data["slot"] for entry in closed}) == len(closed) == 1200


def test_an_older_or_equal_revision_changes_nothing() -> None:
    heart = Heart(plan(channels=[channel(), channel("news")], rules=MOMENTUM)).until(START + DAY)
    for revision in (1, 0, -3):
        result = step(plan(), heart.state, PlanApplied(revision=revision), START + 2 * DAY)
        assert (result.state, result.entries, result.effects) == (heart.state, (), ())
        assert result.wake_at == START + 2 * DAY


def test_a_strategy_without_a_plan_waits_for_one() -> None:
    state = new_state("team/plan", START)
    tick = step(plan(), state, Tick(), START + DAY)
    assert (tick.state, tick.wake_at, next_instant(plan(), state)) == (state, None, None)
    command = Command(id="c1", instruction=StartPause())
    refused = step(plan(), state, Commanded(command=command), START + DAY)
    assert (refused.state, refused.refused) == (state, "The strategy has no plan yet: apply one first.")


def test_a_cadence_that_is_made_stricter_is_judged_at_once() -> None:
    heart = Heart(plan()).until(START + 5 * DAY)
    heart.apply(plan(channels=[channel(cadence={"at_least": 1, "per": "day"})]), START + 5 * DAY)
    assert heart.when(EntryType.ALERT_FIRING) == [START + 5 * DAY]
