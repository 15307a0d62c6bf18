"""Pace: whether a goal is short of its planned curve and falls further behind, by two windows that must agree."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from pydantic import JsonValue

from engine.domain.aims import Goal
from engine.domain.base import format_duration
from engine.domain.conditions import PaceBehind
from engine.domain.goals import Pace, bounds, on_pace_from, pace, planned
from engine.domain.records import Sample
from rules.findings import Finding
from rules.past import Past


class Way(NamedTuple):
    """How far a goal came in a window, and how far it was to come; both positive towards the target."""

    window: timedelta
    made: float
    planned: float


def behind(past: Past, goal: Goal, condition: PaceBehind) -> Finding:
    """Judge whether a goal falls behind. Unknown when the short window has no new value, or one has no old value.

    Way and plan are compared between the instants of the samples, so that a late value is no lost way. Before its
    start, after its due date, once it is met, and as long as it counts as on pace, a goal does not fall behind.
    """
    ways = list(_windows(past, goal, condition))
    newest, (start, due) = past.value(goal.metric), bounds(goal, past.plan.zone)
    if not start < past.at < due:
        return Finding(truth=False, because="", evidence={})
    if newest is None:
        return Finding(None, f"no value of {goal.metric} is known", {})
    short = condition.windows[1]
    if newest.at <= max(past.at - short, start):
        return Finding(None, f"{goal.metric} has no value of the last {format_duration(short)}", {})
    sign = 1.0 if goal.target > goal.baseline else -1.0
    line = planned(goal, newest.at, past.plan.zone)
    evidence: dict[str, JsonValue] = {
        "value": newest.value,
        "planned": line,
        "target": goal.target,
        "on_pace_from": on_pace_from(goal, newest.at, past.plan.zone),
        "at": newest.at.isoformat(),
    }
    found = [_way(past, goal, sign, newest, window, old) for window, old in ways]
    known = [way for way in found if way is not None]
    for way in known:
        evidence[f"made_{format_duration(way.window)}"] = way.made
        evidence[f"planned_{format_duration(way.window)}"] = way.planned
    # What the status of the goal calls on pace is no reason for an alert: small gaps, above all on the first days.
    if pace(goal, newest.value, newest.at, past.plan.zone) in (Pace.ON_PACE, Pace.MET):
        return Finding(truth=False, because="", evidence=evidence)
    # One window that disagrees is enough for no, whatever the other would say.
    if any(way.made >= condition.below * way.planned for way in known):
        return Finding(truth=False, because="", evidence=evidence)
    if len(known) < len(found):
        return Finding(None, f"no value of {goal.metric} is known from the beginning of a window", evidence)
    return Finding(truth=True, because=_sentence(goal, newest, line, known), evidence=evidence)


def _windows(
    past: Past, goal: Goal, condition: PaceBehind
) -> Iterator[tuple[timedelta, tuple[datetime, float] | None]]:
    """Yield each window with where the goal stood at its beginning, or at its own beginning if that was later."""
    start, _ = bounds(goal, past.plan.zone)
    for window in condition.windows:
        old = past.value(goal.metric, window)
        if past.at - window <= start:
            yield window, (start, goal.baseline)
        elif old is None or old.at <= past.at - 2 * window:
            yield window, None
        else:
            yield window, (old.at, old.value)


def _way(
    past: Past, goal: Goal, sign: float, newest: Sample, window: timedelta, old: tuple[datetime, float] | None
) -> Way | None:
    if old is None:
        return None
    since, value = old
    zone = past.plan.zone
    plan = planned(goal, newest.at, zone) - planned(goal, since, zone)
    return Way(window, (newest.value - value) * sign, plan * sign)


def _sentence(goal: Goal, newest: Sample, line: float, ways: list[Way]) -> str:
    made = " and ".join(
        f"{way.made:.6g} instead of {way.planned:.6g} in {format_duration(way.window)}" for way in ways
    )
    return (
        f"Goal {goal.name} falls behind: {goal.metric} is {newest.value:.6g}, planned {line:.6g}, and it made "
        f"{made}; the target is {goal.target:.6g} by {goal.due}."
    )
