"""Will a goal be met: the formula against sums, its calibration on made-up futures, and what cannot be foretold."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from math import comb, exp, isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.aims import Goal
from engine.domain.records import Sample
from rules.forecast import at_least, expected, is_count
from tests.rules.evaluation.build import GOAL, expr, judge, planned, values

START, DUE = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
COUNT = Goal.model_validate(GOAL)
LEVEL = COUNT.model_copy(update={"baseline": 20.0, "target": 60.0})
FALL = COUNT.model_copy(update={"baseline": 60.0, "target": 20.0})


def at(day: float, value: float) -> Sample:
    moment = START + timedelta(days=day)
    return Sample(metric="visits", at=moment, value=value, seen=moment)


def risen(day: float, value: float) -> list[Sample]:
    """Return the samples of a count that stands there now."""
    return [at(day - 14, max(0, value - 9)), at(day - 7, max(0, value - 3)), at(day, value)]


def weekly(*numbers: float, first: float = 0) -> list[Sample]:
    return [at(first + 7 * week, number) for week, number in enumerate(numbers)]


@given(st.integers(1, 400), st.floats(0.01, 500))
def test_the_tail_is_that_of_a_negative_binomial_of_shape_three(needed: int, mean: float) -> None:
    end = 3 / (3 + mean)
    below = sum(comb(n + 2, 2) * end**3 * (1 - end) ** n for n in range(needed))
    assert isclose(at_least(needed, mean), 1 - below, abs_tol=1e-9)


def test_a_million_still_to_come_is_foretold_as_fast_as_one() -> None:
    assert at_least(10**9, 1e6) == pytest.approx(0, abs=1e-9)
    assert 0.3 < at_least(1_000_000, 1e6) < 0.5


def test_a_count_goes_on_at_the_rate_of_the_plan_and_of_what_came() -> None:
    found = expected(COUNT, START, DUE, risen(90, 45))
    assert found is not None
    rate = (3 + 45) / (3 / (365 / 365) + 90)
    assert found.value == pytest.approx(45 + rate * 275)
    assert found.probability == pytest.approx(at_least(320, rate * 275))
    assert found.probability < 0.1


def test_on_the_first_day_the_plan_is_all_that_is_known() -> None:
    found = expected(COUNT, START, DUE, risen(0, 0))
    assert found is not None
    assert found.value == pytest.approx(365)
    assert 0.35 < found.probability < 0.5


def test_the_probability_of_counts_comes_true_as_often_as_it_says() -> None:
    chance = random.Random(11)
    said, came = 0.0, 0
    for _ in range(3000):
        daily = chance.gammavariate(3, 1 / 3)
        so_far = _poisson(chance, daily * 90)
        # What is still to come has ups and downs of its own, as the model has it.
        rate = (3 + so_far) / (3 + 90)
        later = _poisson(chance, chance.gammavariate(3, rate * 275 / 3))
        found = expected(COUNT, START, DUE, risen(90, so_far))
        assert found is not None
        said += found.probability
        came += so_far + later >= COUNT.target
    assert said / 3000 == pytest.approx(came / 3000, abs=0.02)


def _poisson(chance: random.Random, mean: float) -> int:
    if mean > 50:
        return _poisson(chance, mean / 2) + _poisson(chance, mean / 2)
    count, left = 0, chance.random()
    limit = exp(-mean)
    while left > limit:
        count += 1
        left *= chance.random()
    return count


def test_a_number_that_falls_or_has_fractions_is_no_count() -> None:
    assert is_count(COUNT, weekly(0, 3, 3, 9))
    assert not is_count(COUNT, weekly(0, 3, 2, 9))
    assert not is_count(COUNT, weekly(0, 3.5, 4))
    assert not is_count(FALL, weekly(60, 60, 60))


def test_a_level_drifts_on_as_it_did_and_the_error_grows_with_the_way() -> None:
    samples = weekly(20, 23, 22, 25, 24, 27, first=100)
    near = expected(LEVEL, START, START + timedelta(days=149), samples)
    far = expected(LEVEL, START, DUE, samples)
    assert near is not None
    assert far is not None
    assert near.value == pytest.approx(27 + 7 / 5 * 2)
    assert far.value == pytest.approx(27 + 7 / 5 * (230 / 7))
    assert near.probability < 0.001
    assert 0.6 < far.probability < 0.999


def test_a_number_that_is_to_fall_is_the_mirror_of_one_that_is_to_rise() -> None:
    up = expected(LEVEL, START, DUE, weekly(20, 23, 22, 25, 24, 27, first=100))
    down = expected(FALL, START, DUE, weekly(60, 57, 58, 55, 56, 53, first=100))
    assert up is not None
    assert down is not None
    assert down.value == pytest.approx(80 - up.value)
    assert down.probability == pytest.approx(up.probability)


@pytest.mark.parametrize("samples", [[], weekly(20), weekly(20, 23), weekly(20, 23, 22, 25)])
def test_too_little_to_go_by_is_unknown(samples: list[Sample]) -> None:
    assert expected(LEVEL, START, DUE, samples) is None


def test_what_is_reached_is_certain_and_what_is_over_is_decided() -> None:
    reached = expected(COUNT, START, DUE, risen(200, 400))
    missed = expected(COUNT, START, DUE, risen(366, 364))
    assert reached is not None
    assert reached.probability == 1
    assert missed == (364, 0)


def test_rules_read_the_forecast_of_their_goal() -> None:
    plan = planned(expr("ForecastMiss", "goal.probability < 20%", of="goal"), goals=[GOAL])
    found = judge(plan, None, values((30, 30), (15, 35), (8, 39), (1, 40)))["ForecastMiss@goal/readers"]
    assert found.truth is True
    assert judge(plan)["ForecastMiss@goal/readers"].truth is None
    assert COUNT.due == date(2026, 12, 31)
