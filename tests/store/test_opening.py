"""Opening a store: schemas old, new, strange and broken, and addresses that are wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from engine.domain.errors import EngineError
from engine.domain.storage import Store
from engine.store import SqlStore, open_store, tables
from engine.store.database import Database
from engine.store.dialects import make_engine
from engine.store.migrate import HEAD, VERSION_TABLE, _config, upgrade
from tests.contracts.store_records import NAME, T0, row, sample


def _run(url: str, *statements: str) -> None:
    database = Database(make_engine(sa.make_url(url)))
    with database.write() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    database.engine.dispose()


def _differs(context: MigrationContext, _found: object, _column: object, found: Any, wanted: Any) -> bool:
    # SQLAlchemy calls PostgreSQL's unbounded text VARCHAR; to the server it is the same.
    names = [str(each.compile(context.dialect)).replace("VARCHAR", "TEXT") for each in (found, wanted)]
    return names[0] != names[1]


def test_the_scripts_make_exactly_the_tables_that_the_code_uses(store: SqlStore) -> None:
    with store._database.read() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_type": _differs}
        )
        assert compare_metadata(context, tables.metadata) == []


def test_the_schema_that_the_code_expects_is_the_newest_script() -> None:
    assert ScriptDirectory.from_config(_config()).get_current_head() == HEAD


def test_a_store_of_the_first_schema_is_upgraded_with_all_it_holds(url: str) -> None:
    database = Database(make_engine(sa.make_url(url)))
    with database.write() as connection:
        upgrade(connection, "0001")
    database.engine.dispose()
    old = dict(row().model_dump(), updated_at=0, state='{"b": 1, "a": [2]}', view="{}")
    names = ", ".join(old)
    values = ", ".join(f"'{value}'" for value in old.values())
    _run(url, f"INSERT INTO strategies ({names}) VALUES ({values})")
    with pytest.raises(EngineError, match=r"schema 0001, older than this version.*drumbeat up"):
        open_store(url, migrate=False)
    opened = open_store(url)
    assert opened.strategy(NAME).state == {"a": [2], "b": 1}
    assert opened.health()["schema"] == HEAD
    opened.close()


def test_sqlite_needs_no_driver_of_postgresql() -> None:
    script = (
        "import sys; from engine.store import open_store; open_store('sqlite://').close();"
        "sys.exit('psycopg' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_store_opened_again_holds_what_it_held(url: str) -> None:
    first: Store = open_store(url)
    first.record(row(), [], T0)
    first.close()
    again = open_store(url, migrate=False)
    assert again.strategy(NAME) == row()
    again.close()


def test_a_database_newer_than_the_code_is_left_alone_and_named(url: str) -> None:
    open_store(url).close()
    _run(url, f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    for migrate in (True, False):
        with pytest.raises(EngineError, match=r"schema 9999.*newer one wrote it.*not touched"):
            open_store(url, migrate=migrate)


def test_a_reader_does_not_make_a_schema(url: str) -> None:
    with pytest.raises(EngineError, match="`drumbeat up`"):
        open_store(url, migrate=False)
    if url.startswith("sqlite"):
        assert not Path(url.removeprefix("sqlite:///")).exists()


def test_a_database_of_somebody_else_is_not_touched(url: str) -> None:
    _run(url, "CREATE TABLE customers (id integer)")
    with pytest.raises(EngineError, match=r"not Drumbeat's.*customers.*empty database"):
        open_store(url)
    engine = make_engine(sa.make_url(url))
    assert sa.inspect(engine).get_table_names() == ["customers"]
    engine.dispose()


@pytest.mark.parametrize("migrate", [True, False])
def test_a_file_that_is_no_database_is_named_with_what_to_do(tmp_path: Path, *, migrate: bool) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(b"This is a letter to my aunt, not a database. " * 100)
    with pytest.raises(EngineError, match=r"store\.db is damaged or is no SQLite database.*backup"):
        open_store(f"sqlite:///{path}", migrate=migrate)
    assert path.read_bytes().startswith(b"This is a letter")


def test_a_damaged_file_is_found_by_health(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = open_store(f"sqlite:///{path}")
    store.add_samples(NAME, [sample(n, hours=n) for n in range(20000)])
    store.close()
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(os.urandom(64 * 1024))
    again = open_store(f"sqlite:///{path}")
    with pytest.raises(EngineError, match="damaged"):
        again.health()
    again.close()


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"nowhere/store\.db cannot be opened.*folder"):
        open_store(f"sqlite:///{tmp_path}/nowhere/store.db")


@pytest.mark.parametrize("url", ["mysql://u:geheim@host/db", "no address geheim", "postgres//geheim"])
def test_an_address_that_is_not_understood_is_an_error_without_its_password(url: str) -> None:
    with pytest.raises(EngineError, match="postgresql://user@host/database") as caught:
        open_store(url)
    assert "geheim" not in str(caught.value)


def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(EngineError, match=r"127\.0\.0\.1:1/db cannot be reached.*Is it running") as caught:
        open_store("postgresql://ann:geheim@127.0.0.1:1/db")
    assert "geheim" not in str(caught.value)


@pytest.mark.postgres
def test_the_short_name_of_postgresql_is_understood(postgres_url: str) -> None:
    store = open_store(postgres_url.replace("postgresql://", "postgres://"))
    assert store.health()["dialect"] == "postgresql"
    store.close()


def test_a_store_in_memory_lives_as_long_as_it_is_open() -> None:
    store = open_store("sqlite://")
    store.record(row(), [], T0)
    assert store.strategy(NAME) == row()
    store.close()


def test_a_sqlite_file_is_safe_against_a_power_loss_and_lets_readers_in(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    with store._database.read() as connection:
        told = {
            pragma: connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one()
            for pragma in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
        samples = connection.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE name = 'samples'"
        ).scalar_one()
    assert "WITHOUT ROWID" in samples
    assert told == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30000}
    store.close()
    assert [path.name for path in tmp_path.iterdir()] == ["store.db"]


def test_health_says_what_doctor_shows(store: SqlStore) -> None:
    store.record(row(), [], T0)
    health = store.health()
    assert health["dialect"] in {"sqlite", "postgresql"}
    assert health["schema"] == health["expected_schema"] == HEAD
    assert health["bytes"] > 0
    assert health["rows"]["strategies"] == 1
    assert set(health["rows"]) == set(tables.metadata.tables)


def test_a_store_that_is_up_to_date_opens_without_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    open_store(url).close()
    program = f"import sys; from engine.store import open_store; open_store({url!r}); print('alembic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
