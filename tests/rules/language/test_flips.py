"""What an explanation says would flip a condition does flip it, and a little less does not."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from rules.language import Facts, Flip, Part, Value, check, evaluate, explain, write
from rules.language.lattice import ENDS, place_of, value_at
from rules.language.trusting import reader
from rules.language.types import ORDERED, Kind
from tests.rules.language.facts import SCHEMA, value_for, values
from tests.rules.language.generating import Generator

NOW = datetime(2026, 3, 1, tzinfo=UTC)
FACTS = {
    "now": NOW,
    "channel.last": NOW - timedelta(days=5),
    "channel.posts": 2,
    "channel.momentum": "slowing",
    "channel.paused": False,
    "goal.value": 80.0,
    "goal.planned": 100.0,
    "goal.name": "visits",
}


def _flips(text: str, **other: object) -> list[str]:
    explanation = explain(check(text, SCHEMA), SCHEMA.facts({**FACTS, **other}))
    return [str(flip) for part in explanation.singles() for flip in explanation.flips(part)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("channel.posts < 3", ["channel.posts = 3"]),
        ("channel.posts > 2", ["channel.posts = 3"]),
        ("channel.posts >= 2", ["channel.posts = 1"]),
        ("channel.posts == 7", ["channel.posts = 7"]),
        ("channel.posts * 2 + 1 > 11", ["channel.posts = 6"]),
        ("goal.value < 100", ["goal.value = 100"]),
        ("goal.value <= 100", ["goal.value above 100"]),
        ("goal.value >= 80", ["goal.value below 80"]),
        ("goal.value != 80.5", ["goal.value = 80.5"]),
        ("goal.value < 90% * goal.planned", ["goal.value = 90", "goal.planned below 88.8889"]),
        ("abs(goal.value - 90) > 20", ["goal.value below 70"]),
        (
            "age(channel.last) > 7d",
            ["now above 2026-03-03T00:00:00Z", "channel.last below 2026-02-22T00:00:00Z"],
        ),
        ('channel.momentum == "silent"', ['channel.momentum = "silent"']),
        ('channel.momentum in ["silent", "dormant"]', ['channel.momentum = "silent"']),
        ('goal.name == "other"', ['goal.name = "other"']),
        ("channel.paused", ["channel.paused = true"]),
        ("sqrt(goal.value) > 10", ["goal.value above 100"]),
        ('weekday(now, "UTC") == "monday"', ["now = 2026-03-02T00:00:00Z"]),
        ("goal.value * 0 > 1", []),
    ],
)
def test_the_value_that_would_flip_a_condition_is_found(text: str, expected: list[str]) -> None:
    assert _flips(text) == expected


def test_every_flip_flips_on_generated_conditions() -> None:
    dice = random.Random(11)
    seen = 0
    while seen < 600:
        expression = check(_text(dice), SCHEMA)
        explanation = explain(expression, SCHEMA.facts(values(dice)))
        for part in explanation.singles():
            for flip in explanation.flips(part):
                after = evaluate(part.node, flip.applied(explanation.facts))
                assert after is (not part.value), (expression.text, flip, explanation.facts)
                if flip.inclusive:
                    at_the_border = replace(flip, witness=flip.border).applied(explanation.facts)
                    assert evaluate(part.node, at_the_border) is (not part.value)
                _one_step_before_it_does_not(part, explanation.facts, flip)
                seen += 1


def _text(dice: random.Random) -> str:
    return write(Generator(dice).expression(3))


def _one_step_before_it_does_not(part: Part, facts: Facts, flip: Flip) -> None:
    kind = SCHEMA.fields[flip.slot].type.kind
    if kind not in ORDERED:
        return
    start, end = place_of(flip.value, kind), place_of(flip.witness, kind)
    before = value_at(end - 1 if end > start else end + 1, kind)
    assert evaluate(part.node, replace(flip, witness=before).applied(facts)) is not (not part.value)


def test_what_is_called_decisive_changes_the_whole() -> None:
    dice = random.Random(12)
    seen = 0
    while seen < 200:
        expression = check(_text(dice), SCHEMA)
        explanation = explain(expression, SCHEMA.facts(values(dice)))
        for flip in explanation.decisive():
            after = evaluate(expression.tree, flip.applied(explanation.facts))
            assert after is not None
            assert after is not explanation.outcome
            seen += 1


@pytest.mark.parametrize("kind", sorted(ORDERED))
def test_places_keep_the_order_of_their_values(kind: Kind) -> None:
    dice = random.Random(13)
    type_ = next(field.type for field in SCHEMA.fields if field.type.kind is kind)
    read = reader(type_)
    raw = (read(value_for(type_, dice), "x") for _ in range(300))
    known: list[Value] = [value for value in raw if value is not None]
    for value in known:
        low, high = ENDS[kind]
        assert low <= place_of(value, kind) <= high
        assert value_at(place_of(value, kind), kind) == value
    for left, right in pairwise(known):
        assert (place_of(left, kind) < place_of(right, kind)) == (left < right)  # type: ignore[operator]


def test_the_margin_is_the_distance_in_the_unit_of_the_comparison() -> None:
    def margin(text: str) -> object:
        return explain(check(text, SCHEMA), SCHEMA.facts(FACTS)).root.margin

    assert margin("goal.value < 100") == 20
    assert margin("age(channel.last) > 7d") == timedelta(days=2)
    assert margin("channel.last < now") == timedelta(days=5)
    assert margin('channel.momentum == "silent"') is None
    assert margin("goal.value < 1 / 0") is None
