"""Work for people: asked once, verified, escalated, snoozed, closed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine.domain.journal import EntryType
from engine.domain.messages import CompleteTask, DecideSlot, Find, SnoozeTask
from engine.domain.publication import PublishStatus
from engine.domain.records import TaskState
from tests.domain.build import (
    DAY,
    HOUR,
    REVISE,
    SILENT,
    START,
    Heart,
    action,
    channel,
    items,
    outcome,
    plan,
    utc,
)

SLOT = utc("2026-01-05 09:00")
DUE = START + timedelta(days=10.5)
LINK = "https://hand.test/1"


def by_hand(**more: Any) -> Heart:
    """Return a heart that has just asked a person to post."""
    posting = action(content={"items": items(50)}, **more)
    return Heart(plan(channels=[channel(account="hand")], actions=[posting])).until(SLOT)


def revising(**people: Any) -> Heart:
    """Return a heart whose silent channel has opened a revision task, due in three days."""
    return Heart(plan(rules=[SILENT | {"task": REVISE}], **people)).until(DUE)


def test_a_slot_on_a_channel_fed_by_hand_becomes_a_task_with_a_deadline() -> None:
    heart = by_hand(due_within="4h", assignee="cem")
    assert (heart.task().assignee, heart.task().due) == ("cem", SLOT + 4 * HOUR)


def test_a_pasted_link_is_verified_and_the_post_counts_as_activity() -> None:
    heart = by_hand()
    heart.answers.append(outcome(PublishStatus.PUBLISHED, url=LINK, at=SLOT + HOUR))
    heart.command(CompleteTask(task="T1", link=LINK), SLOT + 2 * HOUR)
    (find,) = heart.asked(Find)
    assert find.post.claimed_link == LINK
    assert not heart.state.tasks
    assert heart.state.channels["blog"].recent[-1].at == SLOT + HOUR


@pytest.mark.parametrize("answer", ["ABSENT", "UNSURE", "REFUSED", "EXHAUSTED", "ASKED", "MAYBE"])
def test_a_link_that_is_not_the_post_opens_the_task_again(answer: str) -> None:
    heart = by_hand()
    heart.answers.append(outcome(getattr(PublishStatus, answer)))
    heart.command(CompleteTask(task="T1", link="https://wrong.test"), SLOT + HOUR)
    assert heart.task().state is TaskState.OPEN
    (slot,) = heart.state.slots.values()
    assert slot.post is not None
    assert slot.post.claimed_link is None
    heart.answers.append(outcome(PublishStatus.PUBLISHED, url=LINK))
    heart.command(CompleteTask(task="T1", link=LINK), SLOT + 2 * HOUR)
    assert not heart.state.tasks
    assert len(heart.of(EntryType.SLOT_PUBLISHED)) == 1


def test_a_task_whose_link_is_being_verified_takes_no_other_command() -> None:
    heart = by_hand()
    heart.deaf = True
    heart.command(CompleteTask(task="T1", link=LINK), SLOT + HOUR)
    for order in (
        CompleteTask(task="T1", link=LINK),
        SnoozeTask(task="T1", until=SLOT + DAY),
        DecideSlot(task="T1", decision="drop"),
    ):
        assert "being verified" in (heart.command(order, SLOT + HOUR).refused or "")
    assert len(heart.asked(Find)) == 1


def test_listening_needs_no_link() -> None:
    heart = by_hand(kind="listen")
    heart.command(CompleteTask(task="T1", outcome="heard three complaints"), SLOT + HOUR)
    assert len(heart.of(EntryType.SLOT_PUBLISHED)) == 1


def test_a_post_that_nobody_made_gives_way_to_the_next_and_its_content_is_not_lost() -> None:
    heart = by_hand()
    heart.until(SLOT + 2 * DAY)
    assert heart.task().title == "Post on blog: Post 1"
    assert len(heart.of(EntryType.SLOT_SKIPPED)) == 2
    assert heart.state.used["post"] == ("p1",)


def test_an_overdue_task_escalates_to_the_deputy_and_then_to_the_owner_and_no_further() -> None:
    rule = SILENT | {"task": REVISE | {"assignee": "cem"}}
    heart = Heart(plan(rules=[rule])).until(DUE + 30 * DAY)
    entries = heart.of(EntryType.TASK_ESCALATED)
    assert [entry.at for entry in entries] == [DUE + 3 * DAY, DUE + 6 * DAY]
    assert [entry.data["task"]["escalated_to"] for entry in entries] == ["ben", "ann"]  # type: ignore[index, call-overload]
    assert len({notice.notice for notice in heart.told("/escalated/")}) == 2


def test_a_task_of_a_strategy_without_people_escalates_to_nobody_and_does_not_break() -> None:
    heart = Heart(plan(rules=[SILENT | {"task": REVISE}], owner=None, deputy=None)).until(DUE + 30 * DAY)
    assert [entry.summary.endswith("nobody named") for entry in heart.of(EntryType.TASK_ESCALATED)] == [
        True,
        True,
    ]


def test_a_snoozed_task_sleeps_and_its_due_date_moves_with_it() -> None:
    heart = revising()
    heart.command(SnoozeTask(task="T1", until=DUE + 2 * DAY), DUE)
    assert heart.task().state is TaskState.SNOOZED
    heart.until(DUE + 2 * DAY)
    assert heart.task().state is TaskState.OPEN
    heart.until(DUE + 20 * DAY)
    assert heart.when(EntryType.TASK_ESCALATED)[0] == DUE + 5 * DAY


def test_a_task_snoozed_beyond_its_due_date_does_not_escalate_the_moment_it_wakes() -> None:
    heart = revising()
    heart.command(SnoozeTask(task="T1", until=DUE + 10 * DAY), DUE)
    heart.until(DUE + 10 * DAY)
    assert heart.task().state is TaskState.OPEN
    assert not heart.of(EntryType.TASK_ESCALATED)
    heart.until(DUE + 13 * DAY)
    assert len(heart.of(EntryType.TASK_ESCALATED)) == 1


def test_snoozing_again_counts_the_sleep_once() -> None:
    heart = revising()
    heart.command(SnoozeTask(task="T1", until=DUE + 2 * DAY), DUE)
    heart.command(SnoozeTask(task="T1", until=DUE + 4 * DAY), DUE + DAY)
    assert heart.task().due == DUE + 7 * DAY


def test_an_escalated_task_that_sleeps_goes_on_where_it_was_on_the_ladder() -> None:
    heart = revising()
    heart.until(DUE + 4 * DAY)
    heart.command(SnoozeTask(task="T1", until=DUE + 5 * DAY), DUE + 4 * DAY)
    heart.until(DUE + 60 * DAY)
    assert len(heart.of(EntryType.TASK_ESCALATED)) == 2


def test_a_completed_task_says_by_whom_and_how_it_ended() -> None:
    heart = revising()
    heart.command(CompleteTask(task="T1", outcome="fed it again"), DUE + HOUR)
    (entry,) = heart.of(EntryType.TASK_CLOSED)
    closed = entry.data["task"]
    assert isinstance(closed, dict)
    assert (closed["closed_by"], closed["outcome"], closed["state"]) == ("cem", "fed it again", "done")
    assert not heart.state.tasks
