"""How a team's plan is revised in its year: content comes, credentials are renewed, hours and metrics change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from math import ceil
from random import Random
from typing import NamedTuple

from benchmarks.packs.incidents import DAY, Happening, Span, Spells, between
from benchmarks.packs.plans import Draft
from engine.domain.wallclock import day_start

# After each delivery there is enough for so long; the next one comes after three weeks, or some days later.
STOCK, ROUND = 45 * DAY, 21 * DAY
A_LITTLE_LATE, LATEST = 3 * DAY, 6 * DAY
COLLECTED_FOR = 90 * DAY
WARNED = 14 * DAY
_WEEK = 7 * DAY


class Change(NamedTuple):
    """A revision of the plan: when, why, and what becomes of it."""

    at: datetime
    reason: str
    made: Callable[[Draft], Draft]


def pieces(a_week: int) -> int:
    """Return how many pieces are enough for the stock."""
    return ceil(STOCK / _WEEK * a_week)


def deliveries(
    chance: Random, year: Span, a_week: int, dry: Spells, happenings: list[Happening]
) -> Iterator[Change]:
    """Yield the deliveries of content, each of which fills the stock.

    One that would fall into a dry time does not come, and none comes for at least three weeks then.
    """
    at, full = year.start, pieces(a_week)
    stock = float(full)
    while True:
        late = between(chance, 0 * DAY, LATEST)
        due, before = at + ROUND, at
        at = due + late
        span = next((span for span in dry.real if span.holds(due)), None)
        if span is not None:
            at = max(span.end, due + ROUND)
        if at >= year.end:
            # What would only be told in the next year does not begin.
            at, span = due + late, None
        if at >= year.end:
            return
        if span is not None or late > A_LITTLE_LATE:
            happenings.append(Happening("PipelineDry", ("channel/blog",), Span(due, at), near=span is None))
        stock = max(0.0, stock - (at - before) / _WEEK * a_week)
        written = ceil(full - stock)
        stock += written
        yield Change(at, "new content", partial(_written, written))


def _written(pieces: int, draft: Draft) -> Draft:
    return replace(draft, items=draft.items + pieces)


def _renewed(expires: date, draft: Draft) -> Draft:
    return replace(draft, expires=expires)


def _with_hours(given: float, draft: Draft) -> Draft:
    return replace(draft, hours=given)


def _with_extra(draft: Draft) -> Draft:
    return replace(draft, extra=True)


def _without_extra(draft: Draft) -> Draft:
    return replace(draft, extra=False)


def renewals(
    chance: Random, year: Span, zone: str, expires: date, happenings: list[Happening], expired: list[Span]
) -> Iterator[Change]:
    """Yield the renewals of the credential: some weeks ahead, in its last days, or after posts were refused."""
    at = year.start
    while True:
        ends_at = day_start(zone, expires + timedelta(days=1))
        draw = chance.random()
        if draw < 0.4:
            renewed = ends_at - between(chance, 16 * DAY, 40 * DAY)
        elif draw < 0.7:
            renewed = ends_at - between(chance, 1 * DAY, 10 * DAY)
        else:
            renewed = ends_at + between(chance, 1 * DAY, 6 * DAY)
        renewed = max(renewed, at + DAY)
        warned = ends_at - WARNED
        happenings += [
            _of_credential("CredentialExpiring", at, warned, min(renewed, ends_at), ends_at),
            _of_credential("CredentialExpired", at, ends_at, renewed),
        ]
        if renewed > ends_at:
            expired.append(Span(ends_at, renewed))
        if renewed >= year.end:
            return
        at, expires = renewed, renewed.date() + timedelta(days=chance.randint(60, 120))
        yield Change(renewed, "the credential is renewed", partial(_renewed, expires))


def _of_credential(
    rule: str, since: datetime, start: datetime, end: datetime, harm_at: datetime | None = None
) -> Happening:
    """Return an incident, or a near miss if it ends before it starts."""
    near = end <= start
    return Happening(rule, ("channel/blog",), Span(since if near else start, end), near=near, harm_at=harm_at)


def hours(chance: Random, fewer: Spells) -> Iterator[Change]:
    """Yield the times at which the editor has fewer hours: less than the plan asks, or as a near miss still enough."""
    for spans, least, most in ((fewer.real, 2, 5), (fewer.near, 6, 7)):
        for span in spans:
            fewer_hours = partial(_with_hours, chance.randint(least, most))
            yield Change(span.start, "the editor has fewer hours", fewer_hours)
            yield Change(span.end, "the editor is back", partial(_with_hours, 8))


def extras(kept: Spells, happenings: list[Happening]) -> Iterator[Change]:
    """Yield when a metric comes into the plan on which nothing rests, and when it is let go again."""
    for spans, near in ((kept.real, False), (kept.near, True)):
        for span in spans:
            yield Change(span.start, "one more number", _with_extra)
            yield Change(span.end, "let it go", _without_extra)
            since = span.start if near else span.start + COLLECTED_FOR
            happenings.append(Happening("MetricUnused", ("metric/extra",), Span(since, span.end), near=near))
