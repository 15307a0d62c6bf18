"""Facts for rules: read from what the heart hands over, and computed from the past where the heart cannot know them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from pydantic import JsonValue

from engine.domain.aims import Goal
from engine.domain.judgement import Facts as Told
from rules.duplicates import duplicate_share
from rules.forecast import Forecast, forecast
from rules.language import Facts, FactsError, Schema, Value
from rules.language.times import read_instant
from rules.language.types import Kind, Type
from rules.past import NO_TIME, Computed, Past
from rules.posts import POSTS

_WEEK, _FOUR_WEEKS = timedelta(days=7), timedelta(days=28)


def decode(schema: Schema, facts: Told) -> Facts:
    """Return the facts' tuple of the schema for facts as they are handed over and kept: by path, in JSON.

    Raises FactsError when a path is not declared or its value is of another type.
    """
    known = {path: schema[path].type for path in facts if path in schema}
    return schema.facts(
        {path: decoded(value, known[path], path) if path in known else value for path, value in facts.items()}
    )


def decoded(value: JsonValue, type_: Type, path: str) -> object:
    """Return one value as Python has it: an instant from its ISO text, a duration from its seconds."""
    try:
        if type_.kind is Kind.INSTANT and isinstance(value, str):
            return read_instant(value)
        if type_.kind is Kind.DURATION and isinstance(value, int | float) and not isinstance(value, bool):
            return timedelta(seconds=value)
    except (ValueError, OverflowError):
        raise FactsError(f"The fact {path} is declared as {type_} and cannot be {value!r}.") from None
    return value


def encoded(value: Value | None) -> JsonValue:
    """Return a value as it is handed over and kept: the inverse of `decoded`."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, tuple):
        return [encoded(item) for item in value]
    return value


# --- what is computed; None is unknown ---------------------------------------------------------------------------------


def _posts(window: timedelta, ago: timedelta = NO_TIME) -> Computed:
    def count(past: Past, channel: str) -> int | None:
        found = past.all_posts(channel, window, ago)
        return None if found is None else len(found)

    return count


def _posts_in_period(past: Past, channel: str) -> int | None:
    cadence = past.plan.channels[channel].cadence
    found = past.all_posts(channel, cadence.period) if cadence else None
    return None if found is None else len(found)


def _change(window: timedelta) -> Computed:
    def change(past: Past, metric: str) -> float | None:
        newest, before = past.value(metric), past.value(metric, window)
        # A newest value that is older than the window is the one before too: that nothing changed is not known then.
        if newest is None or before is None or newest.at <= past.at - window:
            return None
        return newest.value - before.value if before.at > past.at - 2 * window else None

    return change


def _samples(past: Past, metric: str) -> int | None:
    return len(past.samples(metric, _FOUR_WEEKS)) or None


def _of_forecast(part: Callable[[Forecast], float]) -> Computed:
    def read(past: Past, name: str) -> float | None:
        found = past.once(f"forecast of {name}", lambda: forecast(past, _goal(past, name)))
        return None if found is None else part(found)

    return read


def _goal(past: Past, name: str) -> Goal:
    return next(goal for goal in past.plan.strategy.goals if goal.name == name)


def _says(past: Past, name: str) -> str:
    return next(each.says for each in past.plan.strategy.assumptions if each.name == name)


COMPUTED: Mapping[str, Computed] = {
    "channel.posts_in_period": _posts_in_period,
    "channel.posts_7d": _posts(_WEEK),
    "channel.posts_28d": _posts(_FOUR_WEEKS),
    "channel.posts_previous_28d": _posts(_FOUR_WEEKS, _FOUR_WEEKS),
    "channel.duplicate_share": duplicate_share,
    "goal.forecast": _of_forecast(lambda found: found.value),
    "goal.probability": _of_forecast(lambda found: found.probability),
    "metric.change_7d": _change(_WEEK),
    "metric.change_28d": _change(_FOUR_WEEKS),
    "metric.samples_28d": _samples,
    "assumption.name": lambda _past, name: name,
    "assumption.says": _says,
    **POSTS,
}
