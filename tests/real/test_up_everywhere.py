"""`drumbeat up` with channels on Mastodon, Matrix, mail and a webhook at once, whose worker is killed meanwhile."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from adapters.keys import digest
from adapters.signing import message_id
from engine.domain.storage import Store
from tests.adapters import local_server, mail_server
from tests.adapters.mail_server import MailServer
from tests.adapters.webhook_receiver import SECRETS, Receiver
from tests.faults.engines import Engine
from tests.real.servers.mastodon_mock import MastodonMock
from tests.real.servers.synapse import Synapse
from tests.support import eventually

pytestmark = [pytest.mark.server, pytest.mark.timeout(400)]
PLACES = ("toots", "room", "letter", "hook")


@contextmanager
def mailing() -> Iterator[MailServer]:
    """Run the mail server in a thread, because the test itself waits."""
    loop, server = asyncio.new_event_loop(), mail_server.running()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(20)
    finally:
        asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture
def mails() -> Iterator[MailServer]:
    with mailing() as server:
        yield server


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with local_server.running() as server:
        yield Receiver(server)


@pytest.fixture
def accounts(
    mastodon_mock: MastodonMock, homeserver: Synapse, room: str, mails: MailServer, receiver: Receiver
) -> dict[str, dict[str, Any]]:
    letter = {"host": "127.0.0.1", "port": mails.port, "security": "none", "sender": "truck@tacos.example"}
    return {
        "toots": {
            "platform": "mastodon",
            "settings": {"server": mastodon_mock.url},
            "secrets": {"access_token": "env:MASTODON_TOKEN"},
        },
        "room": {
            "platform": "matrix",
            "settings": {"homeserver": homeserver.url, "room": room},
            "secrets": {"access_token": "env:MATRIX_TOKEN"},
        },
        "letter": {"platform": "email", "settings": {**letter, "to": ["ana@tacos.example"]}},
        "hook": {
            "platform": "webhook",
            "settings": {"url": receiver.url, "find_url": receiver.find_url},
            "secrets": {"signing_key": "env:HOOK_KEY", "authorization": "env:HOOK_LOGIN"},
        },
    }


@pytest.fixture
def room(homeserver: Synapse) -> str:
    return homeserver.room()


@pytest.fixture
def engine(
    tmp_path: Path, accounts: dict[str, dict[str, Any]], mastodon_mock: MastodonMock, homeserver: Synapse
) -> Iterator[Engine]:
    schedule = {"every": "4s", "misfire": {"grace": "5m", "then": "ask", "catch_up": "all"}}
    item = {"id": "menu", "title": "Menu {number}", "body": "Number {number} of {date} {time}"}
    people: list[dict[str, Any]] = [{"name": "ana"}]
    workspace = {
        "name": "team",
        "people": people,
        "accounts": [{"name": n, **a} for n, a in accounts.items()],
    }
    strategy = {
        "name": "everywhere",
        "workspace": "team",
        "owner": "ana",
        "channels": [{"name": name, "account": name} for name in PLACES],
        "actions": [
            {
                "name": name,
                "channel": name,
                "schedule": schedule,
                "content": {"repeat": True, "items": [item]},
            }
            for name in PLACES
        ],
    }
    plan = tmp_path / "plan"
    plan.mkdir()
    documents = [{"apiVersion": "drumbeat/v1", "kind": "Workspace", **workspace}]
    documents.append({"apiVersion": "drumbeat/v1", "kind": "Strategy", **strategy})
    (plan / "plan.yaml").write_text(yaml.safe_dump_all(documents, sort_keys=False), encoding="utf-8")
    environ = {
        "MASTODON_TOKEN": mastodon_mock.token,
        "MATRIX_TOKEN": homeserver.token,
        "HOOK_KEY": SECRETS["signing_key"],
        "HOOK_LOGIN": SECRETS["authorization"],
    }
    started = Engine(tmp_path, plan, **environ)
    yield started
    started.clear_up()


def published(store: Store) -> dict[str, list[str]]:
    """Return the keys of what was published, by action."""
    found: dict[str, list[str]] = {name: [] for name in PLACES}
    for _, entry in store.journal(types=["slot.published"], limit=10_000):
        key = str(entry.data["key"])
        found[key.split("/")[2]].append(key)
    return found


def test_every_slot_is_there_once_though_the_worker_is_killed(
    engine: Engine,
    mastodon_mock: MastodonMock,
    homeserver: Synapse,
    room: str,
    mails: MailServer,
    receiver: Receiver,
) -> None:
    engine.ready()
    store = engine.store()

    def fewest() -> int:
        return min(len(keys) for keys in published(store).values())

    try:
        eventually(lambda: fewest() >= 2, within=120, what="two posts everywhere")
        engine.kill("worker")
        before = fewest()
        eventually(
            lambda: fewest() >= before + 3, within=180, what="posts everywhere after the worker was killed"
        )
        assert engine.program.end() == 0
        keys = published(store)
        unknown = Counter(entry.subject for _, entry in store.journal(types=["slot.unknown"], limit=10_000))
    finally:
        store.close()
    assert all(len(each) == len(set(each)) for each in keys.values())
    assert [key for key in keys["toots"] if mastodon_mock.count(digest(key)) != 1] == []
    said = Counter(event["content"].get("drumbeat.key") for event in homeserver.said(room))
    assert [key for key in keys["room"] if said[key] != 1] == []
    assert set(said.values()) == {1}
    mailed = Counter(str(each.mail["Message-ID"]) for each in mails.taken)
    assert [key for key in keys["letter"] if mailed[f"<{digest(key)}@tacos.example>"] != 1] == []
    assert set(mailed.values()) == {1}
    assert [key for key in keys["hook"] if message_id(key) not in receiver.kept] == []
    assert all(subject.startswith("letter") for subject in unknown), "only a mail cannot be looked for"
    log = engine.log.read_text(encoding="utf-8")
    assert [secret for secret in (homeserver.token, *SECRETS.values()) if secret in log] == []
