"""What becomes of a slot: on time, on a blackout day, after an outage, and when there is nothing left to post."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine.domain.journal import EntryType
from engine.domain.lifecycle.step import CATCH_UP
from engine.domain.messages import Publish, Tick
from engine.domain.records import SlotPhase, TaskKind
from tests.domain.build import DAY, HOUR, START, TINY, WEEK, Heart, action, items, plan, utc

SLOT = utc("2026-01-05 09:00")


def daily(**schedule: Any) -> dict[str, Any]:
    """Return an action that posts every day at nine, with more about its schedule."""
    return action(schedule={"cron": "0 9 * * *"} | schedule, content={"items": items(50)})


def posted(heart: Heart) -> list[str]:
    """Return the ids of what was sent, in order."""
    return [publish.post.item.id for publish in heart.asked(Publish)]


def reasons(heart: Heart) -> list[Any]:
    """Return why slots were skipped."""
    return [entry.data["why"] for entry in heart.of(EntryType.SLOT_SKIPPED)]


def test_each_slot_takes_the_next_item_at_its_exact_instant() -> None:
    heart = Heart(plan(actions=[daily()])).until(START + 3 * DAY)
    assert heart.when(EntryType.SLOT_PUBLISHED) == [SLOT, SLOT + DAY, SLOT + 2 * DAY]
    assert posted(heart) == ["p1", "p2", "p3"]


def test_the_words_in_braces_become_the_local_date_time_and_number() -> None:
    content = {"items": [{"id": "x", "title": "{date} {time} {number}", "body": "{number}"}], "repeat": True}
    heart = Heart(plan(actions=[action(content=content)], zone="Asia/Kathmandu"), utc("2026-01-05 00:00"))
    heart.until(utc("2026-01-07 00:00"))
    titles = [publish.post.item.title for publish in heart.asked(Publish)]
    assert titles == ["2026-01-05 09:00:00 1", "2026-01-06 09:00:00 2"]


# --- blackouts -----------------------------------------------------------------------------------------------


def test_a_slot_on_a_blackout_day_is_skipped_with_its_reason() -> None:
    blackout = [{"start": "2026-01-06", "end": "2026-01-07", "reason": "the fair"}]
    heart = Heart(plan(actions=[daily(blackout=blackout)])).until(START + 4 * DAY)
    assert heart.when(EntryType.SLOT_PUBLISHED) == [SLOT, SLOT + 3 * DAY]
    assert reasons(heart) == ["blackout: the fair"] * 2


def test_a_slot_on_a_blackout_day_shifts_to_the_first_day_after() -> None:
    schedule = {"cron": "0 9 * * TUE", "blackout": [{"start": "2026-01-06", "end": "2026-01-07"}]}
    heart = Heart(plan(actions=[action(schedule=schedule | {"blackout_policy": "shift"})])).until(
        START + WEEK
    )
    assert heart.when(EntryType.SLOT_PUBLISHED) == [utc("2026-01-08 09:00")]
    (publish,) = heart.asked(Publish)
    assert publish.post.slot == utc("2026-01-06 09:00")


def test_a_shifted_slot_gives_way_to_a_slot_that_comes_no_later() -> None:
    blackout = [{"start": "2026-01-06", "end": "2026-01-07"}]
    heart = Heart(plan(actions=[daily(blackout=blackout, blackout_policy="shift")])).until(START + 4 * DAY)
    assert heart.when(EntryType.SLOT_PUBLISHED) == [SLOT, SLOT + 3 * DAY]
    assert len(heart.asked(Publish)) == len({publish.post.key for publish in heart.asked(Publish)})


def test_a_shifted_slot_that_comes_too_late_obeys_the_grace() -> None:
    schedule = {
        "dates": ["2026-01-06T09:00"],
        "blackout": [{"start": "2026-01-06"}],
        "blackout_policy": "shift",
    }
    heart = Heart(plan(actions=[action(schedule=schedule)]))
    heart.until(utc("2026-01-06 10:00"))
    heart.tell(Tick(), utc("2026-01-09 10:00"))
    assert not heart.asked(Publish)
    assert reasons(heart) == ["it was 2 days 1 hour late; the plan's grace is 1 hour"]


def test_a_slot_on_a_blackout_day_can_be_held_for_a_person() -> None:
    blackout = [{"start": "2026-01-05"}]
    heart = Heart(plan(actions=[daily(blackout=blackout, blackout_policy="hold")])).until(SLOT)
    assert heart.task().kind is TaskKind.DECIDE
    assert not heart.asked(Publish)
    assert [slot.phase for slot in heart.state.slots.values()] == [SlotPhase.ASKED]


def test_an_older_question_ends_when_a_newer_one_is_asked_and_its_content_is_used_after_all() -> None:
    blackout = [{"start": "2026-01-05", "end": "2026-01-06"}]
    heart = Heart(plan(actions=[daily(blackout=blackout, blackout_policy="hold")])).until(SLOT + 2 * DAY)
    assert heart.task().cause == "post@2026-01-06T09:00:00Z"
    assert reasons(heart) == ["nobody did it before the next slot came"]
    assert posted(heart) == ["p1"]


# --- outages -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("late", "done"), [(HOUR - TINY, True), (HOUR, True), (HOUR + TINY, False)])
def test_a_late_slot_is_done_within_its_grace_and_not_a_microsecond_later(
    late: timedelta, done: bool
) -> None:
    heart = Heart(plan(actions=[daily()]))
    heart.tell(Tick(), SLOT + late)
    assert bool(heart.of(EntryType.SLOT_PUBLISHED)) is done
    assert bool(heart.of(EntryType.SLOT_SKIPPED)) is not done


def test_a_slot_that_is_too_late_can_be_posted_all_the_same() -> None:
    heart = Heart(plan(actions=[daily(misfire={"then": "post"})]))
    heart.tell(Tick(), SLOT + 20 * HOUR)
    assert heart.of(EntryType.SLOT_PUBLISHED)[0].data["late_seconds"] == 20 * 3600


def test_a_slot_that_is_too_late_can_be_asked_about() -> None:
    heart = Heart(plan(actions=[daily(misfire={"then": "ask"})]))
    heart.tell(Tick(), SLOT + 20 * HOUR)
    assert heart.task().kind is TaskKind.DECIDE
    assert heart.task().opened_at == SLOT


@pytest.mark.parametrize("late", [timedelta(0), timedelta(minutes=5)])
def test_after_an_outage_only_the_latest_slot_is_caught_up(late: timedelta) -> None:
    heart = Heart(plan(actions=[action(schedule={"every": "1h"}, content={"items": items(50)})]))
    heart.tell(Tick(), START + 10 * HOUR + late)
    assert len(heart.of(EntryType.SLOT_SKIPPED)) == 9
    assert [publish.post.slot for publish in heart.asked(Publish)] == [START + 10 * HOUR]


def test_after_an_outage_all_slots_within_their_grace_are_caught_up_if_the_plan_says_so() -> None:
    schedule = {"every": "1h", "misfire": {"grace": "3h", "catch_up": "all"}}
    heart = Heart(plan(actions=[action(schedule=schedule, content={"items": items(50)})]))
    heart.tell(Tick(), START + 10 * HOUR)
    assert [publish.post.slot for publish in heart.asked(Publish)] == [
        START + n * HOUR for n in (7, 8, 9, 10)
    ]


def test_what_happened_in_an_outage_is_dated_when_it_became_true() -> None:
    heart = Heart(plan(actions=[daily()]))
    heart.tell(Tick(), SLOT + 5 * DAY)
    assert heart.when(EntryType.SLOT_SKIPPED) == [SLOT + n * DAY for n in range(5)]


def test_a_long_outage_of_an_every_second_schedule_is_caught_up_in_bounded_steps() -> None:
    heart = Heart(
        plan(actions=[action(schedule={"every": "1s"}, content={"items": items(2), "repeat": True})])
    )
    end, steps = START + timedelta(minutes=30), 0
    while heart.state.at < end:
        before = len(heart.entries)
        heart.tell(Tick(), end)
        steps += 1
        assert len(heart.entries) - before <= CATCH_UP + 1
        assert heart.state.at == end or (heart.wake_at is not None and heart.wake_at <= end)
    assert steps == 4
    assert len(heart.asked(Publish)) == 1
    assert len(heart.of(EntryType.SLOT_SKIPPED, EntryType.SLOT_PUBLISHED)) == 1800


# --- content -------------------------------------------------------------------------------------------------


def test_when_content_runs_out_one_task_asks_for_more() -> None:
    heart = Heart(plan(actions=[action()])).until(START + 10 * DAY)
    assert len(heart.of(EntryType.SLOT_PUBLISHED)) == 3
    assert len(heart.of(EntryType.TASK_OPENED)) == 1
    assert heart.task().kind is TaskKind.CONTENT


def test_the_task_for_content_closes_when_content_comes() -> None:
    heart = Heart(plan(actions=[action()])).until(START + 5 * DAY)
    heart.apply(plan(actions=[action(content={"items": items(4)})]), START + 5 * DAY)
    assert not heart.state.tasks
    heart.until(START + 6 * DAY)
    assert posted(heart) == ["p1", "p2", "p3", "p4"]


def test_with_repeat_the_item_used_longest_ago_comes_again_and_new_ones_come_first() -> None:
    heart = Heart(plan(actions=[action(content={"items": items(2), "repeat": True})])).until(START + 3 * DAY)
    heart.apply(plan(actions=[action(content={"items": items(3), "repeat": True})]), START + 3 * DAY)
    heart.until(START + 7 * DAY)
    assert posted(heart) == ["p1", "p2", "p1", "p3", "p2", "p1", "p3"]
    assert len({publish.post.key for publish in heart.asked(Publish)}) == 7


def test_a_platform_that_never_answers_cannot_make_memory_grow_without_end() -> None:
    heart = Heart(
        plan(actions=[action(schedule={"every": "1m"}, content={"items": items(1), "repeat": True})])
    )
    heart.deaf = True
    heart.until(START + 3 * HOUR)
    assert len(heart.state.slots) == 100
    assert reasons(heart)[0] == "100 earlier slots are still open"
