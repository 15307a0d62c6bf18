"""Reviews open on their calendar and at checkpoints, with an agenda, and end in a decision."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine.domain.journal import EntryType
from engine.domain.messages import DecideReview, Tick
from engine.domain.records import ReviewDecision, Sample, TaskKind
from tests.domain.build import DAY, HOUR, REVISE, SILENT, START, Heart, channel, plan, utc

WEEKLY = {"name": "weekly", "schedule": {"cron": "0 10 * * MON"}, "decide_within": "2d"}
CHECKPOINTS = {"name": "quarterly", "checkpoints": ["90d", "180d", "365d"]}
FIRST = utc("2026-01-05 10:00")


def reviewed(*reviews: dict[str, Any], **more: Any) -> Heart:
    """Return a heart with these reviews."""
    return Heart(plan(reviews=list(reviews), **more))


def test_a_review_opens_by_its_calendar_with_an_agenda_and_a_date() -> None:
    heart = reviewed(WEEKLY).until(FIRST)
    (record,) = heart.state.reviews.values()
    assert (record.opened_at, record.decide_by) == (FIRST, FIRST + 2 * DAY)
    assert record.agenda
    assert len(heart.told("/opened/")) == 1


def test_reviews_open_at_checkpoints_of_the_strategys_age() -> None:
    heart = reviewed(CHECKPOINTS, rules=[]).until(START + 400 * DAY)
    entries = heart.of(EntryType.REVIEW_OPENED)
    assert [entry.at - START for entry in entries] == [90 * DAY, 180 * DAY, 365 * DAY]
    assert "checkpoint after 90 days" in entries[0].summary


def test_checkpoints_count_from_the_start_and_not_from_a_new_revision() -> None:
    heart = reviewed(CHECKPOINTS, rules=[]).until(START + 50 * DAY)
    heart.apply(plan(reviews=[CHECKPOINTS], rules=[]), START + 50 * DAY)
    heart.until(START + 100 * DAY)
    assert heart.when(EntryType.REVIEW_OPENED) == [START + 90 * DAY]


def test_a_review_that_nobody_decides_is_called_out_once() -> None:
    heart = reviewed(WEEKLY, channels=[channel(activity="feed")]).until(FIRST + 6 * DAY)
    assert heart.when(EntryType.REVIEW_OVERDUE) == [FIRST + 2 * DAY]
    assert len(heart.told("/overdue")) == 1


def test_the_next_review_takes_the_place_of_one_that_nobody_decided() -> None:
    heart = reviewed(WEEKLY).until(FIRST + 21 * DAY)
    assert len(heart.state.reviews) == 1
    decided = heart.of(EntryType.REVIEW_DECIDED)
    assert len(decided) == 3
    assert "superseded" in decided[0].summary


def test_the_reviews_of_an_outage_leave_one_open() -> None:
    heart = reviewed(WEEKLY)
    heart.tell(Tick(), FIRST + 21 * DAY)
    assert len(heart.state.reviews) == 1


@pytest.mark.parametrize("decision", list(ReviewDecision))
def test_every_decision_but_keep_becomes_a_task_for_the_owner(decision: ReviewDecision) -> None:
    heart = reviewed(WEEKLY).until(FIRST)
    heart.command(DecideReview(review="weekly-1", decision=decision, note="two a week"), FIRST + HOUR)
    assert not heart.state.reviews
    if decision is ReviewDecision.KEEP:
        assert not heart.state.tasks
    else:
        assert (heart.task().kind, heart.task().assignee, heart.task().why) == (
            TaskKind.REVISION,
            "ann",
            "two a week",
        )


def test_the_agenda_names_goals_quiet_channels_alerts_and_overdue_tasks() -> None:
    goal = {"name": "readers", "metric": "visits", "baseline": 0, "target": 100}
    heart = reviewed(
        WEEKLY,
        rules=[SILENT | {"task": REVISE}],
        goals=[goal | {"start": "2026-01-05", "due": "2026-04-15"}],
        metrics=[{"name": "visits", "source": "feed"}],
    )
    heart.samples["visits"] = [Sample(metric="visits", at=START, seen=START, value=5)]
    heart.until(FIRST + 21 * DAY)
    (record,) = heart.state.reviews.values()
    goal_line, channel_line, alert_line, task_line = record.agenda
    assert "visits is 5, planned 21" in goal_line
    assert channel_line == "Channel blog is silent."
    assert alert_line.startswith("Silent: Nothing has happened on blog")
    assert task_line == "Overdue: T1 Revise blog"


def test_a_review_that_leaves_the_plan_ends() -> None:
    heart = reviewed(WEEKLY).until(FIRST)
    heart.apply(plan(), FIRST + HOUR)
    assert not heart.state.reviews
    assert heart.state.review_due == {}


def test_a_goal_due_on_the_last_day_that_a_plan_may_name_breaks_no_review() -> None:
    goal = {
        "name": "far",
        "metric": "visits",
        "baseline": 0,
        "target": 1,
        "start": "2026-01-05",
        "due": "2199-12-31",
    }
    heart = reviewed(WEEKLY, goals=[goal], metrics=[{"name": "visits", "source": "feed"}])
    heart.samples["visits"] = [Sample(metric="visits", at=START, seen=START, value=0.5)]
    heart.until(FIRST + 7 * DAY)
    (record,) = heart.state.reviews.values()
    assert "on pace" in record.agenda[0]


def test_a_review_on_a_calendar_and_at_a_checkpoint_of_one_instant_opens_once() -> None:
    both = {"name": "both", "schedule": {"dates": ["2026-01-06T08:00"]}, "checkpoints": ["1d"]}
    heart = reviewed(both).until(START + timedelta(days=3))
    assert heart.when(EntryType.REVIEW_OPENED) == [START + DAY]
