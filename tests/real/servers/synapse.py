"""Synapse, the reference homeserver of Matrix, on SQLite, with one account that is in one room."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.real.installing import pip
from tests.real.process import Server, answers, free_port

PINS = {"matrix-synapse": "1.163.0"}
NAME, PASSWORD = "truck", "a password of this test"
_CONFIG = """
server_name: "localhost"
pid_file: {folder}/pid
listeners:
  - {{port: {port}, type: http, tls: false, bind_addresses: ["127.0.0.1"], resources: [{{names: [client]}}]}}
database: {{name: sqlite3, args: {{database: "{folder}/homeserver.db"}}}}
log_config: "{folder}/log.yaml"
media_store_path: {folder}/media
signing_key_path: "{folder}/signing.key"
registration_shared_secret: "of this test"
report_stats: false
trusted_key_servers: []
rc_message: {{per_second: 1000, burst_count: 1000}}
rc_room_creation: {{per_second: 1000, burst_count: 1000}}
rc_login: {{address: {{per_second: 1000, burst_count: 1000}}, account: {{per_second: 1000, burst_count: 1000}}}}
"""
_LOGGING = "version: 1\ndisable_existing_loggers: false\nroot: {level: WARNING, handlers: [out]}\n"
_LOGGING += "handlers: {out: {class: logging.StreamHandler}}\n"


@dataclass(frozen=True)
class Synapse:
    """A running homeserver, and the token of its account."""

    url: str
    token: str
    server: Server

    def call(self, method: str, path: str, body: object = None, token: str = "") -> dict[str, Any]:
        """Call the client interface with the account's token, or with another one."""
        headers = {"Authorization": f"Bearer {token or self.token}"}
        url = f"{self.url}/_matrix/client/v3{path}"
        answer = httpx.request(method, url, json=body, headers=headers, trust_env=False)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def room(self, **options: object) -> str:
        """Make a room and return its id."""
        return str(self.call("POST", "/createRoom", options)["room_id"])

    def said(self, room: str) -> list[dict[str, Any]]:
        """Return the newest messages of a room, newest first."""
        chunk = self.call("GET", f"/rooms/{room}/messages?dir=b&limit=500")["chunk"]
        return [event for event in chunk if event["type"] == "m.room.message"]

    def login(self) -> str:
        """Return another token of the account."""
        return _login(self.url)


@contextmanager
def running() -> Iterator[Synapse]:
    """Start it in a folder of its own, which is removed afterwards."""
    programs = pip("synapse", PINS)
    folder = Path(tempfile.mkdtemp(prefix="drumbeat-synapse-"))
    port = free_port()
    (folder / "log.yaml").write_text(_LOGGING, encoding="utf-8")
    (folder / "homeserver.yaml").write_text(_CONFIG.format(folder=folder, port=port), encoding="utf-8")
    python = programs / "python"
    synapse: list[str | Path] = [python, "-m", "synapse.app.homeserver", "-c", folder / "homeserver.yaml"]
    subprocess.run([*synapse, "--generate-keys"], cwd=folder, check=True, capture_output=True)
    server = Server("synapse", synapse, folder=folder)
    try:
        url = f"http://127.0.0.1:{port}"
        server.ready(lambda: answers(f"{url}/_matrix/client/versions", 200))
        register: list[str | Path] = [
            programs / "register_new_matrix_user",
            "-c",
            folder / "homeserver.yaml",
            "--no-admin",
        ]
        subprocess.run(
            [*register, "-u", NAME, "-p", PASSWORD, url], cwd=folder, check=True, capture_output=True
        )
        yield Synapse(url, _login(url), server)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _login(url: str) -> str:
    who = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": NAME},
        "password": PASSWORD,
    }
    answer = httpx.post(f"{url}/_matrix/client/v3/login", json=who, trust_env=False)
    return str(answer.raise_for_status().json()["access_token"])
