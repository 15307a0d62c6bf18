"""A PostgreSQL server of our own for the tests: started when first asked for, on loopback, gone afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from pwd import getpwnam
from typing import Any

import psycopg
import pytest

from tests.support import eventually

MISSING = (
    "PostgreSQL's server programs (initdb, postgres) are not on this machine; "
    "install the Debian package postgresql (or put its bin folder on PATH) to run these tests"
)
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    # Throw-away data: a power loss may have it.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
}
_schemas = count(1)


def binaries() -> Path | None:
    """Return the folder with `initdb` and `postgres`, or None."""
    folders = [Path(found).parent for name in ("initdb", "postgres") if (found := shutil.which(name))]
    if pg_config := shutil.which("pg_config"):
        said = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        folders.append(Path(said.stdout.strip()))
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((one for one in folders if (one / "initdb").exists() and (one / "postgres").exists()), None)


def _unprivileged() -> dict[str, Any]:
    """Return whom the server runs as: initdb refuses root, so root lends it a user without rights."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    pytest.skip("the tests run as root and there is no user postgres or nobody to run PostgreSQL as")


class Cluster:
    """One server in a folder of its own."""

    def __init__(self, programs: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="drumbeat-pg-"))
        self._identity = _unprivileged()
        if self._identity:
            os.chown(self.folder, self._identity["user"], self._identity["group"])
        self._make(programs)
        with socket.socket() as spare:
            spare.bind(("127.0.0.1", 0))
            self.port = spare.getsockname()[1]
        self._process = self._start(programs)
        try:
            eventually(self._answers, within=30, what="PostgreSQL answers")
        except BaseException:
            self.stop()
            raise

    @property
    def url(self) -> str:
        """Return the address of the server's own database."""
        return f"postgresql://drumbeat@127.0.0.1:{self.port}/postgres"

    def _make(self, programs: Path) -> None:
        command: list[str | Path] = [
            programs / "initdb",
            "--pgdata",
            self.folder / "data",
            "--username",
            "drumbeat",
        ]
        options = ["--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"]
        done = subprocess.run(
            [*command, *options],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            **self._identity,
        )
        assert done.returncode == 0, done.stderr

    def _start(self, programs: Path) -> subprocess.Popen[bytes]:
        settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("wb") as log:
            return subprocess.Popen(
                [programs / "postgres", "-D", self.folder / "data", "-p", str(self.port), *settings],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self._identity,
            )

    def _answers(self) -> bool:
        if self._process.poll() is not None:
            pytest.fail(f"PostgreSQL did not start:\n{(self.folder / 'log').read_text()}")
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    @contextmanager
    def schema(self) -> Iterator[str]:
        """Make an empty schema, yield an address in which it is the only one, drop it."""
        name = f"test_{next(_schemas)}"
        self._run(f"CREATE SCHEMA {name}")
        try:
            yield f"{self.url}?options=-csearch_path%3D{name}"
        finally:
            self._run(f"DROP SCHEMA {name} CASCADE")

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())

    def stop(self) -> None:
        """Stop the server by its process id and remove its folder."""
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """A running PostgreSQL server, one for each test process that asks."""
    programs = binaries()
    if programs is None:
        pytest.skip(MISSING)
    cluster = Cluster(programs)
    yield cluster
    cluster.stop()


@pytest.fixture
def postgres_url(postgres_cluster: Cluster) -> Iterator[str]:
    """The address of an empty PostgreSQL schema."""
    with postgres_cluster.schema() as url:
        yield url
