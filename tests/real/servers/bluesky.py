"""The real servers of the AT Protocol: the one that holds accounts (PDS), and with it the one that counts (AppView)."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.real.installing import debian, npm_ci
from tests.real.process import Server, free_port

LOCK = Path(__file__).parent / "atproto"
REDIS = {"redis-server": "5:7.0.", "redis-tools": "5:7.0."}
PASSWORD = "hunter2-Zq8"  # the one that `adapters.testing.secrecy` looks for
# How the development servers sign their sessions; a test makes one that has expired with it.
SIGNING_KEY = "jwt-secret"
_POST = "app.bsky.feed.post"
_SLOW = 240


@dataclass(frozen=True)
class Person:
    """Somebody with an account, who uses it by other means than Drumbeat."""

    network: Network
    handle: str
    did: str
    token: str

    def call(self, method: str, **body: Any) -> Any:
        """Call a procedure of the server and return its answer."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.network.ask("POST", self.network.pds, method, headers=headers, json=body)

    def records(self) -> dict[str, dict[str, Any]]:
        """Return this person's posts by record key."""
        asked = {"repo": self.did, "collection": _POST, "limit": 100}
        found = self.network.ask("GET", self.network.pds, "com.atproto.repo.listRecords", params=asked)
        return {record["uri"].rpartition("/")[2]: record for record in found["records"]}

    def does(self, collection: str, **record: Any) -> Any:
        """Create a record such as a like; return its address."""
        record = {"$type": collection, "createdAt": "2026-01-06T09:00:00.000Z", **record}
        made = self.call("com.atproto.repo.createRecord", repo=self.did, collection=collection, record=record)
        return {"uri": made["uri"], "cid": made["cid"]}


@dataclass(frozen=True)
class Network:
    """Running servers; `appview` is empty where nobody counts."""

    pds: str
    appview: str
    server: Server

    def person(self, name: str) -> Person:
        """Make an account."""
        body = {"email": f"{name}@mail.test", "handle": f"{name}.test", "password": PASSWORD}
        # The suite makes more accounts than a server lets one address make; the key is that of `servers.cjs`.
        past = {"x-ratelimit-bypass": "accounts"}
        made = self.ask("POST", self.pds, "com.atproto.server.createAccount", json=body, headers=past)
        return Person(self, made["handle"], made["did"], made["accessJwt"])

    def answer(self, base: str, method: str, **asked: str) -> httpx.Response:
        """Ask something that may be refused."""
        return httpx.get(f"{base}/xrpc/{method}", params=asked, trust_env=False, timeout=60)

    def ask(self, verb: str, base: str, method: str, **options: Any) -> Any:
        """Call a method, which must succeed."""
        answer = httpx.request(verb, f"{base}/xrpc/{method}", trust_env=False, timeout=60, **options)
        assert answer.is_success, f"{method} answered {answer.status_code}: {answer.text}"
        return answer.json()


@contextmanager
def accounts_only() -> Iterator[Network]:
    """Start the server that holds accounts; it keeps everything in a folder that is removed afterwards."""
    with _folder() as folder, _running(folder, {}) as (server, ports):
        yield Network(f"http://localhost:{ports['PDS_PORT']}", "", server)


@contextmanager
def with_appview(postgres_url: str) -> Iterator[Network]:
    """Start it together with the server that counts, which needs PostgreSQL and Redis."""
    with _folder() as folder, _redis(folder) as redis:
        databases = {"DB_POSTGRES_URL": postgres_url, "DB_POSTGRES_SCHEMA": "drumbeat", "REDIS_HOST": redis}
        with _running(folder, databases) as (server, ports):
            pds, appview = (f"http://localhost:{ports[name]}" for name in ("PDS_PORT", "APPVIEW_PORT"))
            yield Network(pds, appview, server)


@contextmanager
def _running(folder: Path, databases: Mapping[str, str]) -> Iterator[tuple[Server, dict[str, int]]]:
    modules = npm_ci("bluesky", LOCK) / "node_modules"
    ports = {name: free_port() for name in ("PLC_PORT", "PDS_PORT", "APPVIEW_PORT", "OZONE_PORT")}
    environ = {"NODE_PATH": str(modules), "TMPDIR": str(folder), **databases}
    environ |= {name: str(port) for name, port in ports.items()}
    server = Server("bluesky", ["node", LOCK / "servers.cjs"], folder=folder, environ=environ)
    try:
        server.ready(lambda: "ready" in server.said().splitlines(), within=_SLOW)
        yield server, ports
    finally:
        server.stop()


@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    root, port = debian("redis", REDIS), free_port()
    libraries = {"LD_LIBRARY_PATH": os.pathsep.join(map(str, (root / "usr/lib").glob("*-linux-gnu")))}
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    server = Server("redis", [root / "usr/bin/redis-server", *options], folder=folder, environ=libraries)
    try:
        server.ready(lambda: "Ready to accept connections" in server.said())
        yield f"127.0.0.1:{port}"
    finally:
        server.stop()


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="drumbeat-bluesky-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
