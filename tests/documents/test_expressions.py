"""Rules in plans: what their expressions may read, what people are shown of a mistake, what effects are allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents.plans import loaded, problems, write

CADENCE = "    cadence: {at_least: 1, per: week}\n"


def rules(text: str, above: str = "") -> tuple[str, str]:
    """Return the change that adds a rule with these fields to the small plan."""
    return "reviews:\n", f"{above}rules:\n  - {{name: Own, reason: It matters, {text}}}\nreviews:\n"


def test_a_mistake_is_shown_with_its_line_a_caret_and_the_nearest_name(tmp_path: Path) -> None:
    (problem,) = problems(write(tmp_path, rules("of: channel, expr: channel.posts_28 < 3")))
    assert str(problem).splitlines()[1:] == [
        "    channel.posts_28 < 3",
        "    ^^^^^^^^^^^^^^^^",
        "    Did you mean channel.posts_28d?",
    ]


def test_a_wrong_number_elsewhere_does_not_hide_a_mistake_in_an_expression(tmp_path: Path) -> None:
    change = rules("of: channel, expr: channel.posts_28 < 3, for: soon")
    assert len(problems(write(tmp_path, change, ("baseline: 10", "baseline: ten")))) == 3


def test_every_mistake_of_an_expression_is_told_in_one_run(tmp_path: Path) -> None:
    change = rules("of: channel, expr: 'channel.posts_28 < 3 && channel.momentun == \"silent\"'")
    assert [problem.column for problem in problems(write(tmp_path, change))] == [57, 81]


def test_a_signal_with_a_mistake_of_its_own_is_known_all_the_same(tmp_path: Path) -> None:
    signals = "signals:\n  - {name: week, metric: orders, function: avg, window: 7d}\n"
    found = problems(write(tmp_path, rules("of: goal, expr: signal.week < 3", signals)))
    assert ["`function` of signal 'week'" in problem.message for problem in found] == [True]


@pytest.mark.parametrize(
    "rule",
    [
        "of: channel, expr: signal.posts < 3 and signal.week > 2",
        "of: goal, expr: signal.week < goal.value",
        "of: goal, expr: goal.progress < 50%, severities: [{when: goal.progress < 20%, severity: critical}]",
        "of: strategy, expr: strategy.overdue_tasks > 3, recover: strategy.overdue_tasks == 0",
        "deadline: {since: activity, period: 3d}, inhibited_by: [ChannelSilent], review: monthly",
        "of: person, expr: person.open_tasks > 9, only: [ana]",
        "of: channel, expr: 'false', no_data: 2d",
    ],
)
def test_a_right_rule_is_taken(tmp_path: Path, rule: str) -> None:
    signals = (
        "signals:\n  - {name: week, metric: orders, function: sum, window: 7d}\n"
        "  - {name: posts, each: channel, function: count, window: 7d}\n"
    )
    assert problems(write(tmp_path, rules(rule, signals))) == []


def test_a_cadence_may_be_changed_inside_the_bounds_of_the_channel(tmp_path: Path) -> None:
    bounds = (CADENCE, CADENCE + "    adjustable: {at_least: [1, 3]}\n")
    rule = rules("cadence: {breach: at_least}, adjust: {at_least: 3}")
    assert loaded(tmp_path, rule, bounds).plans[0].strategy.rules[0].adjust is not None


def test_a_channel_that_the_rule_leaves_out_needs_no_bounds(tmp_path: Path) -> None:
    more = "  - {name: other, account: website, cadence: {at_least: 1, per: week}}\nmetrics:\n"
    bounds = (CADENCE, CADENCE + "    adjustable: {at_least: [1, 3]}\n")
    rule = "cadence: {breach: at_least}, adjust: {at_least: 3}"
    assert len(problems(write(tmp_path / "all", rules(rule), bounds, ("metrics:\n", more)))) == 1
    assert (
        problems(write(tmp_path / "one", rules(f"{rule}, only: [blog]"), bounds, ("metrics:\n", more))) == []
    )
