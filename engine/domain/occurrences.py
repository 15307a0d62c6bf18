"""The anchor grid: which instants are slots of a schedule, and what its blackout days do to them.

Slots come from the schedule alone, never from "now" or from when something was started. All instants that go in
are aware and all that come out are UTC; `zone` is the strategy's zone, which the schedule's own `timezone`
overrides. Daylight saving, in the three kinds of schedule:

- **Wall clock** (`dates`, and every `cron` whose hour field leaves out at least one hour of the day): each slot is
  a wall time, recomputed for each occurrence. In the spring gap it moves forward to the first valid instant; in the
  autumn fold it happens once, the first time. Several that the gap moves to one instant are one slot.
- **Hourly and finer** (a `cron` whose hour field takes all 24 hours, written `*`, `*/1` or `0-23`): time goes
  on evenly. Every real instant at which the clock reads a matching time is a slot: in the fold both runs fire; what
  the gap swallows was never shown and does not pile up at its end.
- **`every`**: elapsed time from the anchor; no clock is asked.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from engine.domain.base import Instant, Model, to_utc
from engine.domain.cron import Cron, compiled
from engine.domain.schedule import Blackout, Schedule, WallTime
from engine.domain.wallclock import (
    Jump,
    day_start,
    instant_of,
    jumps,
    offset_at,
    wall_of,
    wall_passed,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


class DstNote(Model):
    """One change of clocks that moves or doubles a wall time of a schedule: for a finding of `check`.

    `wall` is the first wall time that the jump touches, `others` how many more it touches, `slot` the instant at
    which the first one happens. `sentence` says the same to a person.
    """

    day: date
    kind: Literal["gap", "fold"]
    wall: WallTime
    others: int
    slot: Instant
    sentence: str


def next_slot(schedule: Schedule, zone: str, after: datetime) -> datetime | None:
    """Return the first slot strictly later than `after`, in UTC; None when the grid has ended.

    Blackouts are not looked at: a slot in one is still a slot, and the policy decides what becomes of it.
    Raises ValueError when `after` has no zone.
    """
    after = to_utc(after)
    zone = schedule.timezone or zone
    if schedule.every is not None:
        anchor = schedule.anchor or _EPOCH
        return anchor + ((after - anchor) // schedule.every + 1) * schedule.every
    if schedule.cron is None:
        return _next_date(schedule.dates, zone, after)
    cron = compiled(schedule.cron)
    if cron.every_hour:
        return _next_elapsed(cron, zone, after)
    wall = cron.next_wall(_whole(wall_passed(zone, after)))
    return None if wall is None else instant_of(zone, wall)


def slots_between(
    schedule: Schedule, zone: str, after: datetime, until: datetime, *, limit: int = 10_000
) -> list[datetime]:
    """Return the slots with after < slot <= until, in order, in UTC.

    Raises ValueError when there are more than `limit`: the caller asked for too long a span of too fine a grid.
    """
    slots: list[datetime] = []
    for slot in _slots(schedule, zone, after):
        if slot > until:
            break
        if len(slots) == limit:
            raise ValueError(
                f"the schedule has more than {limit} slots between {after.isoformat()} and {until.isoformat()}; "
                "ask for a shorter span or make the schedule coarser"
            )
        slots.append(slot)
    return slots


def _slots(schedule: Schedule, zone: str, after: datetime) -> Iterator[datetime]:
    slot = next_slot(schedule, zone, after)
    while slot is not None:
        yield slot
        slot = next_slot(schedule, zone, slot)


def _next_date(dates: tuple[datetime, ...], zone: str, after: datetime) -> datetime | None:
    position = bisect_right(dates, wall_passed(zone, after))
    return instant_of(zone, dates[position]) if position < len(dates) else None


def _next_elapsed(cron: Cron, zone: str, after: datetime) -> datetime | None:
    """Walk from one change of clocks to the next; between two of them wall time and elapsed time are the same."""
    moment, offset = after, offset_at(zone, after)
    wall = _whole(_naive(after) + offset)
    while True:
        match = cron.next_wall(wall)
        if match is None:
            return None
        slot = match.replace(tzinfo=UTC) - offset
        jump = next(jumps(zone, moment, slot), None)
        if jump is None:
            return slot
        moment, offset = jump.at, jump.after
        # A second early, because what the clock shows at the very instant of the change may be a slot itself.
        wall = _naive(moment) + offset - _SECOND


def blackout_at(schedule: Schedule, zone: str, instant: datetime) -> Blackout | None:
    """Return the first of the schedule's blackouts that holds `instant`, or None."""
    zone = schedule.timezone or zone
    for blackout in schedule.blackout:
        start, end = _bounds(blackout, zone)
        if start <= instant < end:
            return blackout
    return None


