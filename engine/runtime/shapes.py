"""Why a ready condition about goals or repeated texts is true or not: its values, their margins, and what would turn it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil

from pydantic import JsonValue

from engine.domain.base import format_duration
from engine.domain.conditions import Duplicate, PaceBehind
from engine.domain.rule import Rule
from engine.runtime.clockwork import Clockwork

Facts = Mapping[str, JsonValue]


def shape(rule: Rule, facts: Facts, *, truth: bool | None) -> Clockwork | None:
    """Explain a rule with `pace` or `duplicate` by the values that it was judged by; None for any other."""
    if rule.pace is not None:
        return _pace(rule.pace, facts, truth=truth)
    return _duplicate(rule.duplicate, facts) if rule.duplicate is not None else None


def _number(facts: Facts, name: str) -> float | None:
    value = facts.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _pace(condition: PaceBehind, facts: Facts, *, truth: bool | None) -> Clockwork:
    value, line, enough = (_number(facts, name) for name in ("value", "planned", "on_pace_from"))
    if value is None or line is None or enough is None:
        return Clockwork((), None, None, "turns when the goal runs and its metric has a new value")
    ways = list(_ways(condition, facts))
    lines = [
        f"value = {value:g}, planned {line:g}, on pace from {enough:g}, a distance of {abs(value - enough):g}"
    ]
    lines += [
        f"made in {window} = {made:g}, the line is {least:g} ({condition.below:.0%} of {plan:g}), a distance of "
        f"{abs(made - least):g}"
        for window, made, plan, least in ways
    ]
    if truth is None or len(ways) < len(condition.windows):
        return Clockwork(
            tuple(lines), None, None, "cannot turn until every window has a value at its beginning"
        )
    return Clockwork(tuple(lines), None, None, _turn(facts, value, enough, ways, truth=truth))


def _ways(condition: PaceBehind, facts: Facts) -> Iterator[tuple[str, float, float, float]]:
    """Yield each window that could be judged: its name, the way made and planned, and the least that is enough."""
    for window in map(format_duration, condition.windows):
        made, plan = _number(facts, f"made_{window}"), _number(facts, f"planned_{window}")
        if made is not None and plan is not None:
            yield window, made, plan, condition.below * plan


def _turn(
    facts: Facts, value: float, enough: float, ways: list[tuple[str, float, float, float]], *, truth: bool
) -> str:
    """Say at which value of the metric it turns: on pace, or enough of the way in one window, is enough for no."""
    falls = (_number(facts, "target") or 0.0) < (_number(facts, "planned") or 0.0)
    sign = -1 if falls else 1
    borders = [enough, *(value + sign * (least - made) for _, made, _, least in ways)]
    border = max(borders) if falls else min(borders)
    if truth:
        return f"false at value = {border:g}"
    return f"true {'above' if falls else 'below'} value = {border:g}"


def _duplicate(condition: Duplicate, facts: Facts) -> Clockwork:
    posts, repeated = int(_number(facts, "posts") or 0), int(_number(facts, "repeated") or 0)
    least = max(1, ceil(condition.share * posts))
    if posts < condition.posts:
        known = f"posts whose text is known = {posts}, needed are {condition.posts}, a distance of {condition.posts - posts}"
        return Clockwork(
            (known,), None, None, f"can be true with {condition.posts} posts whose text is known"
        )
    known = f"repeated elsewhere = {repeated} of {posts}, the line is {least}, a distance of {abs(repeated - least)}"
    flips = f"false at repeated = {least - 1}" if repeated >= least else f"true at repeated = {least}"
    return Clockwork((known,), None, None, flips)
