"""The rules of packs that rest on facts: each fires where it should, stays calm beside it, and says nothing unknown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from pydantic import JsonValue

from engine.domain.judgement import Circumstances, Judgement
from engine.domain.likeness import sketch
from engine.domain.plan import Plan
from engine.domain.records import Activity, Sample
from engine.domain.rule import Severity
from engine.domain.series import MemorySeries
from engine.domain.strategy import Strategy
from engine.domain.workspace import Workspace
from rules.evaluation import Evaluator
from rules.packs import load_pack, merged_rules, pack_names

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = 3600.0
DAY = 24 * HOUR
GOAL = {
    "name": "orders",
    "metric": "orders",
    "baseline": 0,
    "target": 100,
    "start": "2026-01-01",
    "due": "2026-12-31",
    "checkpoints": [{"day": "2026-04-01", "value": 25}],
}


def days_ago(days: float) -> str:
    return (NOW - timedelta(days=days)).isoformat()


@cache
def evaluator() -> Evaluator:
    head = {"apiVersion": "drumbeat/v1"}
    strategy = Strategy.model_validate(
        head
        | {
            "kind": "Strategy",
            "name": "regulars",
            "workspace": "team",
            "goals": [GOAL],
            "metrics": [{"name": "orders", "source": "till"}],
            "assumptions": [{"name": "forty", "says": "Forty orders", "holds": "signal.week >= 40"}],
            "signals": [{"name": "week", "metric": "orders", "function": "max", "window": "7d"}],
            "channels": [{"name": name, "account": "site"} for name in ("blog", "letter")],
        }
    )
    people = [{"name": "ana", "hours_per_week": 4}, {"name": "ben"}]
    ground = head | {"kind": "Workspace", "name": "team", "people": people}
    ground |= {"sources": [{"name": "till", "kind": "csv"}]}
    plan = Plan(
        workspace=Workspace.model_validate(ground),
        strategy=strategy,
        content={},
        rules=merged_rules(strategy),
        signals=strategy.signals,
    )
    return Evaluator(plan)


def judge(
    rule: str, subject: str, series: MemorySeries | None = None, *, at: datetime = NOW, **facts: JsonValue
) -> Judgement:
    """Return what the rule says of the subject with these facts (`channel__slots_ahead=3`)."""
    known: dict[str, dict[str, JsonValue]] = {"strategy": {}, subject: {}}
    for name, value in facts.items():
        owner = "strategy" if name.startswith("strategy__") else subject
        known[owner][name.replace("__", ".")] = value
    evaluation = evaluator().evaluate(Circumstances(revision=1, at=at, facts=known), series or MemorySeries())
    return next(j for j in evaluation.judgements if (j.rule, j.subject) == (rule, subject))


# Per rule: its subject, facts under which it fires, and changes of them under which it does not.
EXPRESSIONS: dict[str, tuple[str, dict[str, Any], list[dict[str, Any]]]] = {
    "PipelineDry": (
        "channel/blog",
        {"channel__paused": False, "channel__content_ready": 1, "channel__slots_ahead": 2},
        [{"channel__content_ready": 2}, {"channel__paused": True}, {"channel__slots_ahead": 0}],
    ),
    "RepliesPilingUp": (
        "channel/blog",
        {"channel__replies__limit": 10, "channel__open_replies": 11},
        [{"channel__open_replies": 10}, {"channel__replies__limit": 11}],
    ),
    "CreateWithoutListening": (
        "strategy",
        {
            "strategy__started_at": days_ago(90),
            "strategy__last_created_at": days_ago(1),
            "strategy__last_listened_at": days_ago(29),
        },
        [
            {"strategy__last_listened_at": days_ago(27)},
            {"strategy__last_created_at": days_ago(29)},
            {"strategy__started_at": days_ago(27)},
        ],
    ),
    "CheckpointMissed": (
        "goal/orders",
        {"goal__checkpoint_missed": True, "goal__due_at": days_ago(-200)},
        [{"goal__checkpoint_missed": False}, {"goal__due_at": days_ago(1)}],
    ),
    "GoalMet": ("goal/orders", {"goal__pace": "met", "goal__progress": 1.0}, [{"goal__pace": "on pace"}]),
    "GoalMissed": ("goal/orders", {"goal__pace": "missed"}, [{"goal__pace": "behind"}]),
    "CredentialExpiring": (
        "channel/blog",
        {
            "channel__credential_expires_at": days_ago(-13),
            "channel__slots_ahead": 1,
            "channel__next_slot_at": days_ago(-2),
        },
        [{"channel__credential_expires_at": days_ago(-15)}, {"channel__slots_ahead": 0}],
    ),
    "CredentialExpired": (
        "channel/blog",
        {"channel__credential_expires_at": days_ago(0)},
        [{"channel__credential_expires_at": days_ago(-0.1)}],
    ),
    "TaskOverdue": (
        "task/T1",
        {"task__state": "open", "task__kind": "revision", "task__due": days_ago(3.1)},
        [{"task__due": days_ago(3)}, {"task__state": "snoozed"}, {"task__kind": "post"}],
    ),
    "PersonOverloaded": (
        "person/ana",
        {"person__hours_planned": 5.0, "person__hours_per_week": 4.0, "person__overdue_tasks": 0},
        [{"person__hours_planned": 4.0}],
    ),
    "MetricUnused": (
        "metric/orders",
        {"metric__informs": 0, "metric__watched_since": days_ago(91)},
        [{"metric__informs": 1}, {"metric__watched_since": days_ago(89)}],
    ),
}

# Without this the plan itself says that the rule does not concern the subject.
PLANNED: dict[str, dict[str, Any]] = {"RepliesPilingUp": {"channel__replies__limit": 10}}


@pytest.mark.parametrize("rule", EXPRESSIONS)
def test_a_rule_fires_where_it_should_and_stays_calm_beside_it(rule: str) -> None:
    subject, facts, beside = EXPRESSIONS[rule]
    fired = judge(rule, subject, **facts)
    assert fired.truth is True, fired
    assert fired.because
    for change in beside:
        assert judge(rule, subject, **{**facts, **change}).truth is False, change


@pytest.mark.parametrize("rule", EXPRESSIONS)
def test_a_rule_says_nothing_of_what_is_not_known(rule: str) -> None:
    subject, _, _ = EXPRESSIONS[rule]
    only_its_plan: dict[str, Any] = {f"{subject.split('/')[0]}__name": "x"} | PLANNED.get(rule, {})
    assert judge(rule, subject, **only_its_plan).truth is None


def test_replies_that_the_plan_counts_nowhere_are_no_pile() -> None:
    assert judge("RepliesPilingUp", "channel/blog", channel__name="blog").truth is False


def test_an_empty_pipeline_days_before_the_slot_is_critical() -> None:
    facts = EXPRESSIONS["PipelineDry"][1] | {"channel__content_ready": 0}
    near = judge("PipelineDry", "channel/blog", **facts, channel__next_slot_at=days_ago(-2))
    far = judge("PipelineDry", "channel/blog", **facts, channel__next_slot_at=days_ago(-4))
    assert (near.severity, far.severity) == (Severity.CRITICAL, None)


def test_a_credential_that_ends_before_the_next_slot_is_critical() -> None:
    facts = EXPRESSIONS["CredentialExpiring"][1] | {"channel__next_slot_at": days_ago(-13.5)}
    assert judge("CredentialExpiring", "channel/blog", **facts).severity is Severity.CRITICAL


def test_three_overdue_tasks_are_too_many_for_a_person_whose_hours_nobody_knows() -> None:
    assert judge("PersonOverloaded", "person/ben", person__overdue_tasks=3).truth is True
    few = judge("PersonOverloaded", "person/ben", person__overdue_tasks=2)
    assert (few.truth, few.recovered) == (False, False)
    assert judge("PersonOverloaded", "person/ben", person__overdue_tasks=0).recovered is True


def test_who_never_listened_is_counted_from_the_start() -> None:
    facts = dict(EXPRESSIONS["CreateWithoutListening"][1])
    del facts["strategy__last_listened_at"]
    assert judge("CreateWithoutListening", "strategy", **facts).truth is True


def test_a_goal_that_is_won_stays_won_until_it_falls_well_back() -> None:
    for progress, recovered in ((0.95, False), (0.85, True)):
        facts: dict[str, Any] = {"goal__pace": "on pace", "goal__progress": progress}
        assert judge("GoalMet", "goal/orders", **facts).recovered is recovered


def orders(*values: tuple[float, float]) -> MemorySeries:
    """Return the past in which `orders` had these values so many days ago."""
    samples = [
        Sample(metric="orders", at=NOW - timedelta(days=days), value=value, seen=NOW)
        for days, value in values
    ]
    return MemorySeries(samples={"orders": samples})


def growing(per_day: float, of_late: float) -> MemorySeries:
    """Return the past in which orders grew by so much a day since January, and so much of late."""
    start, late = 151, 28
    turn = (start - late) * per_day
    early = [(float(days), (start - days) * per_day) for days in range(start, late, -3)]
    return orders(*early, *[(float(days), turn + (late - days) * of_late) for days in range(late, -1, -3)])


def test_a_goal_falls_behind_when_it_is_short_and_both_windows_say_so() -> None:
    assert judge("GoalBehind", "goal/orders", growing(0.2, 0.05)).truth is True
    assert judge("GoalBehind", "goal/orders", growing(0.2, 0.4)).truth is False
    assert judge("GoalBehind", "goal/orders").truth is None


def test_a_goal_that_its_status_calls_on_pace_has_no_alert_on_its_first_days() -> None:
    second_day = NOW.replace(month=1, day=3)
    sample = Sample(metric="orders", at=second_day, value=0.1, seen=second_day)
    assert (
        judge("GoalBehind", "goal/orders", MemorySeries({"orders": [sample]}), at=second_day).truth is False
    )


def test_a_forecast_far_from_the_target_is_said_before_the_date() -> None:
    known: dict[str, Any] = {"goal__elapsed": 0.41, "goal__due_at": days_ago(-213)}
    slow = growing(0.1, 0.1)
    assert judge("GoalForecastToMiss", "goal/orders", slow, **known).truth is True
    assert judge("GoalForecastToMiss", "goal/orders", slow, **{**known, "goal__elapsed": 0.2}).truth is False
    well = judge("GoalForecastToMiss", "goal/orders", growing(0.4, 0.4), **known)
    assert (well.truth, well.recovered) == (False, True)


def test_a_belief_that_does_not_hold_is_broken_and_one_that_cannot_be_tested_is_neither() -> None:
    assert judge("AssumptionBroken", "assumption/forty", orders((1, 39))).truth is True
    assert judge("AssumptionBroken", "assumption/forty", orders((1, 41))).truth is False
    assert judge("AssumptionBroken", "assumption/forty").truth is None


def test_the_same_text_on_two_channels_is_blanket_posting() -> None:
    texts = [
        "Tomorrow we are at the north park with three new dishes and the old salsa",
        "How we choose the chillies, and why the green ones go first in June",
        "Card or cash, both are fine, and the line moves faster with the card",
    ]

    def posts(channel: str, said: list[str]) -> list[Activity]:
        return [
            Activity(at=NOW - timedelta(days=n), ref=f"{channel}{n}", title=text, sketch=sketch(text))
            for n, text in enumerate(said)
        ]

    same = MemorySeries(posts={"blog": posts("blog", texts), "letter": posts("letter", texts)})
    other = [
        "A letter about the winter",
        "What the river park had for lunch",
        "Thanks to the people at gate four",
    ]
    apart = MemorySeries(posts={"blog": posts("blog", texts), "letter": posts("letter", other)})
    assert judge("BlanketPosting", "channel/letter", same).truth is True
    assert judge("BlanketPosting", "channel/letter", apart).truth is False


def test_every_rule_of_a_pack_that_rests_on_facts_is_tested_here() -> None:
    rules = {rule.name for pack in pack_names() for rule in load_pack(pack) if rule.is_evaluated}
    elsewhere = {"GoalBehind", "GoalForecastToMiss", "AssumptionBroken", "BlanketPosting"}
    assert rules == {*EXPRESSIONS, *elsewhere}
