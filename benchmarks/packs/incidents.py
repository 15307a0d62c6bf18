"""Incidents and near misses: what happens to a team, when; chance chooses, and everything is written down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
# Nobody has anything to compare with on the first days.
SETTLING = 14 * DAY


@dataclass(frozen=True)
class Span:
    """From when until when something was so (UTC, the end excluded)."""

    start: datetime
    end: datetime

    def holds(self, at: datetime) -> bool:
        """Return whether it was so at that instant."""
        return self.start <= at < self.end

    def meets(self, other: Span, apart: timedelta = timedelta(0)) -> bool:
        """Return whether both were at the same time, or less than `apart` from each other."""
        return self.start < other.end + apart and other.start < self.end + apart


@dataclass(frozen=True)
class Happening:
    """Something of which a rule is to tell, or, as a near miss, only almost.

    `subjects` are those about which the alert may be. An alert that fires up to `tail` after the end still belongs to it.
    `harm_at` is when it would begin to hurt.
    """

    rule: str
    subjects: tuple[str, ...]
    span: Span
    near: bool = False
    tail: timedelta = DAY
    harm_at: datetime | None = None


@dataclass(frozen=True)
class Spells:
    """The times of one kind of trouble within a year, and its near misses."""

    real: tuple[Span, ...]
    near: tuple[Span, ...]

    def happenings(self, rule: str, *subjects: str, tail: timedelta = DAY) -> Iterator[Happening]:
        """Yield what the rule has to tell of these subjects, and what it has to pass over."""
        for spans, near in ((self.real, False), (self.near, True)):
            for span in spans:
                yield Happening(rule, subjects, span, near=near, tail=tail)


@dataclass(frozen=True)
class Pattern:
    """How often in a year a kind of trouble comes and for how long: both from, to."""

    times: tuple[int, int]
    lasts: tuple[timedelta, timedelta]
    near_times: tuple[int, int] = (0, 0)
    near_lasts: tuple[timedelta, timedelta] = (HOUR, 2 * HOUR)
    apart: timedelta = 21 * DAY


def spells(chance: Random, year: Span, pattern: Pattern) -> Spells:
    """Let chance choose the times of a kind of trouble; they keep their distance from each other.

    Other kinds do not keep it: what cannot be read just then is not seen there either, as in life.
    """
    taken: list[Span] = []
    real = tuple(_placed(chance, year, chance.randint(*pattern.times), pattern.lasts, pattern.apart, taken))
    near_times = chance.randint(*pattern.near_times)
    near = tuple(_placed(chance, year, near_times, pattern.near_lasts, pattern.apart, taken))
    return Spells(real, near)


def _placed(
    chance: Random,
    year: Span,
    times: int,
    lasts: tuple[timedelta, timedelta],
    apart: timedelta,
    taken: list[Span],
) -> Iterator[Span]:
    for _ in range(times):
        for _try in range(50):
            length = between(chance, *lasts)
            room = year.end - SETTLING - length - (year.start + SETTLING)
            if room <= timedelta(0):
                break
            start = year.start + SETTLING + room * chance.random()
            span = Span(start, start + length)
            if not any(span.meets(other, apart) for other in taken):
                taken.append(span)
                yield span
                break


def between(chance: Random, least: timedelta, most: timedelta) -> timedelta:
    """Return a length of time between the two, in whole minutes, so that a history can be read."""
    return timedelta(minutes=round(chance.uniform(least / HOUR * 60, most / HOUR * 60)))
