"""The instants at which a back-test judges expressions: every midnight of a zone."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from engine.domain.wallclock import day_start, wall_of
from rules.backtest.histories import History

_DAY = timedelta(days=1)


class Midnights(NamedTuple):
    """Midnights in order (UTC), and the same as seconds since 1970.

    Seconds are looked through much faster. They are exact: a float still tells microseconds apart, and midnights are
    whole seconds.
    """

    days: Sequence[datetime]
    stamps: Sequence[float]


def midnights(history: History, zone: str) -> Midnights:
    """Return the midnights at which a channel is judged: from when its first post is known until the end."""
    known = history.posts[0].known_at
    days, stamps = _of_years(zone, wall_of(zone, known).year, wall_of(zone, history.end).year)
    first, last = bisect_left(stamps, known.timestamp()), bisect_right(stamps, history.end.timestamp())
    return Midnights(days[first:last], stamps[first:last])


@lru_cache(maxsize=256)
def _of_years(zone: str, first: int, last: int) -> Midnights:
    start = date(first, 1, 1)
    days = tuple(day_start(zone, start + _DAY * number) for number in range((last - first + 1) * 366))
    return Midnights(days, tuple(day.timestamp() for day in days))
