from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from engine.runtime.datadir import DataDirectory, DirectoryInUseError, EngineRecord, look
from engine.runtime.processes import command_line, is_alive
from tests.support import eventually

HOLD = """
import sys, pathlib
from engine.runtime.datadir import DataDirectory
home = DataDirectory.open(pathlib.Path(sys.argv[1]))
home.publish(address="127.0.0.1:20001")
print("held", flush=True)
sys.stdin.read()
home.close()
"""
WAIT = "import sys; sys.stdin.read()"


def holder(home: Path) -> subprocess.Popen[bytes]:
    argv = [sys.executable, "-c", HOLD, str(home)]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout
    assert process.stdout.readline() == b"held\n"
    return process


def end(process: subprocess.Popen[bytes]) -> None:
    process.communicate(timeout=10)


def test_the_directory_is_for_its_owner_only(tmp_path: Path) -> None:
    home = tmp_path / "deep" / "home"
    with DataDirectory.open(home) as directory:
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        assert stat.S_IMODE(directory.temporal.stat().st_mode) == 0o700
        assert stat.S_IMODE((home / "engine.json").stat().st_mode) == 0o600


def test_the_mode_of_a_directory_with_other_things_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text("")
    tmp_path.chmod(0o755)
    with DataDirectory.open(tmp_path):
        assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_a_second_engine_is_refused_and_told_who_the_first_is_and_what_to_do(tmp_path: Path) -> None:
    first = holder(tmp_path)
    with pytest.raises(DirectoryInUseError) as caught:
        DataDirectory.open(tmp_path)
    for word in (f"pid {first.pid}", f"kill {first.pid}", str(tmp_path), "DRUMBEAT_HOME"):
        assert word in str(caught.value)
    assert look(tmp_path).running
    end(first)
    DataDirectory.open(tmp_path).close()


def test_two_in_one_process_are_refused_too(tmp_path: Path) -> None:
    with DataDirectory.open(tmp_path), pytest.raises(DirectoryInUseError, match=str(os.getpid())):
        DataDirectory.open(tmp_path)


def test_other_commands_find_the_running_engine(tmp_path: Path) -> None:
    assert look(tmp_path).record is None
    with DataDirectory.open(tmp_path) as home:
        home.publish(address="127.0.0.1:20001", ui_address="http://127.0.0.1:20002")
        home.publish(pids={"me": os.getpid()})
        state = look(tmp_path)
        assert (state.running, state.stale) == (True, False)
        assert state.record == home.record
    told = home.record
    assert (told.address, told.ui_address, told.pid) == (
        "127.0.0.1:20001",
        "http://127.0.0.1:20002",
        os.getpid(),
    )
    assert told.processes["me"].command == command_line(os.getpid())
    after = look(tmp_path)
    assert (after.running, after.stale, after.record) == (False, False, None)


def test_the_record_of_a_killed_engine_is_stale_and_the_next_start_replaces_it(tmp_path: Path) -> None:
    first = holder(tmp_path)
    first.send_signal(signal.SIGKILL)
    end(first)
    state = look(tmp_path)
    assert (state.running, state.stale) == (False, True)
    assert state.record
    assert state.record.pid == first.pid
    with DataDirectory.open(tmp_path) as home:
        assert home.record.address is None
        now = look(tmp_path)
        assert now.running
        assert now.record == home.record
        assert home.record.pid == os.getpid()


def test_a_reused_pid_does_not_make_a_dead_engine_alive(tmp_path: Path) -> None:
    with DataDirectory.open(tmp_path) as home:
        record = home.record
    (tmp_path / "engine.json").write_text(record.model_dump_json())  # our own pid is alive, the lock is free
    assert look(tmp_path).stale


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": "x"}'])
def test_a_damaged_record_is_no_engine_and_no_obstacle(tmp_path: Path, content: str) -> None:
    (tmp_path / "engine.json").write_text(content)
    assert not look(tmp_path).running
    with DataDirectory.open(tmp_path):
        assert look(tmp_path).running


def left_behind(home: Path, *, as_if: str | None = None) -> subprocess.Popen[bytes]:
    """Start a process that a killed engine's record names as its child."""
    process = subprocess.Popen([sys.executable, "-c", WAIT], stdin=subprocess.PIPE)
    eventually(lambda: WAIT in command_line(process.pid))
    with DataDirectory.open(home) as directory:
        directory.publish(pids={"worker": process.pid})
        record = directory.record
    if as_if:
        child = record.processes["worker"].model_copy(update={"command": as_if})
        record = record.model_copy(update={"processes": {"worker": child}})
    (home / "engine.json").write_text(record.model_dump_json())
    return process


def test_a_child_that_outlived_its_killed_engine_is_stopped_by_the_next(tmp_path: Path) -> None:
    orphan = left_behind(tmp_path)
    with DataDirectory.open(tmp_path):
        assert not is_alive(orphan.pid)
    assert orphan.wait(10) == -signal.SIGTERM
    end(orphan)


def test_a_process_that_only_has_the_same_pid_is_left_alone(tmp_path: Path) -> None:
    stranger = left_behind(tmp_path, as_if="python -m engine.cli.main worker")
    with DataDirectory.open(tmp_path):
        assert is_alive(stranger.pid)
    end(stranger)
    assert stranger.returncode == 0


def test_a_record_survives_its_own_format(tmp_path: Path) -> None:
    with DataDirectory.open(tmp_path) as home:
        assert EngineRecord.model_validate_json(home.record.model_dump_json()) == home.record
        assert home.record.version
        assert home.record.started_at.utcoffset() is not None
