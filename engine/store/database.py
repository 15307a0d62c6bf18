"""Transactions, and the one place where a driver's error becomes a sentence of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy import exc

from engine.domain.errors import EngineError
from engine.store import dialects


class Database:
    """An engine with two kinds of transaction. Safe to use from several threads; never nest them."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.place = place(engine.url)
        self._writer = dialects.for_writing(engine)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Read one consistent state in SQLite, committed states in PostgreSQL. Raises EngineError."""
        with translated(self.place), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self, strategy: str | None = None) -> Iterator[sa.Connection]:
        """Write all or nothing; with `strategy`, one writer of that strategy at a time. Raises EngineError."""
        with translated(self.place), self._writer.begin() as connection:
            if strategy is not None:
                dialects.take_turn(connection, f"strategy/{strategy}")
            yield connection


def place(url: sa.URL) -> str:
    """Return where the database is, in words, without its password."""
    path = dialects.sqlite_file(url)
    return str(path) if path else url.set(query={}).render_as_string(hide_password=True)


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Turn the driver's errors into EngineError with what to do."""
    try:
        yield
    except exc.TimeoutError as error:
        raise EngineError(
            f"The database {where} has no free connection: too many threads wait for it. Nothing was changed; "
            "it is tried again."
        ) from error
    except exc.SQLAlchemyError as error:
        raise EngineError(f"{_what(error, where)} Nothing was changed.") from error


def _what(error: exc.SQLAlchemyError, where: str) -> str:
    reason = _reason(error)
    low = reason.lower()
    if "not a database" in low or "malformed" in low:
        return (
            f"The file {where} is damaged or is no SQLite database ({reason}). Put a backup in its place, or move "
            "it away and apply the plans again: a new one is made, without the past."
        )
    if "unable to open database file" in low:
        return f"The database {where} cannot be opened. Does its folder exist, and may this user write there?"
    if "disk is full" in low or "no space left" in low:
        return f"The disk of the database {where} is full. Make room; what was under way is tried again."
    if "readonly" in low or "permission denied" in low:
        return f"This user may not write to the database {where} ({reason}). Give it the right to."
    if "locked" in low:
        return (
            f"Another process has kept the database {where} locked for too long. `drumbeat doctor` names it."
        )
    if isinstance(error, exc.OperationalError):
        return f"The database {where} cannot be reached ({reason}). Is it running, and is its address right?"
    return f"The database {where} refused ({reason})."


def _reason(error: exc.SQLAlchemyError) -> str:
    origin = getattr(error, "orig", None) or error
    lines = str(origin).strip().splitlines()
    return lines[0] if lines else type(origin).__name__
