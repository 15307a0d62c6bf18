"""Values of metrics, with their corrections: what was true when, and when we learned it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine.domain.errors import SourceError
from engine.domain.records import Sample
from engine.store import dialects
from engine.store.columns import storable
from engine.store.tables import samples as table

# How many spans of instants are looked up in one statement.
_SPANS = 50
# Instants of one metric that lie further apart are looked up each for itself, not with all that is between.
_GAP = timedelta(days=31)
_MICROSECOND = timedelta(microseconds=1)

# (metric, at) → {seen: value}
_Known = dict[tuple[str, datetime], dict[datetime, float]]
# (metric, first instant, last instant)
_Span = tuple[str, datetime, datetime]


def add(connection: sa.Connection, strategy: str, samples: Sequence[Sample]) -> int:
    """Append what is news, in the order in which it was seen. Returns how many were written."""
    for sample in samples:
        _refuse_not_finite(strategy, sample)
    ordered = sorted(samples, key=lambda sample: (sample.metric, sample.at, sample.seen))
    known = _look_up(connection, strategy, _spans(ordered))
    rows = [row for sample in ordered if (row := _news(strategy, sample, known)) is not None]
    if rows:
        dialects.insert_many(connection, table, rows)
    return len(rows)


def _spans(ordered: Sequence[Sample]) -> list[_Span]:
    """Return the stretches of instants that samples, ordered by metric and instant, are about."""
    spans: list[_Span] = []
    for sample in ordered:
        metric = storable(sample.metric)
        if spans and spans[-1][0] == metric and sample.at - spans[-1][2] <= _GAP:
            spans[-1] = (metric, spans[-1][1], sample.at)
        else:
            spans.append((metric, sample.at, sample.at))
    return spans


def _look_up(connection: sa.Connection, strategy: str, spans: Sequence[_Span]) -> _Known:
    """Return what is known in these spans.

    Spans, because both databases read one straight from the key; a list of a thousand instants made PostgreSQL
    (until its first ANALYZE) read the whole metric for each.
    """
    known: _Known = defaultdict(dict)
    columns = (table.c.metric, table.c.at, table.c.seen, table.c.value)
    for start in range(0, len(spans), _SPANS):
        within = [
            sa.and_(table.c.strategy == strategy, table.c.metric == metric, table.c.at.between(first, last))
            for metric, first, last in spans[start : start + _SPANS]
        ]
        for row in connection.execute(sa.select(*columns).where(sa.or_(*within))):
            known[row.metric, row.at][row.seen] = row.value
    return known


def _news(strategy: str, sample: Sample, known: _Known) -> dict[str, Any] | None:
    """Return the row to write, or None when the newest value of the instant is the same or it is there already."""
    metric = storable(sample.metric)
    values, seen = known[metric, sample.at], sample.seen
    if values and values[max(values)] == sample.value:
        return None
    # Two values learned at the same microsecond: the later one in line is the correction.
    while seen in values:
        if values[seen] == sample.value:
            return None
        seen += _MICROSECOND
    values[seen] = sample.value
    return {
        "strategy": strategy,
        "metric": metric,
        "at": sample.at,
        "seen": seen,
        "value": sample.value,
        "origin": sample.origin,
    }


def read(
    connection: sa.Connection,
    strategy: str,
    metric: str,
    *,
    start: datetime | None,
    end: datetime | None,
    known_at: datetime | None,
) -> list[Sample]:
    """Return the latest value of each instant from `start` to `end`, both included, oldest first."""
    columns = (table.c.metric, table.c.at, table.c.value, table.c.seen, table.c.origin)
    query = sa.select(*columns).where(table.c.strategy == strategy, table.c.metric == metric)
    if start is not None:
        query = query.where(table.c.at >= start)
    if end is not None:
        query = query.where(table.c.at <= end)
    if known_at is not None:
        query = query.where(table.c.seen <= known_at)
    # One walk along the key, where the last row of an instant stands. Corrections are few; a self-join that leaves
    # them out took PostgreSQL ten times as long.
    rows = connection.execute(query.order_by(table.c.at, table.c.seen)).mappings()
    latest = {row["at"]: row for row in rows}
    return [Sample(**row) for row in latest.values()]


def _refuse_not_finite(strategy: str, sample: Sample) -> None:
    if not math.isfinite(sample.value):
        raise SourceError(
            f"The metric {sample.metric} of {strategy} has the value {sample.value} at {sample.at.isoformat()} "
            f"(from {sample.origin or 'an unnamed origin'}), which is no number that can be compared; none of the "
            "samples of this reading were stored. Let the source leave a missing value out."
        )
