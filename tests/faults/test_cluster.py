"""The same engine by configuration alone: another Temporal server and PostgreSQL instead of the embedded ones."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from engine.runtime.datadir import DataDirectory
from engine.runtime.embedded import EmbeddedTemporal
from engine.runtime.settings import load_settings
from engine.store import open_store
from tests.faults.engines import DRUMBEAT, READY, ROOT, Program, bare_environment
from tests.faults.evidence import posts_on_disk
from tests.faults.plans import write_plan
from tests.support import eventually

pytestmark = [pytest.mark.fault, pytest.mark.server, pytest.mark.postgres]


@pytest.fixture(scope="module")
def temporal_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Temporal server that no engine of ours has started, with the namespace `team.one`."""
    home = tmp_path_factory.mktemp("temporal") / "home"
    settings = load_settings({}, home=str(home), temporal_namespace="team.one")
    with DataDirectory.open(home) as directory, EmbeddedTemporal(directory, settings) as server:
        yield server.address


def test_a_worker_alone_posts_with_another_server_and_postgresql(
    tmp_path: Path, temporal_address: str, postgres_url: str
) -> None:
    plan = write_plan(tmp_path / "plan", "alone")
    environ = bare_environment(
        tmp_path / "home",
        DRUMBEAT_TEMPORAL_ADDRESS=temporal_address,
        DRUMBEAT_TEMPORAL_NAMESPACE="team.one",
        DRUMBEAT_TASK_QUEUE="alone",
        DRUMBEAT_DATABASE_URL=postgres_url,
    )
    with running(tmp_path, "worker", environ=environ) as worker:
        worker.says("worker ready")
        drumbeat("apply", str(plan), environ=environ)
        it_posts(plan / "site")
        shows("alone", environ)
        assert worker.end() == 0, worker.said()
    assert not (tmp_path / "home" / "drumbeat.db").exists()
    in_postgres(postgres_url, "faults/alone")


def test_up_takes_its_server_from_a_temporal_profile_and_starts_none(
    tmp_path: Path, temporal_address: str, postgres_url: str
) -> None:
    plan = write_plan(tmp_path / "plan", "profiled")
    profiles = tmp_path / "temporal.toml"
    profiles.write_text(
        f'[profile.acme]\naddress = "{temporal_address}"\nnamespace = "team.one"\n', encoding="utf-8"
    )
    environ = bare_environment(
        tmp_path / "home",
        DRUMBEAT_TEMPORAL_PROFILE="acme",
        TEMPORAL_CONFIG_FILE=str(profiles),
        DRUMBEAT_TASK_QUEUE="profiled",
        DRUMBEAT_DATABASE_URL=postgres_url,
    )
    with running(tmp_path, "up", str(plan), environ=environ) as engine:
        engine.says(READY)
        assert "temporal runs" not in engine.said()
        it_posts(plan / "site")
        shows("profiled", environ)
        assert engine.end() == 0, engine.said()
    assert not (tmp_path / "home" / "temporal").exists()
    in_postgres(postgres_url, "faults/profiled")


@contextmanager
def running(place: Path, *words: str, environ: dict[str, str]) -> Iterator[Program]:
    """Run a command that lasts; it is ended whatever the test did."""
    program = Program(place / "log", *words, environ=environ)
    try:
        yield program
    finally:
        program.end()


def drumbeat(*words: str, environ: dict[str, str]) -> str:
    """Run a command to its end and return what it printed."""
    done = subprocess.run(
        [*DRUMBEAT, *words], env=environ, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def it_posts(site: Path) -> None:
    """Wait for three posts."""
    eventually(lambda: len(posts_on_disk(site)) >= 3, within=30, what="three posts")


def shows(name: str, environ: dict[str, str]) -> None:
    """Check that `status`, which reads nothing but the store, knows the strategy, its fed channel and the silent one."""

    def does() -> bool:
        document: dict[str, Any] = json.loads(drumbeat("status", name, "--json", environ=environ))
        (strategy,) = document["strategies"]
        assert strategy["strategy"] == f"faults/{name}"
        # The blog is unknown until its feed has been read once.
        momentum = {channel["name"]: channel["momentum"] for channel in strategy["channels"]}
        assert momentum == {"blog": "steady", "letter": "silent"}
        return True

    eventually(does, within=30, what="status shows both channels", every=0.5)


def in_postgres(url: str, strategy: str) -> None:
    """Check that journal and ledger are in PostgreSQL, and nowhere else."""
    store = open_store(url)
    try:
        told = [entry for _, entry in store.journal(strategy, types=["slot.published"])]
        assert len(told) >= 3
        assert {row.key for row in store.publications(strategy)} >= {str(entry.data["key"]) for entry in told}
    finally:
        store.close()
