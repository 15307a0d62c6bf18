"""What rules said, and the facts behind it, so that any past decision can be explained."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from engine.domain.past import Judged
from engine.store import dialects
from engine.store.tables import judged as table

_DAY = timedelta(days=1)
_COLUMNS = [column for column in table.c if column.name in Judged.model_fields]


class _Last(NamedTuple):
    at: datetime
    said: tuple[int, bool | None, str]


def save(connection: sa.Connection, strategy: str, revision: int, rows: Sequence[Judged]) -> int:
    """Write what says otherwise than the newest row of its rule and subject, or when that is a day old."""
    if not rows:
        return 0
    newest = _newest(connection, strategy, min(row.at for row in rows))
    news = [
        row
        for row in rows
        if _is_news(newest.get((row.rule, row.subject)), row.at, (revision, row.truth, row.data.value))
    ]
    if news:
        _write(connection, strategy, revision, news)
    return len(news)


def _newest(connection: sa.Connection, strategy: str, at: datetime) -> dict[tuple[str, str], _Last]:
    """Return the newest row of each rule and subject in the day before `at`, and since."""
    columns = (table.c.rule, table.c.subject, table.c.at, table.c.revision, table.c.truth, table.c.data)
    query = sa.select(*columns).where(table.c.strategy == strategy, table.c.at > at - _DAY)
    return {
        (row.rule, row.subject): _Last(row.at, (row.revision, row.truth, row.data))
        for row in connection.execute(query.order_by(table.c.at))
    }


def _is_news(last: _Last | None, at: datetime, said: tuple[int, bool | None, str]) -> bool:
    return last is None or last.said != said or at - last.at >= _DAY


def _write(connection: sa.Connection, strategy: str, revision: int, rows: Sequence[Judged]) -> None:
    statement = dialects.insert(connection, table)
    # An evaluation that was repeated, because its answer was lost, is the one that the strategy heard.
    changed = {column.name: statement.excluded[column.name] for column in table.c if not column.primary_key}
    keys = list(table.primary_key.columns)
    values: list[dict[str, Any]] = [
        {
            "strategy": strategy,
            "rule": row.rule,
            "subject": row.subject,
            "at": row.at,
            "revision": revision,
            "truth": row.truth,
            "data": row.data.value,
            "facts": row.facts,
        }
        for row in rows
    ]
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), values)


def forget(connection: sa.Connection, strategy: str, before: datetime) -> int:
    """Delete what is older, but for the newest row of each rule and subject at that instant: it still answers for later.

    Tasks come and go, so nothing is kept of theirs: else one row of each would stay for ever.
    """
    later = table.alias()
    is_answered = sa.exists().where(
        later.c.strategy == table.c.strategy,
        later.c.rule == table.c.rule,
        later.c.subject == table.c.subject,
        later.c.at > table.c.at,
        later.c.at <= before,
    )
    old = sa.and_(table.c.strategy == strategy, table.c.at < before)
    gone = sa.or_(is_answered, table.c.subject.startswith("task/"))
    return connection.execute(sa.delete(table).where(old, gone)).rowcount


def read(
    connection: sa.Connection, strategy: str, rule: str | None, subject: str | None, at: datetime | None
) -> list[Judged]:
    """Return the newest row of each rule and subject, at or before `at`, in the order of their names."""
    which = [table.c.strategy == strategy]
    which += [table.c.rule == rule] if rule is not None else []
    which += [table.c.subject == subject] if subject is not None else []
    which += [table.c.at <= at] if at is not None else []
    newest = (
        sa.select(table.c.rule, table.c.subject, sa.func.max(table.c.at).label("at"))
        .where(*which)
        .group_by(table.c.rule, table.c.subject)
        .subquery()
    )
    same = sa.and_(
        table.c.rule == newest.c.rule, table.c.subject == newest.c.subject, table.c.at == newest.c.at
    )
    query = sa.select(*_COLUMNS).join(newest, same).where(table.c.strategy == strategy)
    rows = connection.execute(query.order_by(table.c.rule, table.c.subject)).mappings()
    return [Judged(**row) for row in rows]
