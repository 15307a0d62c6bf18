"""The instants at which a back-test judges expressions: every midnight of a zone."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import repeat
from typing import NamedTuple

from engine.domain.wallclock import day_start, wall_of
from rules.backtest.histories import History

_DAY = timedelta(days=1)
AT_ONCE, WEEK, FOUR_WEEKS, EIGHT_WEEKS = (timedelta(weeks=number) for number in (0, 1, 4, 8))


class Calendar(NamedTuple):
    """All midnights of some years in order (UTC), and what tells quickly on which of them a post has reached an age.

    `instants` are the midnights and what lies one, four and eight weeks before each: where a post comes among them
    says all of its age at midnight, whatever clocks did meanwhile. `first_of` and `end_of` say for an ordinal date
    (UTC) where its instants begin and end. `first_days` gives, by age and by that place, the first of the `days` on
    which the post is so old; the one after the last stands for never.
    """

    days: Sequence[datetime]
    instants: Sequence[datetime]
    first_of: Mapping[int, int]
    end_of: Mapping[int, int]
    first_days: Mapping[timedelta, Sequence[int]]

    def places(self, moments: Sequence[datetime]) -> list[int]:
        """Return where each moment comes among the instants: how many are before it."""
        # Looked for within its date; a date without instants, which is beyond the years, leaves all of them.
        dates = list(map(datetime.toordinal, moments))
        begins = map(self.first_of.get, dates, repeat(0))
        ends = map(self.end_of.get, dates, repeat(len(self.instants)))
        return list(map(bisect_left, repeat(self.instants), moments, begins, ends))


def midnights(history: History, zone: str) -> Sequence[datetime]:
    """Return the midnights at which a channel is judged: from when its first post is known until the end."""
    calendar, judged = calendar_of(history, zone)
    return calendar.days[judged]


def calendar_of(history: History, zone: str) -> tuple[Calendar, slice]:
    """Return the calendar of the years of a history, and which of its days are judged."""
    known, end = history.posts[0].known_at, history.end
    calendar = _of_years(zone, wall_of(zone, known).year, wall_of(zone, end).year)
    return calendar, slice(bisect_left(calendar.days, known), bisect_right(calendar.days, end))


@lru_cache(maxsize=256)
def _of_years(zone: str, first: int, last: int) -> Calendar:
    start = date(first, 1, 1)
    days = [day_start(zone, start + _DAY * number) for number in range((last - first + 1) * 366)]
    ages = (AT_ONCE, WEEK, FOUR_WEEKS, EIGHT_WEEKS)
    instants = sorted({day - age for age in ages for day in days})
    # A post at the place of an instant came not after it; whoever comes after all of them is never so old.
    reached = {age: [bisect_left(days, instant + age) for instant in instants] for age in ages}
    dates = [instant.toordinal() for instant in instants]
    return Calendar(
        days,
        instants,
        first_of={on: place for place, on in reversed([*enumerate(dates)])},
        end_of={on: place + 1 for place, on in enumerate(dates)},
        first_days={age: [*found, len(days)] for age, found in reached.items()},
    )
