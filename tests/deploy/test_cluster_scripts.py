"""The scripts of cluster.yaml, run on a real PostgreSQL and a real Temporal server of our own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text

from engine.runtime.datadir import DataDirectory
from engine.runtime.embedded import EmbeddedTemporal, temporal_binary
from engine.runtime.sealing import seal_of
from engine.runtime.settings import load_settings
from tests.deploy.files import COMPOSE, compose
from tests.postgres import MISSING, Cluster, binaries
from tests.runtime.helpers import temporal

SCRIPTS = COMPOSE / "scripts"
PASSWORD = "of-the-superuser"


def run(script: str, *words: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    command = ["/bin/sh", str(SCRIPTS / script), *(str(word) for word in words)]
    given = {"PATH": os.environ["PATH"], **environ}
    return subprocess.run(command, env=given, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    folder = tmp_path / "secrets"
    done = run("make-secrets.sh", folder)
    assert done.returncode == 0, done.stderr
    return folder


class GuardedCluster(Cluster):
    """A server that asks for passwords, with the superuser that PostgreSQL's image has."""

    @property
    def url(self) -> str:
        return f"postgresql://postgres:{PASSWORD}@127.0.0.1:{self.port}/postgres"

    def _make(self, programs: Path) -> None:
        secret = self.folder / "superuser"
        secret.write_text(PASSWORD, encoding="utf-8")
        options = ["--username", "postgres", "--auth", "scram-sha-256", "--pwfile", str(secret), "--no-sync"]
        subprocess.run(
            [programs / "initdb", "--pgdata", self.folder / "data", "--locale", "C.UTF-8", *options],
            cwd=self.folder,
            capture_output=True,
            check=True,
            **self._identity,
        )


@pytest.fixture(scope="module")
def server() -> Iterator[GuardedCluster]:
    programs = binaries()
    if programs is None:
        pytest.skip(MISSING)
    if shutil.which("psql") is None:
        pytest.skip("PostgreSQL's client psql is not on this machine (Debian package postgresql-client)")
    cluster = GuardedCluster(programs)
    try:
        yield cluster
    finally:
        cluster.stop()


def test_the_secrets_are_different_readable_inside_and_hidden_outside(secrets: Path) -> None:
    names = {"postgres_password", "temporal_password", "drumbeat_password", "pgpass", "session_key"}
    assert {path.name for path in secrets.iterdir()} == names
    used = {Path(one["file"]).name for one in compose("cluster.yaml")["secrets"].values()}
    assert used == names
    passwords = {(secrets / name).read_text(encoding="utf-8") for name in names - {"pgpass", "session_key"}}
    assert len(passwords) == 3
    assert all(len(password) == 48 for password in passwords)
    assert secrets.stat().st_mode & 0o777 == 0o700
    assert (secrets / "pgpass").stat().st_mode & 0o777 == 0o400
    assert (secrets / "session_key").stat().st_mode & 0o777 == 0o400
    settings = load_settings({"DRUMBEAT_SESSION_KEY_FILE": str(secrets / "session_key")})
    assert seal_of(settings).close("acme/sky", {"access": "a"})


def test_secrets_that_are_there_already_are_left_alone(secrets: Path) -> None:
    before = (secrets / "pgpass").read_bytes()
    done = run("make-secrets.sh", secrets)
    assert done.returncode == 1
    assert "nothing was changed" in done.stderr
    assert (secrets / "pgpass").read_bytes() == before


@pytest.mark.postgres
def test_each_user_reaches_its_own_database_with_the_password_from_its_file_and_no_other(
    server: GuardedCluster, secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = {"PGHOST": "127.0.0.1", "PGPORT": str(server.port), "PGPASSWORD": PASSWORD}
    made = run("create-databases.sh", POSTGRES_USER="postgres", SECRETS=str(secrets), **address)
    assert made.returncode == 0, made.stderr
    worker = compose("cluster.yaml")["services"]["worker"]["environment"]
    passfile = secrets / "pgpass"
    # The same file, for the port of this test; the name of the host is looked up nowhere, thanks to hostaddr.
    passfile.chmod(0o600)
    passfile.write_text(
        passfile.read_text(encoding="utf-8").replace(":5432:", f":{server.port}:"), encoding="utf-8"
    )
    monkeypatch.setenv("PGPASSFILE", str(passfile))
    settings = load_settings({"DRUMBEAT_DATABASE_URL": worker["DRUMBEAT_DATABASE_URL"]})
    url = settings.database_url.get_secret_value().replace(":5432/", f":{server.port}/")
    engine = create_engine(f"{url}?hostaddr=127.0.0.1")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE mine (x int)"))
        assert connection.execute(text("SELECT current_user")).scalar() == "drumbeat"
    engine.dispose()
    mine = (secrets / "temporal_password").read_text(encoding="utf-8")
    at = f"host=127.0.0.1 port={server.port} user=temporal password={mine}"
    for database in ("temporal", "temporal_visibility"):
        with psycopg.connect(f"{at} dbname={database}") as opened:
            opened.execute("CREATE TABLE schema_version (x int)")
            # Temporal's visibility schema asks for it.
            if opened.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'btree_gin'").fetchone():
                opened.execute("CREATE EXTENSION btree_gin")
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(f"{at} dbname=drumbeat")


@pytest.mark.server
def test_the_namespace_is_made_once_with_its_retention(tmp_path: Path) -> None:
    given = compose("cluster.yaml")["services"]["temporal-namespace"]["environment"]
    path = f"{temporal_binary().parent}:{os.environ['PATH']}"
    with DataDirectory.open(tmp_path / "home") as home:
        settings = load_settings({}, home=home.path, temporal_namespace="other")
        with EmbeddedTemporal(home, settings) as running:
            environ = {**given, "TEMPORAL_ADDRESS": running.address, "PATH": path, "HOME": str(tmp_path)}
            first = run("temporal-namespace.sh", **environ)
            again = run("temporal-namespace.sh", **environ)
            told = temporal(
                running.address, "operator", "namespace", "describe", "--namespace", given["NAMESPACE"]
            )
    assert first.returncode == 0, first.stderr
    assert again.returncode == 0, again.stderr
    assert "is there" in again.stdout
    assert "2592000s" in told.replace(" ", "") or "720h" in told
