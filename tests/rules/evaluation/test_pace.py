"""The pace of goals: short of the curve, and both windows say that it falls further behind."""

from __future__ import annotations

from typing import Any

import pytest

from engine.domain.judgement import Judgement
from engine.domain.records import DataState
from engine.domain.series import MemorySeries
from tests.rules.evaluation.build import GOAL, NOW, judge, known, planned, values

# One a day from the first of January on: on the first of June at 8:00 some 151 are planned.
RULE = {"name": "Behind", "reason": "It falls behind.", "pace": {}}


def pace(*pairs: tuple[float, float], goal: dict[str, Any] | None = None, **when: Any) -> Judgement:
    plan = planned(RULE, goals=[GOAL | (goal or {})])
    return judge(plan, known(**when), values(*pairs))["Behind@goal/readers"]


def test_behind_the_curve_and_slow_in_both_windows_is_true_and_says_by_how_much() -> None:
    found = pace((60, 60), (28, 80), (7, 90), (1, 92))
    assert found.truth is True
    assert found.because == (
        "Goal readers falls behind: visits is 92, planned 150.333, and it made 12 instead of 27 in 28d and 2 instead of "
        "6 in 7d; the target is 365 by 2026-12-31."
    )
    assert found.evidence["made_7d"] == 2


@pytest.mark.parametrize(
    "pairs",
    [
        ((28, 80), (7, 90), (1, 96)),  # a good week
        ((28, 60), (7, 90), (1, 91)),  # a bad week in a good month
        ((28, 140), (7, 155), (1, 155)),  # nothing came, but it is ahead
    ],
)
def test_one_window_that_disagrees_or_a_lead_is_enough_for_no(pairs: tuple[tuple[float, float], ...]) -> None:
    assert pace(*pairs).truth is False


def test_a_goal_that_is_to_fall_is_judged_the_other_way_round() -> None:
    down = {"baseline": 365, "target": 0}
    assert pace((28, 285), (7, 275), (1, 273), goal=down).truth is True
    assert pace((28, 285), (7, 275), (1, 255), goal=down).truth is False


def test_without_a_new_value_it_is_unknown_and_no_standstill() -> None:
    found = pace((60, 60), (28, 80), (8, 90))
    assert (found.truth, found.data) == (None, DataState.UNKNOWN)
    assert found.because == "visits has no value of the last 7d"


def test_without_an_old_value_it_is_unknown() -> None:
    assert pace((3, 90), (1, 90)).truth is None
    assert pace((3, 90), (1, 90)).because == "no value of visits is known from the beginning of a window"
    assert pace().because == "no value of visits is known"


def test_before_its_start_after_its_end_and_ahead_of_it_nothing_falls_behind() -> None:
    slow = ((28, 80), (7, 90), (1, 91))
    assert pace(*slow, goal={"start": "2026-06-02"}).truth is False
    assert pace(*slow, goal={"due": "2026-05-31"}).truth is False


def test_in_its_first_days_the_declared_baseline_is_where_it_stood() -> None:
    young = {"start": "2026-05-26", "due": "2026-08-26", "baseline": 10, "target": 1000}
    assert pace((1, 12), goal=young).truth is True
    assert pace((1, 60), goal=young).truth is False


def test_a_late_value_is_compared_with_the_plan_of_its_own_time() -> None:
    # Read every six days: the newest is of five days ago, and exactly on its way.
    assert pace((35, 65), (29, 71), (11, 89), (5, 95)).truth is False


def test_deleting_values_never_says_that_all_is_well() -> None:
    pairs = [(60.0, 60.0), (28.0, 80.0), (7.0, 90.0), (1.0, 92.0)]
    assert pace(*pairs).truth is True
    for left in range(len(pairs)):
        assert pace(*pairs[:left]).truth is not False
    assert (
        judge(planned(RULE, goals=[GOAL]), known(at=NOW), MemorySeries())["Behind@goal/readers"].truth is None
    )


@pytest.mark.parametrize(("objective", "severity"), [("more orders", None), ("more readers", "info")])
def test_a_goal_that_is_behind_may_matter_otherwise_under_a_condition(
    objective: str, severity: str | None
) -> None:
    mild = [{"when": 'goal.objective == "more readers"', "severity": "info"}]
    circumstances = known({"goal/readers": {"goal.objective": objective}})
    found = judge(
        planned(RULE | {"severities": mild}, goals=[GOAL]),
        circumstances,
        values((60, 60), (28, 80), (7, 90), (1, 92)),
    )
    behind = found["Behind@goal/readers"]
    assert (behind.truth, behind.severity) == (True, severity)
