"""The slots of several schedules together, and the stretches of time between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.domain.occurrences import blackout_at, next_slot, shifted
from engine.domain.schedule import Schedule

_MOST = 20_000


@dataclass(frozen=True)
class Grid:
    """Instants in order, seen from `start` to `end` (UTC)."""

    start: datetime
    end: datetime
    slots: Sequence[datetime]


def grid_of(schedules: Sequence[Schedule], zone: str, start: datetime, end: datetime) -> Grid:
    """Return the slots with start < slot <= end, with what blackouts do to them.

    A very fine schedule is only followed for its first 20,000 slots, and then `end` is nearer.
    """
    slots: list[datetime] = []
    for schedule in schedules:
        own: list[datetime] = []
        slot = next_slot(schedule, zone, start)
        while slot is not None and slot <= end and len(own) < _MOST:
            own.append(slot)
            slot = next_slot(schedule, zone, slot)
        if len(own) == _MOST:
            end = min(end, own[-1])
        slots.extend(_done(schedule, zone, own))
    return Grid(start, end, sorted(slot for slot in slots if slot <= end))


def _done(schedule: Schedule, zone: str, slots: Sequence[datetime]) -> set[datetime]:
    """Return when the slots are done, as far as that is sure: those that are skipped or held are left out."""
    if schedule.blackout_policy == "shift":
        return {shifted(schedule, zone, slot) for slot in slots}
    return {slot for slot in slots if blackout_at(schedule, zone, slot) is None}


def longest_stretch(grid: Grid, count: int) -> timedelta:
    """Return the longest time from one slot to the `count`-th after it, or to the end where fewer follow.

    Without any slot that is the whole grid.
    """
    if not grid.slots:
        return grid.end - grid.start
    ends = [*grid.slots[count:], *[grid.end] * min(count, len(grid.slots))]
    return max(end - slot for slot, end in zip(grid.slots, ends, strict=True))


def shortest_stretch(grid: Grid, count: int) -> timedelta | None:
    """Return the shortest time from one slot to the `count`-th after it, or None when there are too few."""
    pairs = zip(grid.slots, grid.slots[count:], strict=False)
    return min((end - slot for slot, end in pairs), default=None)
