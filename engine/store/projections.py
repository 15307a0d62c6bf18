"""Alerts, tasks and reviews as they stand: the newest record of each that the journal holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa
from pydantic import JsonValue, ValidationError

from engine.domain.base import Model
from engine.domain.errors import EngineError
from engine.domain.records import Alert, AlertState, ReviewRecord, Task, TaskState
from engine.store import dialects
from engine.store.tables import alerts, journal, reviews, tasks

_PAGE = 1000

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Kind:
    """One kind of record: entries whose type starts with its name and a dot carry it in `data[name]`."""

    name: str
    table: sa.Table
    model: type[Model]
    columns: Callable[[Any], dict[str, Any]]


def _alert_columns(alert: Alert) -> dict[str, Any]:
    return {"id": alert.id, "is_open": alert.state not in {AlertState.INACTIVE, AlertState.RESOLVED}}


def _task_columns(task: Task) -> dict[str, Any]:
    closed = task.state in {TaskState.DONE, TaskState.CANCELLED}
    return {"id": task.id, "is_open": not closed, "due": task.due}


def _review_columns(review: ReviewRecord) -> dict[str, Any]:
    return {"id": review.id, "is_open": review.decision is None, "opened_at": review.opened_at}


KINDS = (
    Kind("alert", alerts, Alert, _alert_columns),
    Kind("task", tasks, Task, _task_columns),
    Kind("review", reviews, ReviewRecord, _review_columns),
)

# (seq, type, data) of a journal entry.
Line = tuple[int, str, Mapping[str, JsonValue]]


def project(connection: sa.Connection, strategy: str, lines: Iterable[Line]) -> None:
    """Bring the tables up to date with these lines, in any order; an older line never replaces a newer record."""
    newest: dict[tuple[str, str], dict[str, Any]] = {}
    for line in lines:
        _fold(newest, strategy, line)
    for kind in KINDS:
        rows = [row for (name, _), row in newest.items() if name == kind.name]
        if rows:
            _upsert(connection, kind.table, rows)


def rebuild(connection: sa.Connection, strategy: str) -> int:
    """Forget the strategy's records and make them again from its journal. Returns how many there are."""
    newest: dict[tuple[str, str], dict[str, Any]] = {}
    for line in _lines(connection, strategy):
        _fold(newest, strategy, line)
    for kind in KINDS:
        connection.execute(sa.delete(kind.table).where(kind.table.c.strategy == strategy))
        rows = [row for (name, _), row in newest.items() if name == kind.name]
        if rows:
            _upsert(connection, kind.table, rows)
    return len(newest)


def _lines(connection: sa.Connection, strategy: str) -> Iterable[Line]:
    """Yield the lines that carry a record, oldest first, a page at a time: a journal may be years long."""
    carries = sa.or_(*(journal.c.type.startswith(f"{kind.name}.") for kind in KINDS))
    query = sa.select(journal.c.seq, journal.c.type, journal.c.data).where(
        journal.c.strategy == strategy, carries
    )
    last = -1
    while page := connection.execute(
        query.where(journal.c.seq > last).order_by(journal.c.seq).limit(_PAGE)
    ).all():
        yield from ((row.seq, row.type, row.data) for row in page)
        last = page[-1].seq


def _fold(newest: dict[tuple[str, str], dict[str, Any]], strategy: str, line: Line) -> None:
    seq, entry_type, data = line
    kind = next((kind for kind in KINDS if entry_type.startswith(f"{kind.name}.")), None)
    if kind is None:
        return
    try:
        record = kind.model.model_validate(data.get(kind.name))
    except ValidationError as error:
        raise EngineError(
            f"Journal entry {seq} ({entry_type}) of {strategy} must carry a whole {kind.name} in data[{kind.name!r}] "
            f"and does not ({error.errors()[0]['msg']}). Nothing was stored; this is a defect, please report it."
        ) from error
    row = {
        "strategy": strategy,
        "seq": seq,
        **kind.columns(record),
        "document": record.model_dump(mode="json"),
    }
    before = newest.get((kind.name, row["id"]))
    if before is None or before["seq"] < seq:
        newest[kind.name, row["id"]] = row


def _upsert(connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    statement = dialects.insert(connection, table)
    changed = {column.name: statement.excluded[column.name] for column in table.c if not column.primary_key}
    statement = statement.on_conflict_do_update(
        index_elements=[table.c.strategy, table.c.id],
        set_=changed,
        where=table.c.seq < statement.excluded.seq,
    )
    connection.execute(statement, rows)


def read(
    connection: sa.Connection, table: sa.Table, model: type[M], strategy: str | None, *, only_open: bool
) -> list[tuple[str, M]]:
    """Return the records with their strategy, in the order that their readers want."""
    query = sa.select(table.c.strategy, table.c.document).order_by(*_order(table))
    if strategy is not None:
        query = query.where(table.c.strategy == strategy)
    if only_open:
        query = query.where(table.c.is_open)
    return [(row.strategy, model.model_validate(row.document)) for row in connection.execute(query)]


def _order(table: sa.Table) -> tuple[sa.ColumnElement[Any], ...]:
    last = (table.c.strategy, table.c.id)
    if table is tasks:
        return (tasks.c.due, *last)
    return (reviews.c.opened_at.desc(), *last) if table is reviews else last
