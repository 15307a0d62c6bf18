"""Facts for the ten conditions: a few situations, all known, in each of which some conditions hold and some do not."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from benchmarks.rules.conditions import CONDITIONS
from rules.language import Expression, Schema, check
from rules.language.schema_of_facts import CHANNEL, COMMON, GOAL, PERSON, POST, with_signals
from rules.language.syntax import Value
from rules.language.types import NUMBER, Kind

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SITUATIONS = 8
SCHEMA = with_signals(
    Schema((*COMMON, *CHANNEL, *GOAL, *POST, *PERSON)),
    [("visits", NUMBER, "Visits in 28 days."), ("visits_before", NUMBER, "Visits in the 28 days before.")],
)


def expressions() -> list[Expression]:
    """Return the conditions, checked."""
    return [check(condition.ours, SCHEMA) for condition in CONDITIONS]


def situations() -> list[dict[str, Value]]:
    """Return values for every fact that a condition reads, by path; always the same."""
    dice = random.Random(20260302)
    paths = dict.fromkeys(path for expression in expressions() for path in expression.facts)
    return [{path: _value(path, dice) for path in paths} for _ in range(SITUATIONS)]


def _value(path: str, dice: random.Random) -> Value:
    type_ = SCHEMA[path].type
    if path == "now":
        return NOW
    if type_.kind is Kind.BOOL:
        return dice.random() < 0.2
    if type_.kind is Kind.ENUM:
        return dice.choice(type_.values)
    if type_.kind is Kind.INT:
        return dice.randrange(12)
    if type_.kind is Kind.DURATION:
        return timedelta(days=dice.randrange(1, 30))
    if type_.kind is Kind.INSTANT:
        return NOW + timedelta(hours=dice.randrange(-900, 200))
    share = path in ("goal.probability", "goal.elapsed", "post.similarity")
    return dice.random() if share else 20 + 200 * dice.random()
