"""A stateful fake of Mastodon's interface by another hand; a Mastodon itself cannot be had without the internet."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.real.installing import pip
from tests.real.process import Server, answers, free_port

PINS = {"mastodon-mock": "0.6.0"}
TOKEN = "a-token-of-this-test"
_CONFIG = """
[database]
path = "mock.sqlite3"
[[seed.accounts]]
username = "tacos"
access_token = "{token}"
"""


@dataclass(frozen=True)
class MastodonMock:
    """A running server with the one account `tacos`."""

    url: str
    token: str
    server: Server
    database: Path

    def count(self, key: str) -> int:
        """Return how many posts came under this key. Fails when any post came without a key, or twice under one."""
        with closing(sqlite3.connect(self.database)) as database:
            posts = "select count(*) from statuses"
            keyed = f"{posts} where id in (select status_id from idempotency where key like ?)"
            all_posts, of_any_key, of_this = (
                int(database.execute(query, words).fetchone()[0])
                for query, words in ((posts, ()), (keyed, ("%",)), (keyed, (key,)))
            )
        assert all_posts == of_any_key, "a post came without a key, or twice under one"
        return of_this

    def get(self, path: str, **query: str) -> Any:
        """Return what the server answers to the account."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.get(f"{self.url}{path}", params=query, headers=headers, trust_env=False).json()

    def statuses(self) -> list[dict[str, Any]]:
        """Return what the account posted, newest first, at most 40."""
        me = self.get("/api/v1/accounts/verify_credentials")["id"]
        found: list[dict[str, Any]] = self.get(f"/api/v1/accounts/{me}/statuses", limit="40")
        return found

    def reset(self) -> None:
        """Forget every post and key."""
        httpx.post(f"{self.url}/api/v1/_mock/reset", trust_env=False).raise_for_status()


@contextmanager
def running() -> Iterator[MastodonMock]:
    """Start it in a folder of its own, which is removed afterwards."""
    programs = pip("mastodon-mock", PINS)
    folder = Path(tempfile.mkdtemp(prefix="drumbeat-mastodon-"))
    (folder / "mock.toml").write_text(_CONFIG.format(token=TOKEN), encoding="utf-8")
    port = free_port()
    command: list[str | Path] = [
        programs / "mastodon_mock",
        "serve",
        "--config",
        "mock.toml",
        "--port",
        str(port),
    ]
    server = Server("mastodon-mock", [*command, "--log-level", "warning"], folder=folder)
    try:
        url = f"http://127.0.0.1:{port}"
        server.ready(lambda: answers(f"{url}/api/v2/instance", 200))
        yield MastodonMock(url, TOKEN, server, folder / "mock.sqlite3")
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
