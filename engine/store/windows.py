"""The past as one evaluation needs it, read at once: three queries at most, whatever the rules ask.

The newest value at or before an instant is found by a seek in the key (`max(at)` of what is not later), which costs the
same however long the history is; a window function over the metric took seventy times as long.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice

import sqlalchemy as sa

from engine.domain.records import Activity, Sample
from engine.domain.series import MemorySeries
from engine.domain.storage import Windows
from engine.store.tables import activities, samples

# How many windows or seeks go into one statement.
_MOST = 50


def read(connection: sa.Connection, strategy: str, asked: Windows) -> MemorySeries:
    """Return what these windows hold."""
    found: dict[str, list[Sample]] = {}
    for sample in _samples(connection, strategy, asked):
        found.setdefault(sample.metric, []).append(sample)
    posts: dict[str, list[Activity]] = {}
    for channel, post in _posts(connection, strategy, asked):
        posts.setdefault(channel, []).append(post)
    return MemorySeries(found, posts)


def _samples(connection: sa.Connection, strategy: str, asked: Windows) -> Iterator[Sample]:
    """Yield the samples of all windows, and those that were the newest at the instants asked for."""
    columns = (samples.c.metric, samples.c.at, samples.c.value, samples.c.seen, samples.c.origin)
    conditions = [
        sa.and_(samples.c.metric == metric, samples.c.at > start, samples.c.at <= asked.until)
        for metric, start in sorted(asked.samples.items())
    ]
    conditions += [
        sa.and_(samples.c.metric == metric, samples.c.at == _newest_at(strategy, metric, at))
        for metric, at in sorted(asked.values)
    ]
    for some in _some(conditions):
        query = sa.select(*columns).where(samples.c.strategy == strategy, sa.or_(*some))
        for row in connection.execute(query):
            # What the store holds was checked when it came.
            yield Sample.model_construct(
                metric=row.metric, at=row.at, value=row.value, seen=row.seen, origin=row.origin
            )


def _newest_at(strategy: str, metric: str, at: datetime) -> sa.ScalarSelect[datetime]:
    other = samples.alias()
    return (
        sa.select(sa.func.max(other.c.at))
        .where(other.c.strategy == strategy, other.c.metric == metric, other.c.at <= at)
        .scalar_subquery()
    )


def _posts(connection: sa.Connection, strategy: str, asked: Windows) -> Iterator[tuple[str, Activity]]:
    """Yield the posts of all windows, and the newest one before each."""
    columns = (activities.c.channel, activities.c.at, activities.c.ref, activities.c.title)
    conditions = []
    for channel, start in sorted(asked.posts.items()):
        other = activities.alias()
        before = sa.select(sa.func.max(other.c.at)).where(
            other.c.strategy == strategy, other.c.channel == channel, other.c.at <= start
        )
        first = sa.func.coalesce(before.scalar_subquery(), sa.bindparam(None, start, activities.c.at.type))
        within = sa.and_(activities.c.at >= first, activities.c.at <= asked.until)
        conditions.append(sa.and_(activities.c.channel == channel, within))
    for some in _some(conditions):
        query = sa.select(*columns, activities.c.sketch).where(
            activities.c.strategy == strategy, sa.or_(*some)
        )
        for row in connection.execute(query):
            yield (
                row.channel,
                Activity.model_construct(at=row.at, ref=row.ref, title=row.title, sketch=row.sketch),
            )


def _some(
    conditions: Iterable[sa.ColumnElement[bool]],
) -> Iterator[Sequence[sa.ColumnElement[bool]]]:
    left = iter(conditions)
    while some := list(islice(left, _MOST)):
        yield some
