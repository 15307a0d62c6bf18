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
from engine.store.columns import storable
from engine.store.tables import samples as table

# How many instants are looked up at once, well below the parameters that either database takes.
_LOOKUP = 1000
_MICROSECOND = timedelta(microseconds=1)

# (metric, at) → {seen: value}
_Known = dict[tuple[str, datetime], dict[datetime, float]]


def add(connection: sa.Connection, strategy: str, samples: Sequence[Sample]) -> int:
    """Append what is news, in the order in which it was seen. Returns how many were written."""
    for sample in samples:
        _refuse_not_finite(strategy, sample)
    ordered = sorted(samples, key=lambda sample: (sample.metric, sample.at, sample.seen))
    known: _Known = defaultdict(dict)
    rows: list[dict[str, Any]] = []
    for start in range(0, len(ordered), _LOOKUP):
        chunk = ordered[start : start + _LOOKUP]
        _look_up(connection, strategy, chunk, known)
        rows.extend(row for sample in chunk if (row := _news(strategy, sample, known)) is not None)
    if rows:
        connection.execute(sa.insert(table), rows)
    return len(rows)


def _look_up(connection: sa.Connection, strategy: str, chunk: Sequence[Sample], known: _Known) -> None:
    query = sa.select(table.c.metric, table.c.at, table.c.seen, table.c.value).where(
        table.c.strategy == strategy,
        table.c.metric.in_({sample.metric for sample in chunk}),
        table.c.at.in_({sample.at for sample in chunk}),
    )
    for row in connection.execute(query):
        # What this call adds stands already and is not overwritten.
        known[row.metric, row.at].setdefault(row.seen, row.value)


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
    later = table.alias("later")
    newer = sa.exists().where(
        later.c.strategy == table.c.strategy,
        later.c.metric == table.c.metric,
        later.c.at == table.c.at,
        later.c.seen > table.c.seen,
        *(() if known_at is None else (later.c.seen <= known_at,)),
    )
    columns = (table.c.metric, table.c.at, table.c.value, table.c.seen, table.c.origin)
    query = sa.select(*columns).where(table.c.strategy == strategy, table.c.metric == metric, ~newer)
    if start is not None:
        query = query.where(table.c.at >= start)
    if end is not None:
        query = query.where(table.c.at <= end)
    if known_at is not None:
        query = query.where(table.c.seen <= known_at)
    return [Sample(**row) for row in connection.execute(query.order_by(table.c.at)).mappings()]


def _refuse_not_finite(strategy: str, sample: Sample) -> None:
    if not math.isfinite(sample.value):
        raise SourceError(
            f"The metric {sample.metric} of {strategy} has the value {sample.value} at {sample.at.isoformat()} "
            f"(from {sample.origin or 'an unnamed origin'}), which is no number that can be compared; none of the "
            "samples of this reading were stored. Let the source leave a missing value out."
        )
