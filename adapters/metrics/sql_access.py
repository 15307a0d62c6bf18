"""A database that can be asked and not changed, in three layers.

1. The session is read only where the database knows such: SQLite opens the file with `mode=ro` and an authorizer that
   allows nothing but reading, PostgreSQL starts with `default_transaction_read_only`, MySQL and MariaDB with
   `SET SESSION TRANSACTION READ ONLY`.
2. A query runs as a cursor where the database has such, so that several statements in one text are refused.
3. Whatever happens, the transaction is rolled back.

For other databases the second and third layer stand alone: give Drumbeat a user who may only read. That is wise with
every database.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from adapters.credentials import hide

_CONNECT_SECONDS = 5
_MOST_SAID = 200
# So many steps of SQLite's machine from one look at the clock to the next: a millisecond or so.
_STEPS = 20_000
_ALLOWED = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
}
_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}


class RefusedError(Exception):
    """The database could not be reached or did not answer the query; the message holds no secret."""


class Database:
    """An open database; `label` is how it may be shown to anybody."""

    def __init__(self, connection: sa.Connection, url: sa.URL, timeout: timedelta) -> None:
        self._connection, self._url, self._timeout = connection, url, timeout
        self.label = _label(url)

    def ask(self, query: str, most: int) -> tuple[Sequence[str], Sequence[Sequence[Any]]]:
        """Return the columns and rows of one query. Raises RefusedError, also for more rows than `most`."""
        # As it is written: neither `:name` nor `%` in it is ours.
        options = {"no_parameters": True, "stream_results": True}
        try:
            _guard(self._connection, self._timeout)
            with self._connection.exec_driver_sql(query, execution_options=options) as result:
                if not result.returns_rows:
                    raise RefusedError("the statement gives no rows. Write one SELECT.")
                columns, rows = list(result.keys()), result.fetchmany(most + 1)
        except (SQLAlchemyError, sqlite3.Warning) as error:
            raise _refused(error, self._url, self._timeout) from None
        finally:
            self._connection.rollback()
        if len(rows) > most:
            raise RefusedError(f"the query gives more than {most:,} rows. Take fewer, with LIMIT or WHERE.")
        return columns, rows


@contextmanager
def open_database(url: str, timeout: timedelta) -> Iterator[Database]:
    """Open the database that an address names, for reading only; `timeout` is meant for each query.

    Raises RefusedError.
    """
    address = _address(url)
    try:
        engine = sa.create_engine(_readable(address), poolclass=sa.NullPool, **_options(address, timeout))
    except (ImportError, NoSuchModuleError):
        raise RefusedError(
            f"no driver for {address.drivername} is installed beside Drumbeat. Install one, such as pymysql for "
            "mysql+pymysql://…"
        ) from None
    except (SQLAlchemyError, TypeError, ValueError):
        raise RefusedError("its address, the secret `url`, does not suit its driver.") from None
    try:
        with engine.connect() as connection:
            yield Database(connection, address, timeout)
    except SQLAlchemyError as error:
        raise _refused(error, address, timeout) from None
    finally:
        engine.dispose()


def _address(url: str) -> sa.URL:
    try:
        address = sa.make_url(url)
    except ArgumentError:
        raise RefusedError(
            "its address, the secret `url`, is none that SQLAlchemy reads. "
            "Write for example postgresql://user:password@host/database."
        ) from None
    return address.set(drivername=_DRIVERS.get(address.drivername, address.drivername))


def _readable(address: sa.URL) -> sa.URL:
    """Return the address with what makes it read only, where that belongs into an address."""
    if address.get_backend_name() != "sqlite":
        return address
    file = (address.database or "").removeprefix("file:")
    if not file or file == ":memory:":
        raise RefusedError("a SQLite database in memory is empty for everybody else. Name a file.")
    if not Path(file).is_file():
        raise RefusedError("its SQLite file is not there. Check the path.")
    return sa.URL.create(
        "sqlite+pysqlite", database=Path(file).absolute().as_uri(), query={"mode": "ro", "uri": "true"}
    )


def _options(address: sa.URL, timeout: timedelta) -> dict[str, Any]:
    options: dict[str, Any] = {"hide_parameters": True}
    if address.get_backend_name() == "postgresql":
        milliseconds = max(1, timeout // timedelta(milliseconds=1))
        own = str(address.query.get("options", ""))
        read_only = f"-c default_transaction_read_only=on -c statement_timeout={milliseconds}"
        options["connect_args"] = {
            "connect_timeout": _CONNECT_SECONDS,
            "options": f"{own} {read_only}".strip(),
        }
    elif address.get_backend_name() in {"mysql", "mariadb"}:
        options["connect_args"] = {"connect_timeout": _CONNECT_SECONDS}
    return options


def _guard(connection: sa.Connection, timeout: timedelta) -> None:
    """See to it, before each query, that it only reads and does not take for ever; PostgreSQL was told at its start."""
    raw, backend = connection.connection.driver_connection, connection.dialect.name
    if isinstance(raw, sqlite3.Connection):
        ends = time.monotonic() + timeout.total_seconds()
        raw.set_authorizer(_authorize)
        raw.set_progress_handler(lambda: time.monotonic() > ends, _STEPS)
    elif backend in {"mysql", "mariadb"}:
        seconds = max(1, round(timeout.total_seconds()))
        mariadb = getattr(connection.dialect, "is_mariadb", False)
        limit = f"max_statement_time = {seconds}" if mariadb else f"max_execution_time = {seconds * 1000}"
        connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
        connection.exec_driver_sql(f"SET SESSION {limit}")


def _authorize(action: int, *_details: object) -> int:
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY


def _refused(error: Exception, url: sa.URL, timeout: timedelta) -> RefusedError:
    """Say what the database said, without the address and what stands in it."""
    original = error.orig if isinstance(error, DBAPIError) else error
    said = "" if isinstance(original, SQLAlchemyError) else str(original)
    secret = {"url": url.render_as_string(hide_password=False), "password": str(url.password or "")}
    told = hide(said.partition("\n")[0], secret, most=_MOST_SAID)
    if any(
        word in said for word in ("interrupted", "statement timeout", "max_statement_time", "execution time")
    ):
        return RefusedError(
            f"the query took longer than {timeout.total_seconds():g} s. Give it an index or a shorter span of time, "
            "or set `timeout`."
        )
    if any(word in said for word in ("not authorized", "read-only", "readonly", "READ ONLY")):
        return RefusedError(f"the statement would change something, and a source only reads: {told}")
    return RefusedError(f"the database says: {told or type(original).__name__}")


def _label(url: sa.URL) -> str:
    if url.get_backend_name() == "sqlite":
        return f"sqlite:{Path((url.database or '').removeprefix('file:')).name}"
    return f"{url.get_backend_name()}:{url.database or ''}"
