"""The past as one evaluation needs it, read at once: a statement for fifty windows or seeks.

The newest value at or before an instant is found by a seek in the key (`max(at)` of what is not later), which costs the
same however long the history is; a window function over the metric took seventy times as long. Each alternative names
the whole beginning of the key, because SQLite reads all of the strategy otherwise. The statements are texts that are made
once for each number of alternatives: put together anew from sixty subqueries they took longer to build than to run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from engine.domain.past import Windows
from engine.domain.records import Activity, Sample
from engine.domain.series import MemorySeries
from engine.store.columns import from_micros, storable, to_micros

# How many windows or seeks go into one statement.
_MOST = 50
_SAMPLES = ("samples", "metric", "at, value, seen, origin")
_POSTS = ("activities", "channel", "at, ref, title, sketch")
_OWN = "strategy = :strategy AND {key} = :n{i}"
_BEFORE = f"(SELECT max(at) FROM {{table}} WHERE {_OWN} AND at <= :t{{i}})"  # noqa: S608 - of our own words
# What is later than an instant; the newest that is not; and both together.
_LATER = f"{_OWN} AND at > :t{{i}} AND at <= :until"
_NEWEST = f"{_OWN} AND at = {_BEFORE}"
_FROM_NEWEST = f"{_OWN} AND at >= coalesce({_BEFORE}, :t{{i}}) AND at <= :until"


def read(connection: sa.Connection, strategy: str, asked: Windows) -> MemorySeries:
    """Return what these windows hold."""
    found: dict[str, list[Sample]] = {}
    for which, wanted in ((_LATER, list(asked.samples.items())), (_NEWEST, sorted(asked.values))):
        for row in _rows(connection, _SAMPLES, which, strategy, wanted, asked.until):
            found.setdefault(row.metric, []).append(_sample(row))
    posts: dict[str, list[Activity]] = {}
    for row in _rows(connection, _POSTS, _FROM_NEWEST, strategy, list(asked.posts.items()), asked.until):
        posts.setdefault(row.channel, []).append(_post(row))
    return MemorySeries(found, posts)


def _rows(
    connection: sa.Connection,
    of: tuple[str, str, str],
    which: str,
    strategy: str,
    wanted: Sequence[tuple[str, datetime]],
    until: datetime,
) -> Iterator[sa.Row[Any]]:
    for start in range(0, len(wanted), _MOST):
        some = wanted[start : start + _MOST]
        given: dict[str, Any] = {"strategy": storable(strategy)}
        if ":until" in which:
            given["until"] = to_micros(until)
        for i, (name, at) in enumerate(some):
            given |= {f"n{i}": storable(name), f"t{i}": to_micros(at)}
        yield from connection.execute(_statement(of, which, len(some)), given)


@lru_cache(maxsize=256)
def _statement(of: tuple[str, str, str], which: str, count: int) -> sa.TextClause:
    table, key, columns = of
    alternatives = " OR ".join(f"({which.format(table=table, key=key, i=i)})" for i in range(count))
    # Of names that stand above; what is asked for comes as parameters.
    return sa.text(f"SELECT {key}, {columns} FROM {table} WHERE {alternatives}")  # noqa: S608


def _sample(row: sa.Row[Any]) -> Sample:
    # What the store holds was checked when it came.
    return Sample.model_construct(
        metric=row.metric,
        at=from_micros(row.at),
        value=row.value,
        seen=from_micros(row.seen),
        origin=row.origin,
    )


def _post(row: sa.Row[Any]) -> Activity:
    return Activity.model_construct(at=from_micros(row.at), ref=row.ref, title=row.title, sketch=row.sketch)