def blackout_intervals(
    blackouts: Iterable[Blackout], zone: str, start: datetime, end: datetime
) -> list[tuple[datetime, datetime]]:
    """Return the blacked-out time inside [start, end): UTC, half-open, in order, adjoining ones merged into one.

    `zone` is the zone in which the days are meant: the schedule's own, if it has one.
    """
    start, end = to_utc(start), to_utc(end)
    merged: list[tuple[datetime, datetime]] = []
    for left, right in sorted(_bounds(blackout, zone) for blackout in blackouts):
        low, high = max(left, start), min(right, end)
        if low >= high:
            continue
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return merged


def blackout_spans(schedule: Schedule, zone: str) -> tuple[tuple[datetime, datetime], ...]:
    """Return all the blacked-out time of a schedule: UTC, half-open, in order, adjoining ones merged into one."""
    if not schedule.blackout:
        return ()
    zone = schedule.timezone or zone
    bounds = [_bounds(blackout, zone) for blackout in schedule.blackout]
    start, end = min(low for low, _ in bounds), max(high for _, high in bounds)
    return tuple(blackout_intervals(schedule.blackout, zone, start, end))


def shifted(schedule: Schedule, zone: str, instant: datetime) -> datetime:
    """Return the same wall-clock time on the first local day after the blackout, and any adjoining it, in UTC.

    An instant outside every blackout stays. Several slots of a long blackout shift to one and the same instant,
    which may also be that day's own slot: whoever calls treats equal instants as one slot.
    """
    instant = to_utc(instant)
    zone = schedule.timezone or zone
    time_of_day = wall_of(zone, instant).time()
    moved = instant
    while (blackout := blackout_at(schedule, zone, moved)) is not None:
        moved = instant_of(zone, datetime.combine(blackout.last + _DAY, time_of_day))
    return moved


def _bounds(blackout: Blackout, zone: str) -> tuple[datetime, datetime]:
    return day_start(zone, blackout.start), day_start(zone, blackout.last + _DAY)


def dst_days(schedule: Schedule, zone: str, start: datetime, end: datetime) -> list[DstNote]:
    """List the changes of clocks with start < instant <= end that move a slot out of a gap or meet one in a fold.

    Empty for `every` and for hourly and finer schedules: there elapsed time goes on evenly, and nothing is moved.
    """
    start, end = to_utc(start), to_utc(end)
    zone = schedule.timezone or zone
    if schedule.every is not None or (schedule.cron is not None and compiled(schedule.cron).every_hour):
        return []
    notes = []
    for jump in jumps(zone, start, end):
        walls = _walls_in(schedule, *jump.walls)
        if walls:
            notes.append(_note(zone, jump, walls))
    return notes


def _walls_in(schedule: Schedule, low: datetime, high: datetime) -> list[datetime]:
    """Return the wall times that a wall-clock schedule names in [low, high)."""
    if schedule.cron is None:
        return [wall for wall in schedule.dates if low <= wall < high]
    cron = compiled(schedule.cron)
    walls = []
    wall = cron.next_wall(low - _SECOND)
    while wall is not None and wall < high:
        walls.append(wall)
        wall = cron.next_wall(wall)
    return walls


def _note(zone: str, jump: Jump, walls: list[datetime]) -> DstNote:
    wall, others = walls[0], len(walls) - 1
    slot = instant_of(zone, wall)
    low, high = (f"{edge:%Y-%m-%d %H:%M}" for edge in jump.walls)
    what = f"the slot at {wall:%H:%M}" + (f" and {others} more" if others else "")
    if jump.is_gap:
        happens = "move" if others else "moves"
        sentence = (
            f"In {zone} no clock shows {low} to {high}: {what} {happens} to {wall_of(zone, slot):%H:%M}"
        )
    else:
        happens = "happen" if others else "happens"
        sentence = f"In {zone} clocks show {low} to {high} twice: {what} {happens} once, the first time"
    kind: Literal["gap", "fold"] = "gap" if jump.is_gap else "fold"
    return DstNote(day=wall.date(), kind=kind, wall=wall, others=others, slot=slot, sentence=sentence + ".")


def _naive(instant: datetime) -> datetime:
    return instant.replace(tzinfo=None)


def _whole(wall: datetime) -> datetime:
    return wall.replace(microsecond=0)
