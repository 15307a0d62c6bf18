"""Commands are carried out once, or refused in a sentence that says what to do instead."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.domain.journal import EntryType
from engine.domain.messages import (
    AcknowledgeAlert,
    CompleteTask,
    DecideReview,
    DecideSlot,
    EndPause,
    Instruction,
    SnoozeTask,
    StartPause,
)
from engine.domain.publication import PublishStatus
from engine.domain.records import ReviewDecision
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

DUE = START + timedelta(days=10.5)
SLOT = utc("2026-01-05 09:00")


def test_a_command_that_is_repeated_is_answered_again_and_done_once() -> None:
    heart = Heart(plan())
    first = heart.command(StartPause(until=START + DAY), START, key="same")
    second = heart.command(StartPause(until=START + 3 * DAY), START + HOUR, key="same")
    assert first.answer == second.answer
    assert len(heart.state.pauses) == 1


def test_a_repeated_command_is_answered_also_when_it_could_not_be_done_again() -> None:
    heart = Heart(plan(rules=[SILENT | {"task": REVISE}])).until(DUE)
    heart.command(CompleteTask(task="T1"), DUE, key="same")
    again = heart.command(CompleteTask(task="T1"), DUE + HOUR, key="same")
    assert (again.answer, again.refused) == ("T1 is done", None)
    assert heart.command(CompleteTask(task="T1"), DUE + HOUR, key="other").refused is not None


def test_only_the_newest_command_ids_are_kept() -> None:
    heart = Heart(plan(rules=[]))
    for n in range(600):
        heart.command(StartPause(until=START + DAY), START, key=f"k{n}")
    assert len(heart.state.commands) == 500
    assert "k599" in heart.state.commands
    assert "k0" not in heart.state.commands


@pytest.mark.parametrize(
    ("order", "says"),
    [
        (CompleteTask(task="T9"), "There is no open task T9"),
        (SnoozeTask(task="T9", until=START + DAY), "There is no open task T9"),
        (DecideSlot(task="T1", decision="drop"), "T1 is no decision about a post"),
        (SnoozeTask(task="T1", until=DUE), "later than now"),
        (SnoozeTask(task="T1", until=utc("9999-12-31 00:00")), "within ten years"),
        (AcknowledgeAlert(alert="Silent@channel/none"), "There is no active alert"),
        (StartPause(until=DUE), "which is past"),
        (StartPause(until=utc("9999-12-31 00:00")), "within ten years"),
        (StartPause(scope="channel/none"), "The plan has no channel named none; it has: blog"),
        (StartPause(scope="action/none"), "The plan has no action named none; it has: none"),
        (EndPause(), "strategy is not paused"),
        (DecideReview(review="weekly-1", decision=ReviewDecision.KEEP), "There is no open review weekly-1"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_a_command_that_makes_no_sense_is_refused_in_a_sentence(order: Instruction, says: str) -> None:
    heart = Heart(plan(rules=[SILENT | {"task": REVISE}])).until(DUE)
    before = heart.state
    result = heart.command(order, DUE)
    assert says in (result.refused or "")
    assert (result.state, result.entries, result.answer) == (before, (), "")


def test_a_decision_about_a_post_is_made_by_its_own_command() -> None:
    heart = Heart(plan(actions=[action(content={"items": items(9)})]))
    heart.answers.append(outcome(PublishStatus.REFUSED))
    heart.until(SLOT)
    assert "say `post`, `drop`" in (heart.command(CompleteTask(task="T1"), SLOT).refused or "")


def test_a_post_made_by_hand_needs_its_link() -> None:
    heart = Heart(plan(channels=[channel(account="hand")], actions=[action()])).until(SLOT)
    assert "add --link" in (heart.command(CompleteTask(task="T1"), SLOT).refused or "")
    assert "done by hand" in (heart.command(DecideSlot(task="T1", decision="posted"), SLOT).refused or "")
    assert heart.command(DecideSlot(task="T1", decision="drop"), SLOT).refused is None


def test_a_command_that_time_has_overtaken_is_refused_by_the_heart_itself() -> None:
    weekly = {"name": "weekly", "schedule": {"cron": "0 9 * * MON"}}
    heart = Heart(plan(reviews=[weekly])).until(SLOT)
    order = DecideReview(review="weekly-1", decision=ReviewDecision.KEEP)
    result = heart.command(order, SLOT + 7 * DAY)
    assert "There is no open review weekly-1" in (result.refused or "")
    assert len(heart.of(EntryType.REVIEW_OPENED)) == 2
