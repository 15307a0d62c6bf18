"""What the language means: Kleene's tables, unknown wherever there is no answer, units, zones and daylight saving."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from rules.language import Value, check, compile_expression, evaluate, explain, render
from tests.rules.language.facts import SCHEMA

NOW = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
FACTS: dict[str, object] = {
    "now": NOW,
    "channel.posts": 2,
    "channel.wanted": 0,
    "channel.last": NOW - timedelta(days=5),
    "channel.patience": timedelta(days=7),
    "channel.momentum": "slowing",
    "channel.live": True,
    "channel.paused": False,
    "goal.value": 80.0,
    "goal.name": "visits",
    "post.tags": ["a", None],
    "strategy.zone": "Nowhere/Land",
}


def _gives(text: str, **other: object) -> Value | None:
    expression = check(text, SCHEMA, expect=None)
    facts = SCHEMA.facts({**FACTS, **other})
    walked = evaluate(expression.tree, facts)
    assert compile_expression(expression)(facts) == walked
    return walked


T, F, U = "channel.live", "channel.paused", "(goal.planned > 1)"


@pytest.mark.parametrize(
    ("left", "right", "both", "either"),
    [
        (T, T, True, True),
        (T, F, False, True),
        (T, U, None, True),
        (F, F, False, False),
        (F, U, False, None),
        (U, U, None, None),
    ],
)
def test_and_and_or_follow_kleene_from_both_sides(
    left: str, right: str, both: object, either: object
) -> None:
    for a, b in ((left, right), (right, left)):
        assert _gives(f"{a} && {b}") is both
        assert _gives(f"{a} || {b}") is either
        assert _gives(f"!({a} && {b})") is (None if both is None else not both)


@pytest.mark.parametrize(
    "text",
    [
        "goal.planned == goal.planned",
        "goal.planned != 3",
        "goal.planned + 1 > 0",
        "goal.value / channel.wanted > 1",
        "goal.value % channel.wanted > 1",
        "channel.patience / channel.wanted > 1d",
        "channel.patience / 0s > 1",
        "1 / 0 == 1 / 0",
        "sqrt(-1) > 0",
        "log(0) < 0",
        "pow(-8, 0.5) > 0",
        "pow(10, 1000) > 0",
        "goal.value * 1e30 * 1e30 * 1e30 * 1e30 * 1e30 * 1e30 * 1e30 * 1e30 * 1e30 * 1e30 > 0",
        "now + channel.patience * 1e9 > now",
        'instant("9999-12-31T00:00:00Z") + 7d > now',
        'instant("0001-01-01T00:00:00Z") - 7d < now',
        'hour(instant("9999-12-31T23:00:00Z"), "Europe/Berlin") > 0',
        "hour(now, strategy.zone) > 0",
        '"b" in post.tags',
        'contains(post.tags, "b")',
        "3 in [1, goal.planned]",
        "goal.planned in [1, 2]",
        "(goal.planned > 1) ? channel.live : channel.live",
        "coalesce(goal.planned, 1 / 0) > 1",
        "max(1, goal.planned) > 0",
    ],
)
def test_where_there_is_no_answer_the_condition_is_unknown(text: str) -> None:
    assert _gives(text) is None


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e31, -(10**400), None])
def test_a_fact_that_is_no_number_or_too_large_is_unknown_and_never_zero(value: float | None) -> None:
    assert _gives("goal.value > 0 || goal.value <= 0", **{"goal.value": value}) is None
    assert _gives("has(goal.value)", **{"goal.value": value}) is False
    assert _gives("is_unknown(goal.value + 1)", **{"goal.value": value}) is True
    assert _gives("coalesce(goal.value, 7) == 7", **{"goal.value": value}) is True


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"a" in post.tags', True),
        ("3 in []", False),
        ("3 in [goal.planned, 3]", True),
        ("channel.paused && 1 / 0 > 1", False),
        ("1 / 0 > 1 || channel.live", True),
        ("channel.live ? 1 : 1 / 0", 1),
        ("channel.posts / 4", 0.5),
        ("7 % 3", 1),
        ("-7 % 3", 2),
        ("channel.patience / 2", timedelta(days=3.5)),
        ("50% * channel.patience", timedelta(days=3.5)),
        ("channel.patience / 1d", 7.0),
        ("now - channel.last", timedelta(days=5)),
        ("age(channel.last) > 119h && age(channel.last) < 121h", True),
        ("channel.last + 5d == now", True),
        ("is_unknown(1 / 0)", True),
        ("channel.momentum not in ['silent', 'dormant']", True),
        ("2 + 3 * 4 == 14 && (2 + 3) * 4 == 20", True),
        ("channel.live || channel.live && channel.paused", True),
        ("not channel.paused == channel.live", True),
    ],
)
def test_an_expression_gives(text: str, value: Value) -> None:
    assert _gives(text) == value


def test_hours_and_days_are_those_of_the_named_zone_over_daylight_saving() -> None:
    # At 01:00 UTC on this day Berlin's clock goes from 02:00 to 03:00.
    assert _gives('hour(now, "Europe/Berlin")') == 3
    assert _gives('hour(now - 1h, "Europe/Berlin")') == 1
    assert _gives('start_of_day(now, "Europe/Berlin")') == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert _gives('now - start_of_day(now, "Europe/Berlin")') == timedelta(hours=2, minutes=30)
    assert _gives('weekday(now + 21h, "Europe/Berlin")') == "monday"
    assert _gives('weekday(now + 21h, "UTC")') == "sunday"


def test_two_instants_in_the_fold_are_an_hour_apart() -> None:
    wall = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    facts = {"now": wall.replace(fold=1), "channel.last": wall.replace(fold=0)}
    assert _gives("age(channel.last)", **facts) == timedelta(hours=1)


def test_an_explanation_shows_each_part_with_mark_word_values_margin_and_flip() -> None:
    text = "age(channel.last) > 7d && channel.posts < 3 && goal.planned > 1 && !channel.paused"
    shown = render(explain(check(text, SCHEMA), SCHEMA.facts(FACTS)))
    assert shown == (
        "✗ false    all of:\n"
        "  ✗ false    age(channel.last) > 7d\n"
        "             5d > 7d, a distance of 2d\n"
        "             with now = 2026-03-29T01:30:00Z, channel.last =\n"
        "               2026-03-24T01:30:00Z\n"
        "             flips at now above 2026-03-31T01:30:00Z or channel.last below\n"
        "               2026-03-22T01:30:00Z\n"
        "  ✓ true     channel.posts < 3\n"
        "             2 < 3, a distance of 1\n"
        "             flips at channel.posts = 3\n"
        "  ? unknown  goal.planned > 1\n"
        "             goal.planned is not known\n"
        "             unknown > 1\n"
        "  ✓ true     the opposite of:\n"
        "    ✗ false    channel.paused\n"
        "               with channel.paused = false\n"
        "               flips at channel.paused = true"
    )


def test_an_explanation_fits_into_eighty_columns_and_names_what_has_no_answer() -> None:
    text = " || ".join(["(goal.value / channel.wanted > 30% ? channel.live : channel.paused)"] * 4)
    shown = render(explain(check(text, SCHEMA), SCHEMA.facts(FACTS)))
    assert max(map(len, shown.splitlines())) <= 80
    assert "goal.value / channel.wanted has no answer" in shown


def test_the_parts_of_an_explanation_know_their_place_in_the_text() -> None:
    text = "channel.live && (goal.value > 3 || channel.paused)"
    explanation = explain(check(text, SCHEMA), SCHEMA.facts(FACTS))
    assert [explanation.text_of(part) for part in explanation.singles()] == [
        "channel.live",
        "goal.value > 3",
        "channel.paused",
    ]
