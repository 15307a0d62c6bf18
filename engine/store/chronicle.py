"""The journal and the strategies' rows: one step of a strategy is one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.domain.errors import NotFoundError
from engine.domain.journal import Entry
from engine.domain.storage import StrategyRow
from engine.store import dialects, posts, projections
from engine.store.tables import journal, strategies


def record(connection: sa.Connection, row: StrategyRow, entries: Sequence[Entry], now: datetime) -> int:
    """Write the row, the entries that are not there yet, and what follows from those. Returns the highest seq."""
    _write_row(connection, row)
    fresh = _fresh(connection, row.strategy, entries)
    if fresh:
        dialects.insert_many(connection, journal, [_line(row.strategy, entry, now) for entry in fresh])
        # Only from fresh entries, so that the records are always what the journal says.
        projections.project(
            connection, row.strategy, ((entry.seq, entry.type.value, entry.data) for entry in fresh)
        )
        posts.add_own(connection, row.strategy, fresh, now)
    highest = sa.select(sa.func.max(journal.c.seq)).where(journal.c.strategy == row.strategy)
    return connection.execute(highest).scalar_one() or 0


def _write_row(connection: sa.Connection, row: StrategyRow) -> None:
    statement = dialects.insert(connection, strategies).values(row.model_dump())
    new = statement.excluded
    # Of two rows at the same entry the later one counts: a step may change the state and have nothing to tell.
    newer = sa.or_(
        strategies.c.seq < new.seq,
        sa.and_(strategies.c.seq == new.seq, strategies.c.updated_at <= new.updated_at),
    )
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[strategies.c.strategy],
            set_={column.name: new[column.name] for column in strategies.c if not column.primary_key},
            where=newer,
        )
    )


def _fresh(connection: sa.Connection, strategy: str, entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries that the journal does not hold, each seq once, the first of equals, in order."""
    if not entries:
        return []
    wanted: dict[int, Entry] = {}
    for entry in entries:
        wanted.setdefault(entry.seq, entry)
    there = sa.select(journal.c.seq).where(
        journal.c.strategy == strategy, journal.c.seq.between(min(wanted), max(wanted))
    )
    for seq in connection.execute(there).scalars():
        wanted.pop(seq, None)
    return [wanted[seq] for seq in sorted(wanted)]


def _line(strategy: str, entry: Entry, now: datetime) -> dict[str, Any]:
    return {
        "strategy": strategy,
        "seq": entry.seq,
        "at": entry.at,
        "type": entry.type.value,
        "subject": entry.subject,
        "summary": entry.summary,
        "data": entry.data,
        "written_at": now,
    }


def every(connection: sa.Connection) -> list[StrategyRow]:
    """Return every strategy, by name."""
    query = sa.select(strategies).order_by(strategies.c.strategy)
    return [StrategyRow(**row) for row in connection.execute(query).mappings()]


def get(connection: sa.Connection, name: str) -> StrategyRow:
    """Return one strategy. Raises NotFoundError."""
    query = sa.select(strategies).where(strategies.c.strategy == name)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFoundError(f"There is no strategy {name!r}. `drumbeat status` lists what runs.")
    return StrategyRow(**row)


def read(
    connection: sa.Connection,
    strategy: str | None,
    *,
    types: Sequence[str],
    subject: str | None,
    after: int,
    since: datetime | None,
    limit: int,
    newest_first: bool,
) -> list[tuple[str, Entry]]:
    """Return entries with their strategy: one strategy's by seq, several strategies' by instant."""
    columns = [column for column in journal.c if column is not journal.c.written_at]
    query = sa.select(*columns).where(journal.c.seq > after).limit(limit)
    if strategy is not None:
        query = query.where(journal.c.strategy == strategy)
    if types:
        query = query.where(journal.c.type.in_([str(name) for name in types]))
    if subject is not None:
        query = query.where(journal.c.subject == subject)
    if since is not None:
        query = query.where(journal.c.at >= since)
    order = [journal.c.seq] if strategy is not None else [journal.c.at, journal.c.strategy, journal.c.seq]
    query = query.order_by(*(column.desc() if newest_first else column for column in order))
    return [_entry(row) for row in connection.execute(query).mappings()]


def _entry(row: sa.RowMapping) -> tuple[str, Entry]:
    fields = dict(row)
    strategy = fields.pop("strategy")
    return strategy, Entry(**fields)
