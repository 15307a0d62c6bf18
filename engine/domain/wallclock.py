"""Wall clocks of IANA zones: where they jump, and the one stated way from a wall time to an instant.

The daylight-saving policy of the whole engine is one sentence: *a wall time happens at the first instant at
which the clock of its zone shows that time or a later one.* From it follows everything else:

- a time in the spring gap, which no clock shows, moves forward to the first valid instant;
- a time in the autumn fold, which the clock shows twice, happens once, the first time;
- a later wall time never happens before an earlier one, so a grid of wall times never runs backwards.

A wall time is a naive ``datetime``; an instant is an aware one in UTC. Everything here is pure; the zone data is
the machine's own (or the ``tzdata`` package's).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_SCAN = timedelta(hours=6)
_SECOND = timedelta(seconds=1)
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Jump:
    """One change of a zone's offset: at the instant `at`, the clock goes from `before` to `after` east of UTC."""

    at: datetime
    before: timedelta
    after: timedelta

    @property
    def is_gap(self) -> bool:
        """Tell whether the clock jumps forward, so that the wall times between are never shown."""
        return self.after > self.before

    @property
    def walls(self) -> tuple[datetime, datetime]:
        """Return the half-open span of wall times that are never shown (gap) or shown twice (fold)."""
        naive = self.at.replace(tzinfo=None)
        low, high = sorted((self.before, self.after))
        return naive + low, naive + high


@lru_cache(maxsize=1024)
def zone_info(zone: str) -> ZoneInfo:
    """Return the zone of that name. Kept for good: `ZoneInfo` itself only keeps eight alive."""
    return ZoneInfo(zone)


def parse_instant(text: str, zone: str) -> datetime:
    """Read a date or time; one without a zone is meant in `zone`, a date alone is its midnight there.

    A time that a change of clocks skips becomes the first one after it; of one that comes twice, the first is
    meant. Returns UTC. Raises ValueError with examples.
    """
    raw = text.strip()
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError:
        raise ValueError(
            f"{raw!r} is no date or time; write it as in 2026-03-01, 2026-03-01T09:00, 2026-03-01T09:00Z"
        ) from None
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    return instant_of(zone, moment)


def wall_of(zone: str, instant: datetime) -> datetime:
    """Return what the clock of `zone` shows at `instant`, as a naive datetime."""
    return instant.astimezone(zone_info(zone)).replace(tzinfo=None, fold=0)


def offset_at(zone: str, instant: datetime) -> timedelta:
    """Return how far east of UTC the clock of `zone` stands at `instant`."""
    return instant.astimezone(zone_info(zone)).utcoffset() or timedelta()


@lru_cache(maxsize=8192)
def jumps_of_year(zone: str, year: int) -> tuple[Jump, ...]:
    """Return the changes of offset in one UTC year, in order.

    Found by sampling every six hours and halving: `zoneinfo` has no list of transitions to ask for. Two changes
    that undo each other within six hours would be missed; the zone data holds none.
    """
    found: list[Jump] = []
    left = datetime(year, 1, 1, tzinfo=UTC)
    end = datetime(year + 1, 1, 1, tzinfo=UTC)
    before = offset_at(zone, left)
    while left < end:
        right = min(left + _SCAN, end)
        after = offset_at(zone, right)
        if after != before:
            found.append(Jump(_halve(zone, left, right, before), before, after))
        left, before = right, after
    return tuple(found)


def _halve(zone: str, left: datetime, right: datetime, before: timedelta) -> datetime:
    """Return the first whole second in (left, right] at which the offset is no longer `before`."""
    while right - left > _SECOND:
        middle = left + ((right - left) / 2 // _SECOND) * _SECOND
        if offset_at(zone, middle) == before:
            left = middle
        else:
            right = middle
    return right


def jumps(zone: str, after: datetime, until: datetime) -> Iterator[Jump]:
    """Yield the changes of offset with after < at <= until, in order. Lazy: a far `until` costs nothing unread."""
    # A change at the very start of a year is found at the end of the year before.
    for year in range((after - _SECOND).year, until.year + 1):
        for jump in jumps_of_year(zone, year):
            if after < jump.at <= until:
                yield jump


def instant_of(zone: str, wall: datetime) -> datetime:
    """Return the UTC instant at which the wall time happens in `zone`, by the policy of this module."""
    first = wall.replace(tzinfo=zone_info(zone), fold=0).astimezone(UTC)
    if wall_of(zone, first) == wall:
        return first
    # In a gap, fold=0 reads the wall time with the old offset (too late) and fold=1 with the new one (too early).
    early = wall.replace(tzinfo=zone_info(zone), fold=1).astimezone(UTC)
    return next((jump.at for jump in jumps(zone, early, first)), first)


def wall_passed(zone: str, instant: datetime) -> datetime:
    """Return the furthest wall time that has happened at `instant`: those that come later are exactly the greater.

    This is what the clock shows, except in the second run through a fold: there all of the fold has been shown
    already, and the answer is the last microsecond before its end.
    """
    aware = instant.astimezone(zone_info(zone))
    if aware.fold:
        first = aware.replace(fold=0).astimezone(UTC)
        for jump in jumps(zone, first, instant):
            return jump.walls[1] - _TICK
    return aware.replace(tzinfo=None, fold=0)


@lru_cache(maxsize=65536)
def day_start(zone: str, day: date) -> datetime:
    """Return the first instant of the local day, in UTC. A day the zone skipped starts where the next one does."""
    return instant_of(zone, datetime.combine(day, time()))
