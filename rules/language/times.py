"""Functions on instants and durations. A zone is always named; nothing depends on where the engine runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfoNotFoundError

from engine.domain.wallclock import day_start, wall_of
from rules.language.functions import Function, Signature
from rules.language.types import DURATION, INSTANT, INT, NUMBER, STRING, enum

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


def local(instant: datetime, zone: str) -> datetime:
    """Return what the clock of the zone shows; raises ValueError when there is no such zone."""
    try:
        return wall_of(zone, instant)
    except (ZoneInfoNotFoundError, OSError):
        raise ValueError(zone) from None


def weekday(instant: datetime, zone: str) -> str:
    """Return the day of the week in the zone."""
    return WEEKDAYS[local(instant, zone).weekday()]


def hour(instant: datetime, zone: str) -> int:
    """Return the hour of the day in the zone."""
    return local(instant, zone).hour


def day(instant: datetime, zone: str) -> int:
    """Return the day of the month in the zone."""
    return local(instant, zone).day


def month(instant: datetime, zone: str) -> int:
    """Return the month in the zone."""
    return local(instant, zone).month


def start_of_day(instant: datetime, zone: str) -> datetime:
    """Return the first instant of the local day in the zone."""
    return day_start(zone, local(instant, zone).date())


def days(duration: timedelta) -> float:
    """Return how many days the duration has."""
    return duration / _DAY


def hours(duration: timedelta) -> float:
    """Return how many hours the duration has."""
    return duration / _HOUR


def read_instant(written: str) -> datetime:
    """Return the instant that is written with its offset; raises ValueError when it has none."""
    moment = datetime.fromisoformat(written)
    if moment.tzinfo is None:
        raise ValueError(written)
    return moment.astimezone(UTC)


def _age(now: datetime, instant: datetime) -> timedelta:
    return now - instant


_IN_ZONE = (Signature((INSTANT, STRING), INT),)
_MONDAY_NOON = 'instant("2026-01-05T12:00:00Z")'

TIMES = (
    Function(
        "age",
        (Signature((INSTANT,), DURATION),),
        _age,
        "How long ago the instant is, counted from the fact `now`; below zero when it is still to come.",
        "age(now)",
        "0s",
    ),
    Function(
        "days",
        (Signature((DURATION,), NUMBER),),
        days,
        "The duration as a number of days of 24 hours.",
        "days(36h)",
        "1.5",
        bound=1e10,
    ),
    Function(
        "hours",
        (Signature((DURATION,), NUMBER),),
        hours,
        "The duration as a number of hours.",
        "hours(15m)",
        "0.25",
        bound=1e12,
    ),
    Function(
        "weekday",
        (Signature((INSTANT, STRING), enum("weekday", *WEEKDAYS)),),
        weekday,
        "The day of the week in a zone: " + ", ".join(WEEKDAYS) + ".",
        f'weekday({_MONDAY_NOON}, "Europe/Berlin")',
        '"monday"',
        zone=1,
    ),
    Function(
        "hour",
        _IN_ZONE,
        hour,
        "The hour of the day in a zone, 0 to 23.",
        f'hour({_MONDAY_NOON}, "Europe/Berlin")',
        "13",
        bound=100,
        zone=1,
    ),
    Function(
        "day",
        _IN_ZONE,
        day,
        "The day of the month in a zone, 1 to 31.",
        f'day({_MONDAY_NOON}, "Pacific/Auckland")',
        "6",
        bound=100,
        zone=1,
    ),
    Function(
        "month",
        _IN_ZONE,
        month,
        "The month in a zone, 1 to 12.",
        f'month({_MONDAY_NOON}, "UTC")',
        "1",
        bound=100,
        zone=1,
    ),
    Function(
        "start_of_day",
        (Signature((INSTANT, STRING), INSTANT),),
        start_of_day,
        "The first instant of the local day in a zone, as the daylight-saving policy of the engine has it.",
        f'start_of_day({_MONDAY_NOON}, "Europe/Berlin")',
        "2026-01-04T23:00:00Z",
        zone=1,
    ),
    Function(
        "instant",
        (Signature((STRING,), INSTANT),),
        read_instant,
        "An instant written down, with its offset from UTC.",
        'instant("2026-03-01T09:00:00+01:00")',
        "2026-03-01T08:00:00Z",
        moment=0,
    ),
)
