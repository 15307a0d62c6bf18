"""Bring a database to the schema of this version, on open, whoever comes first."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from engine.domain.errors import EngineError
from engine.store import dialects
from engine.store.database import Database

if TYPE_CHECKING:
    from alembic.config import Config

# Known without importing Alembic, so that a store which is up to date opens fast; a test holds it to the scripts.
HEAD = "0004"
VERSION_TABLE = "drumbeat_schema"
SCRIPTS = Path(__file__).parent / "migrations"
# Alembic keeps its context in a module, so that two threads would mix theirs up.
_one_at_a_time = threading.Lock()


def ensure_schema(database: Database, *, migrate: bool) -> None:
    """Check the schema; with `migrate`, make or upgrade it. Raises EngineError when it cannot be used.

    Processes that start together wait for each other: all scripts run in one transaction, which begins by taking
    SQLite's write lock or an advisory lock of PostgreSQL.
    """
    path = dialects.sqlite_file(database.engine.url)
    if not migrate and path is not None and not path.exists():
        raise EngineError(f"There is no store at {path} yet. `drumbeat up` or `drumbeat apply` makes it.")
    with database.read() as connection:
        found = current(connection)
    if found == HEAD:
        return
    if not migrate and found is not None and found in _known():
        raise EngineError(
            f"The database {database.place} is at schema {found}, older than this version ({HEAD}). "
            "`drumbeat up` upgrades it; make a backup first."
        )
    if not migrate and found is None:
        raise EngineError(f"The database {database.place} holds no store yet. `drumbeat up` makes it.")
    _upgrade(database)


def current(connection: sa.Connection) -> str | None:
    """Return the schema's revision, None when the database is empty. Raises EngineError when it is not ours."""
    inspector = sa.inspect(connection)
    if inspector.has_table(VERSION_TABLE):
        version = sa.table(VERSION_TABLE, sa.column("version_num"))
        found = connection.execute(sa.select(version.c.version_num)).scalar_one_or_none()
        return None if found is None else str(found)
    others = inspector.get_table_names()
    if others:
        raise EngineError(
            f"The database is not Drumbeat's: it holds {len(others)} other tables ({', '.join(others[:3])} …). It was "
            "not touched. Give Drumbeat an empty database, or an empty schema of its own."
        )
    return None


def _upgrade(database: Database) -> None:
    with _one_at_a_time:
        dialects.use_wal(database.engine)
        with database.write() as connection:
            dialects.take_turn(connection, "schema")
            # Again, because another process may have been faster.
            found = current(connection)
            if found is not None and found not in _known():
                raise EngineError(
                    f"The database {database.place} is at schema {found}, which this version of Drumbeat (schema "
                    f"{HEAD}) does not know: a newer one wrote it. It was not touched. Install that version again, "
                    "or restore a backup from before."
                )
            if found != HEAD:
                upgrade(connection)


def upgrade(connection: sa.Connection, revision: str = "head") -> None:
    """Run the missing scripts in the transaction of this connection."""
    from alembic import command  # noqa: PLC0415 - slow, and needed once in a database's life

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _config() -> Config:
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    return config


def _known() -> frozenset[str]:
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    return frozenset(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())
