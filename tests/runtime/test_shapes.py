"""The ready shapes explain themselves: what they are said to turn at is where they turn."""

from __future__ import annotations

import re
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.domain.past import Judged
from engine.domain.plan import Plan
from engine.domain.series import MemorySeries
from engine.runtime.clockwork import Clockwork
from engine.runtime.shapes import shape
from rules.evaluation import Evaluator
from tests.rules.evaluation.build import GOAL, known, planned, post, values

PACE: dict[str, Any] = {"name": "Behind", "reason": "x", "pace": {}}
SAME: dict[str, Any] = {"name": "Same", "reason": "x", "duplicate": {"posts": 4}}
FALLING = GOAL | {"baseline": 365, "target": 0}


def text(seed: int) -> str:
    """Return a text that is like no other."""
    chance = Random(seed)
    return " ".join("".join(chance.choices("abcdefghijklmnop", k=6)) for _ in range(20))


def judged(plan: Plan, series: MemorySeries, subject: str) -> Judged:
    found = Evaluator(plan).evaluate(known(), series).judged
    return next(row for row in found if row.subject == subject)


def explained(plan: Plan, row: Judged) -> Clockwork:
    found = shape(plan.rules[0], row.facts, truth=row.truth)
    assert found is not None
    return found


def line_of(flips: str) -> float:
    return float(re.search(r"value = (-?[\d.]+)", flips)[1])  # type: ignore[index]


numbers = st.integers(0, 365).map(float)


@given(numbers, numbers, numbers, st.sampled_from([GOAL, FALLING]))
def test_a_goal_behind_its_curve_turns_at_the_value_that_is_named(
    old: float, middle: float, new: float, goal: dict[str, Any]
) -> None:
    plan, towards = planned(PACE, goals=[goal]), 1 if goal is GOAL else -1

    def at(value: float) -> Judged:
        return judged(plan, values((29, old), (8, middle), (1, value)), "goal/readers")

    row = at(new)
    border = line_of(explained(plan, row).flips)
    assert at(border + 0.01 * towards).truth is False
    assert at(border - 0.01 * towards).truth is True


def test_each_window_has_its_value_its_line_and_its_distance() -> None:
    plan = planned(PACE, goals=[GOAL])
    found = explained(plan, judged(plan, values((29, 100), (8, 102), (1, 103)), "goal/readers"))
    assert found.values[0] == "value = 103, planned 150.333, on pace from 132.083, a distance of 29.0833"
    assert found.values[1:] == (
        "made in 28d = 3, the line is 19.6 (70% of 28), a distance of 16.6",
        "made in 7d = 1, the line is 4.9 (70% of 7), a distance of 3.9",
    )
    assert found.flips == "false at value = 106.9"


def test_a_goal_without_a_value_says_what_it_waits_for() -> None:
    plan = planned(PACE, goals=[GOAL])
    found = explained(plan, judged(plan, MemorySeries(), "goal/readers"))
    assert found.flips == "turns when the goal runs and its metric has a new value"


@given(st.integers(0, 4), st.integers(1, 5))
def test_repeated_texts_turn_at_the_number_that_is_named(many: int, posts: int) -> None:
    plan = planned(SAME)

    def at(repeated: int) -> Judged:
        texts = [text(n) for n in range(posts)]
        blog = [post(n + 1, each, channel="blog") for n, each in enumerate(texts)]
        news = [post(n + 1.1, each, channel="news") for n, each in enumerate(texts[:repeated])]
        other = [post(50 + n, text(100 + n), channel="news") for n in range(3)]
        return judged(plan, MemorySeries(posts={"blog": blog, "news": [*other, *news]}), "channel/blog")

    row = at(min(many, posts))
    found = explained(plan, row)
    named = re.search(r"(true|false) at repeated = (\d+)", found.flips)
    if posts < 4:
        assert found.flips == "can be true with 4 posts whose text is known"
        assert row.truth is False
    else:
        assert named is not None
        assert at(int(named[2])).truth is (named[1] == "true") is not row.truth
