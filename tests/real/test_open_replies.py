"""Replies that wait for an answer, as the real AppView and an independent Mastodon show them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from adapters.metrics.bluesky import BlueskySource
from adapters.metrics.mastodon import MastodonSource
from adapters.tools import Tools
from engine.domain.strategy import Metric
from engine.domain.workspace import SourceConfig
from tests.contracts.source_contract import ask
from tests.real.servers.bluesky import Network, Person
from tests.real.servers.mastodon_mock import MastodonMock
from tests.support import eventually

WAITING = Metric(name="waiting", source="us", settings={"measure": "open_replies"})


@pytest.fixture
async def tools() -> AsyncIterator[Tools]:
    tools = Tools()
    yield tools
    await tools.http.aclose()


def says(person: Person, text: str, **record: Any) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return dict(person.does("app.bsky.feed.post", text=text, createdAt=now, **record))


async def test_the_appview_shows_which_replies_wait(tools: Tools, bluesky_network: Network) -> None:
    tacos, guest = bluesky_network.person("taqueria"), bluesky_network.person("miaasks")
    view = SourceConfig(
        name="us",
        kind="bluesky",
        settings={"handle": tacos.handle, "appview": bluesky_network.appview},
    )

    async def waiting() -> list[float]:
        now = datetime.now(UTC) + timedelta(seconds=1)
        reading = await BlueskySource(tools).read(view, ask(view, WAITING), now, {})
        return [sample.value for sample in reading.samples]

    def shown(uri: str, replies: int) -> bool:
        asked = {"uris": uri}
        found = bluesky_network.ask("GET", bluesky_network.appview, "app.bsky.feed.getPosts", params=asked)
        return bool(found["posts"]) and found["posts"][0]["replyCount"] == replies

    first = says(tacos, "Carnitas today")
    second = says(tacos, "From noon", reply={"root": first, "parent": first})
    asked = says(guest, "Vegan?", reply={"root": first, "parent": first})
    says(guest, "Where?", reply={"root": first, "parent": second})
    eventually(lambda: shown(first["uri"], 2) and shown(second["uri"], 1), within=30, every=0.2)
    assert await waiting() == [2]
    answer = says(tacos, "Yes", reply={"root": first, "parent": asked})
    eventually(lambda: shown(asked["uri"], 1), within=30, every=0.2)
    assert await waiting() == [1]
    says(guest, "Great", reply={"root": first, "parent": answer})
    eventually(lambda: shown(answer["uri"], 1), within=30, every=0.2)
    assert await waiting() == [2]


async def test_a_mastodon_shows_which_mentions_wait(tools: Tools, mastodon_mock: MastodonMock) -> None:
    def call(token: str, path: str, **body: str) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = httpx.post(f"{mastodon_mock.url}{path}", data=body, headers=headers, trust_env=False)
        answer.raise_for_status()
        return dict(answer.json())

    guest = {"username": "guest", "email": "guest@tacos.example", "password": "a password of this test"}
    token = call(mastodon_mock.token, "/api/v1/accounts", agreement="true", locale="en", **guest)[
        "access_token"
    ]
    config = SourceConfig(
        name="us",
        kind="mastodon",
        settings={"server": mastodon_mock.url},
        secrets={"access_token": "env:TOKEN"},
    )

    async def waiting() -> list[float]:
        now = datetime.now(UTC) + timedelta(seconds=1)
        secrets = {"access_token": mastodon_mock.token}
        reading = await MastodonSource(tools).read(config, ask(config, WAITING), now, secrets)
        return [sample.value for sample in reading.samples]

    assert await waiting() == [0]
    asked = call(token, "/api/v1/statuses", status="@tacos Vegan?")
    call(token, "/api/v1/statuses", status="@tacos Where?")
    assert await waiting() == [2]
    call(mastodon_mock.token, "/api/v1/statuses", status="@guest Yes", in_reply_to_id=asked["id"])
    assert await waiting() == [1]
