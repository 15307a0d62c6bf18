"""A goal against its plan: where the planned curve from baseline to target says it should be by now."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from engine.domain.aims import Goal
from engine.domain.base import to_utc


class Pace(StrEnum):
    """How a goal stands. Up to a tenth short of the planned way is on pace, up to three tenths is lagging.

    Near the start, where a tenth of the planned way is next to nothing, a twentieth of the whole way short is still
    on pace, and a tenth of it is lagging.
    """

    NO_DATA = "no data"
    NOT_STARTED = "not started"
    ON_PACE = "on pace"
    LAGGING = "lagging"
    BEHIND = "behind"
    MET = "met"
    MISSED = "missed"


LAGGING_SHARE = 0.9
BEHIND_SHARE = 0.7
# The newest value may be a week old: on its first days no goal is late by what cannot have been measured yet.
SLACK = 0.05


def bounds(goal: Goal, zone: str) -> tuple[datetime, datetime]:
    """Return when the goal starts and is due, in UTC: midnight before its first, and after its last local day."""
    return to_utc(datetime.combine(goal.start, time(), ZoneInfo(zone))), _after(goal.due, zone)


def planned(goal: Goal, now: datetime, zone: str) -> float:
    """Return the value that the planned curve has at `now`: straight from baseline over the checkpoints to target."""
    points = curve(goal, zone)
    for (since, low), (until, high) in pairwise(points):
        if now < until:
            return low + max(0.0, (now - since) / (until - since)) * (high - low)
    return goal.target


def curve(goal: Goal, zone: str) -> list[tuple[datetime, float]]:
    """Return the corners of the planned curve: instants in UTC with the value to have then."""
    start, due = bounds(goal, zone)
    corners = [(_after(point.day, zone), point.value) for point in goal.checkpoints]
    return [(start, goal.baseline), *corners, (due, goal.target)]


def _after(day: date, zone: str) -> datetime:
    return to_utc(datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone)))


def pace(goal: Goal, value: float | None, now: datetime, zone: str) -> Pace:
    """Return how the goal stands. Works for goals that go up and for goals that go down."""
    start, due = bounds(goal, zone)
    if value is None:
        return Pace.NO_DATA
    way = goal.target - goal.baseline
    done = (value - goal.baseline) / way
    if done >= 1:
        return Pace.MET
    if now >= due:
        return Pace.MISSED
    if now < start:
        return Pace.NOT_STARTED
    expected = (planned(goal, now, zone) - goal.baseline) / way
    if done >= _enough(expected):
        return Pace.ON_PACE
    return Pace.LAGGING if done >= min(expected * BEHIND_SHARE, expected - 2 * SLACK) else Pace.BEHIND


def on_pace_from(goal: Goal, now: datetime, zone: str) -> float:
    """Return the value from which on, towards the target, the running goal counts as on pace."""
    way = goal.target - goal.baseline
    return goal.baseline + way * _enough((planned(goal, now, zone) - goal.baseline) / way)


def _enough(expected: float) -> float:
    return min(expected * LAGGING_SHARE, expected - SLACK)


def sentence(goal: Goal, value: float | None, now: datetime, zone: str) -> str:
    """Say how the goal stands, in words with its numbers."""
    state = pace(goal, value, now, zone)
    if value is None:
        return f"Goal {goal.name}: no value of {goal.metric} is known yet."
    line = planned(goal, now, zone)
    return f"Goal {goal.name} is {state}: {goal.metric} is {value:g}, planned {line:g}, target {goal.target:g} by {goal.due}."
