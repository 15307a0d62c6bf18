from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from engine.runtime.datadir import DataDirectory
from engine.runtime.embedded import EmbeddedTemporal
from engine.runtime.settings import load_settings
from tests.deploy.files import DEPLOY, ROOT
from tests.runtime.helpers import temporal
from tests.support import eventually

SCRIPT = DEPLOY / "backup.py"


def back_up(*words: str | Path, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("DRUMBEAT_")}
    if home is not None:
        environ["DRUMBEAT_HOME"] = str(home)
    command = [sys.executable, "-I", str(SCRIPT), *(str(word) for word in words)]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)


def made(done: subprocess.CompletedProcess[str]) -> Path:
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


def write_pairs(path: Path, stop: threading.Event) -> None:
    """Write rows in pairs, each pair in one transaction, until told to stop."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE entry (pair INTEGER, half TEXT)")
        pair = 0
        while not stop.is_set():
            with connection:
                connection.executemany("INSERT INTO entry VALUES (?, ?)", [(pair, "a"), (pair, "b")])
            pair += 1


@contextmanager
def busy_store(path: Path) -> Iterator[None]:
    stop = threading.Event()
    writer = threading.Thread(target=write_pairs, args=(path, stop))
    writer.start()
    try:
        eventually(lambda: counted(path) > 200, what="the writer writes")
        yield
    finally:
        stop.set()
        writer.join()


def counted(path: Path) -> int:
    if not path.exists():
        return 0
    try:
        with closing(sqlite3.connect(path)) as connection:
            return int(connection.execute("SELECT count(*) FROM entry").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def test_a_database_is_copied_whole_while_it_is_written(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with busy_store(home / "drumbeat.db"):
        before = counted(home / "drumbeat.db")
        copy = made(back_up(tmp_path / "kept", "--home", home))
        after = counted(home / "drumbeat.db")
    assert [path.name for path in copy.iterdir()] == ["drumbeat.db"]
    with closing(sqlite3.connect(copy / "drumbeat.db")) as connection:
        halves = connection.execute("SELECT pair, count(*) FROM entry GROUP BY pair").fetchall()
        assert {count for _, count in halves} == {2}
        assert before <= 2 * len(halves) <= after
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_nobody_else_may_read_a_backup(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "temporal").mkdir(parents=True)
    for name in ("drumbeat.db", "temporal/temporal.db"):
        with closing(sqlite3.connect(home / name)) as connection:
            connection.execute("CREATE TABLE x (y)")
    copy = made(back_up(tmp_path / "kept", home=home))
    assert re.fullmatch(r"drumbeat-\d{8}T\d{6}Z", copy.name)
    modes = {str(path.relative_to(copy)): path.stat().st_mode & 0o777 for path in copy.rglob("*")}
    assert modes == {"drumbeat.db": 0o600, "temporal": 0o700, "temporal/temporal.db": 0o600}
    assert copy.stat().st_mode & 0o777 == 0o700


def test_a_folder_without_databases_is_told_of_and_no_backup_is_left_that_looks_like_one(
    tmp_path: Path,
) -> None:
    done = back_up(tmp_path / "kept", home=tmp_path / "nothing")
    assert done.returncode == 1
    assert "no database" in done.stderr
    assert "DRUMBEAT_HOME" in done.stderr
    assert not (tmp_path / "kept").exists()


def test_a_damaged_database_gives_no_backup(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with closing(sqlite3.connect(home / "drumbeat.db")) as connection, connection:
        connection.execute("CREATE TABLE x (y)")
        connection.executemany("INSERT INTO x VALUES (?)", [("z" * 500,)] * 200)
    with (home / "drumbeat.db").open("r+b") as file:
        file.seek(3 * 4096)
        file.write(b"\xff" * 4096)
    done = back_up(tmp_path / "kept", home=home)
    assert done.returncode == 1
    assert "No backup was made" in done.stderr
    assert list((tmp_path / "kept").iterdir()) == []


@contextmanager
def running(home: Path) -> Iterator[EmbeddedTemporal]:
    with (
        DataDirectory.open(home) as directory,
        EmbeddedTemporal(directory, load_settings({}, home=home)) as server,
    ):
        yield server


@pytest.mark.server
def test_a_running_engine_is_backed_up_and_restored_as_the_how_to_says(tmp_path: Path) -> None:
    home, restored = tmp_path / "home", tmp_path / "restored"
    words = ("--type=x", "--task-queue=q", "--workflow-id=kept")
    with running(home) as server:
        temporal(server.address, "workflow", "start", "--namespace", "drumbeat", *words)
        copy = made(back_up(tmp_path / "kept", home=home))
        temporal(server.address, "workflow", "terminate", "--namespace", "drumbeat", "--workflow-id=kept")
    shutil.copytree(copy, restored)
    with running(restored) as server:
        told = temporal(
            server.address,
            "workflow",
            "describe",
            "--namespace",
            "drumbeat",
            "--workflow-id=kept",
            "--output=json",
        )
    state = json.loads(told)["workflowExecutionInfo"]["status"]
    assert state == "WORKFLOW_EXECUTION_STATUS_RUNNING", "it was terminated only after the backup"


def test_the_how_to_names_every_file_that_is_copied() -> None:
    text = (ROOT / "docs" / "how-to" / "backup.md").read_text(encoding="utf-8")
    for name in ("temporal/temporal.db", "drumbeat.db"):
        assert f'"{name}"' in SCRIPT.read_text(encoding="utf-8")
        assert f"`{name}`" in text
