"""Everything in which SQLite and PostgreSQL differ."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from filelock import FileLock, Timeout
from sqlalchemy.dialects import postgresql, sqlite

from engine.domain.errors import EngineError
from engine.store.columns import dump_json, load_json

_BUSY_SECONDS = 30
_WRITES = "drumbeat_writes"
_COMMON: dict[str, Any] = {
    "json_serializer": dump_json,
    "json_deserializer": load_json,
    # An error of the driver would otherwise carry plans and posts into the logs.
    "hide_parameters": True,
}


def make_engine(url: sa.URL) -> sa.Engine:
    """Return an engine for a SQLite or PostgreSQL address. Raises EngineError for any other."""
    name = url.get_backend_name()
    if name == "sqlite":
        return _sqlite(url)
    if name in {"postgresql", "postgres"}:
        return _postgresql(url.set(drivername="postgresql+psycopg"))
    raise EngineError(
        f"The database address names {name!r}, which Drumbeat does not know; nothing is stored. "
        "Use sqlite:////path/to/file.db or postgresql://user@host/database."
    )


def _sqlite(url: sa.URL) -> sa.Engine:
    # In memory the one connection is the database, so it must be shared and never dropped.
    one = {"pool_size": 1, "max_overflow": 0} if sqlite_file(url) is None else {}
    engine = sa.create_engine(
        url.set(drivername="sqlite+pysqlite"),
        poolclass=sa.QueuePool,
        connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False},
        **one,
        **_COMMON,
    )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(raw: sqlite3.Connection, _record: object) -> None:
    # Transactions are begun by `_begin_sqlite`; the module's own would begin reads and DDL without one.
    raw.isolation_level = None
    raw.execute("PRAGMA foreign_keys = ON")
    # FULL: an intent to publish must survive a power loss, or the same post goes out twice.
    raw.execute("PRAGMA synchronous = FULL")
    raw.execute("PRAGMA journal_size_limit = 67108864")


def _begin_sqlite(connection: sa.Connection) -> None:
    # A write that begins as a read can be refused at once, without waiting, when it turns into a write.
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgresql(url: sa.URL) -> sa.Engine:
    arguments = {"application_name": "drumbeat"}
    if "connect_timeout" not in url.query:
        arguments["connect_timeout"] = "10"
    return sa.create_engine(url, pool_pre_ping=True, connect_args=arguments, **_COMMON)


def sqlite_file(url: sa.URL) -> Path | None:
    """Return the file behind a SQLite address, None when it is in memory or no SQLite."""
    if url.get_backend_name() != "sqlite" or url.database in {None, "", ":memory:"}:
        return None
    return Path(str(url.database)).absolute()


def for_writing(engine: sa.Engine) -> sa.Engine:
    """Return the same engine, whose transactions wait for their turn at the beginning."""
    return engine.execution_options(**{_WRITES: True}) if engine.dialect.name == "sqlite" else engine


def take_turn(connection: sa.Connection, what: str) -> None:
    """Wait until no other transaction writes `what` (a strategy, the schema), until this one ends.

    SQLite has one writer at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        schema = sa.func.coalesce(sa.func.current_schema(), "")
        lock = sa.func.hashtextextended(sa.literal(f"drumbeat/{what}/", sa.Text) + schema, 0)
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(lock)))


def insert(connection: sa.Connection, table: sa.Table) -> Any:
    """Return an INSERT that knows ON CONFLICT; both dialects spell it alike but share no type."""
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)


def insert_many(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert many rows at once, none of which may be there yet.

    PostgreSQL gets them by COPY: 100 bytes a row in one go, where an executemany answers for each row.
    """
    if connection.dialect.name != "postgresql":
        connection.execute(sa.insert(table), list(rows))
        return
    from psycopg import sql  # noqa: PLC0415 - a tenth of a second of every start, and SQLite needs none of it

    columns = [table.c[name] for name in rows[0]]
    to_stored = [
        column.type.dialect_impl(connection.dialect).bind_processor(connection.dialect) or _as_is
        for column in columns
    ]
    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in columns)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), names)
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(
                [convert(row[column.name]) for convert, column in zip(to_stored, columns, strict=True)]
            )


def _as_is(value: Any) -> Any:
    return value


def use_wal(engine: sa.Engine) -> None:
    """Switch a SQLite file to write-ahead logging, in which readers and a writer do not wait for each other.

    The switch is the one thing for which SQLite does not wait, so that two processes would trip over each other:
    hence the lock file, only taken the first time.
    """
    path = sqlite_file(engine.url)
    if path is None or _journal_mode(engine, "PRAGMA journal_mode") == "wal":
        return
    lock = path.with_name(path.name + ".lock")
    try:
        with FileLock(lock, timeout=_BUSY_SECONDS):
            mode = _journal_mode(engine, "PRAGMA journal_mode = WAL")
            # Whoever still waits for the file removed here will find the switch made.
            lock.unlink(missing_ok=True)
    except Timeout:
        raise EngineError(
            f"Another process has been preparing the database {path} for {_BUSY_SECONDS} seconds; nothing is "
            f"stored. Stop it, or remove {lock} if there is none."
        ) from None
    if mode != "wal":
        raise EngineError(
            f"The database {path} cannot use write-ahead logging (it answered {mode!r}), as on a network "
            "drive. Put the data directory on a local disk, or use PostgreSQL."
        )


def _journal_mode(engine: sa.Engine, pragma: str) -> str:
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute(pragma)
        (mode,) = cursor.fetchone() or ("",)
        return str(mode)
    finally:
        raw.close()


def size_in_bytes(connection: sa.Connection) -> int:
    """Return how much disk (or memory) the database takes."""
    if connection.dialect.name == "postgresql":
        return int(
            connection.execute(sa.select(sa.func.pg_database_size(sa.func.current_database()))).scalar_one()
        )
    pages, size = (
        connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() for pragma in ("page_count", "page_size")
    )
    return int(pages) * int(size)


def damage(connection: sa.Connection) -> str | None:
    """Return the first thing that is wrong with a SQLite file; PostgreSQL looks after itself."""
    if connection.dialect.name == "postgresql":
        return None
    found = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())
    return None if found == "ok" else found
