"""Clocks that can stand still: how a pause or a blackout moves a deadline. Pure interval arithmetic in UTC."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

# Half-open; an end of None means that nobody knows when it ends.
Standstill = tuple[datetime, datetime | None]


def merged(intervals: Iterable[Standstill]) -> list[Standstill]:
    """Return the union of the intervals as sorted, disjoint ones; empty ones vanish."""
    result: list[Standstill] = []
    for start, end in sorted(intervals, key=lambda pair: pair[0]):
        if end is not None and end <= start:
            continue
        if result:
            last_start, last_end = result[-1]
            if last_end is None:
                break
            if start <= last_end:
                result[-1] = (last_start, None if end is None else max(end, last_end))
                continue
        result.append((start, end))
    return result


def intersection(left: Sequence[Standstill], right: Sequence[Standstill]) -> list[Standstill]:
    """Return the time that both merged lists cover."""
    result: list[Standstill] = []
    for left_start, left_end in left:
        for right_start, right_end in right:
            start = max(left_start, right_start)
            ends = [end for end in (left_end, right_end) if end is not None]
            end = min(ends) if ends else None
            if end is None or start < end:
                result.append((start, end))
    return merged(result)


def deadline(since: datetime, patience: timedelta, still: Sequence[Standstill]) -> datetime | None:
    """Return when `patience` of running time has passed since then; None while an open pause prevents it.

    `still` must be merged (sorted and disjoint).
    """
    clock, left = since, patience
    for start, end in still:
        if end is not None and end <= clock:
            continue
        running = max(start - clock, timedelta(0))
        if running >= left:
            break
        left -= running
        if end is None:
            return None
        clock = end
    return clock + left
