from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from engine.runtime.datadir import EngineRecord, look
from tests.runtime.helpers import namespaces, servers_on, temporal
from tests.support import eventually


class Engine:
    """An engine in a process of its own, as `drumbeat up` runs it."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.process = subprocess.Popen(engine_argv(place), stderr=subprocess.PIPE, text=True)
        assert self.process.stderr
        while "worker runs" not in self.process.stderr.readline():
            assert self.process.poll() is None

    def record(self) -> EngineRecord:
        state = look(self.place)
        assert state.running
        assert state.record
        return state.record

    def end(self, sign: signal.Signals) -> str:
        self.process.send_signal(sign)
        return self.process.communicate(timeout=20)[1]


@pytest.fixture
def engines(tmp_path: Path) -> Iterator[Callable[[], Engine]]:
    """Start engines on one data directory; what a failed test left running is killed."""
    started: list[Engine] = []

    def start() -> Engine:
        started.append(Engine(tmp_path / "home"))
        return started[-1]

    yield start
    for engine in started:
        if engine.process.poll() is None:
            engine.end(signal.SIGKILL)


@pytest.mark.server
@pytest.mark.fault
def test_a_killed_server_is_back_on_its_address_with_its_data(engines: Callable[[], Engine]) -> None:
    engine = engines()
    first = engine.record()
    assert first.address
    temporal(first.address, "operator", "namespace", "create", "--namespace", "made-before")

    psutil.Process(first.processes["temporal"].pid).kill()
    eventually(lambda: engine.record().processes.get("temporal") not in {None, first.processes["temporal"]})
    eventually(lambda: "made-before" in namespaces(str(first.address)))
    assert engine.record().address == first.address
    assert engine.record().processes["worker"] == first.processes["worker"]

    said = engine.end(signal.SIGINT)
    assert engine.process.returncode == 0, said
    assert "temporal died" in said
    assert said.index("stopping worker") < said.index("stopping temporal")
    assert look(engine.place).record is None
    assert not servers_on(engine.place)


@pytest.mark.server
@pytest.mark.fault
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next start stops the orphan")
def test_a_killed_engine_leaves_no_server_behind_and_the_next_goes_on(engines: Callable[[], Engine]) -> None:
    killed = engines()
    first = killed.record()
    assert first.address
    temporal(first.address, "operator", "namespace", "create", "--namespace", "made-before")
    killed.end(signal.SIGKILL)
    eventually(lambda: not servers_on(killed.place), within=5)
    assert look(killed.place).stale

    following = engines()
    assert following.record().address == first.address
    assert "made-before" in namespaces(first.address)
    following.end(signal.SIGTERM)
    assert following.process.returncode == 0


@pytest.mark.server
def test_a_second_engine_on_the_same_directory_refuses_and_the_first_goes_on(
    engines: Callable[[], Engine],
) -> None:
    first = engines()
    before = first.record()
    second = subprocess.run(engine_argv(first.place), capture_output=True, text=True, timeout=20, check=False)
    assert second.returncode == 1
    assert f"pid {first.process.pid}" in second.stderr
    assert first.record() == before
    first.end(signal.SIGTERM)
    assert first.process.returncode == 0


def engine_argv(place: Path) -> list[str]:
    return [sys.executable, "-m", "tests.runtime.run_engine", str(place)]
