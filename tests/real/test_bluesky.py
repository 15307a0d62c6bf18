"""The platform `bluesky` on the real server of the AT Protocol."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from adapters.platforms.bluesky.adapter import BlueskyAdapter
from adapters.platforms.bluesky.cid import record_cid
from adapters.platforms.bluesky.tid import record_key
from adapters.testing.contract import SLOT, Call, PlatformContract, make_post
from adapters.testing.secrecy import SECRET
from adapters.tools import Tools
from engine.domain.errors import Effect, PublishError, Trouble
from engine.domain.items import ContentItem, Image
from engine.domain.ports import Published
from engine.domain.publication import Post
from engine.domain.storage import Credential
from engine.domain.workspace import Account
from tests.adapters.bluesky_server import rkey_of
from tests.real.pictures import picture
from tests.real.servers.bluesky import PASSWORD, SIGNING_KEY, Network, Person

SIGNED_WITH = {"app_password": PASSWORD}
_numbers = count(1)


@pytest.fixture
async def tools() -> AsyncIterator[Tools]:
    tools = Tools()
    yield tools
    await tools.http.aclose()


@pytest.fixture
def platform(tools: Tools) -> BlueskyAdapter:
    return BlueskyAdapter(tools)


@pytest.fixture
def person(bluesky_accounts: Network) -> Person:
    return bluesky_accounts.person(f"tacos{next(_numbers)}")


def account_of(person: Person, **settings: Any) -> Account:
    network = person.network
    places = {"service": network.pds, "appview": network.appview or network.pds}
    return Account(
        name="bluesky",
        platform="bluesky",
        settings={"handle": person.handle, **places, "languages": ["en"], **settings},
        secrets={"app_password": "env:BLUESKY"},
    )


@pytest.fixture
def account(person: Person) -> Account:
    return account_of(person)


@pytest.fixture
async def signed_in(platform: BlueskyAdapter, account: Account) -> dict[str, str]:
    return {**SIGNED_WITH, **(await platform.refresh(account, SIGNED_WITH, None)).values}


class TestContract(PlatformContract):
    """The platform keeps the contract of its seam on the real server."""

    @pytest.fixture
    def secrets(self, signed_in: dict[str, str]) -> dict[str, str]:
        return signed_in

    @pytest.fixture
    def count(self, person: Person) -> Callable[[str], int]:
        return lambda key: sum(rkey == rkey_of(key) for rkey in person.records())

    @pytest.fixture
    def failures(
        self, platform: BlueskyAdapter, account: Account, signed_in: dict[str, str]
    ) -> Sequence[Call]:
        long = post_of(account, "x" * 301)
        late = {**signed_in, "access_token": expired(signed_in["access_token"])}
        return [
            partial(platform.publish, long, signed_in),
            partial(platform.publish, make_post(account), late),
            partial(platform.publish, make_post(account), {**signed_in, "access_token": SECRET}),
            partial(platform.refresh, account, {"app_password": f"not {SECRET}"}, None),
            partial(platform.measure, account, None, signed_in),
        ]


def post_of(account: Account, body: str, **item: Any) -> Post:
    return make_post(account, item=ContentItem(id="menu", body=body, **item))


def expired(token: str) -> str:
    """Return the session's token as it will be when it has expired, signed as the server signs."""
    head, claims, _ = token.split(".")
    said = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    late = json.dumps({**said, "exp": int(time.time()) - 10}).encode()
    signed = f"{head}.{base64.urlsafe_b64encode(late).decode().rstrip('=')}"
    digest = hmac.new(SIGNING_KEY.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


async def test_the_record_on_the_server_says_what_we_wrote_with_facets_in_bytes(
    platform: BlueskyAdapter, account: Account, person: Person, signed_in: dict[str, str]
) -> None:
    friend = person.network.person(f"friend{next(_numbers)}")
    body = f"¡Ñandú 👨‍👩‍👧‍👦! [aquí](https://tacos.example/menú) @{friend.handle} @nobody.example #café"
    post = await platform.prepare(post_of(account, body, tags=("menu",)), signed_in)
    published = await platform.publish(post, signed_in)
    assert isinstance(published, Published)
    record = person.records()[record_key(post.key, SLOT)]
    assert record["uri"] == published.native_id
    value = record["value"]
    encoded = value["text"].encode()
    shown = {
        encoded[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode(): facet["features"][0]
        for facet in value["facets"]
    }
    kind = "app.bsky.richtext.facet#"
    assert shown == {
        "aquí": {"$type": f"{kind}link", "uri": "https://tacos.example/menú"},
        f"@{friend.handle}": {"$type": f"{kind}mention", "did": friend.did},
        "#café": {"$type": f"{kind}tag", "tag": "café"},
    }
    assert (value["createdAt"], value["langs"], value["tags"]) == (
        "2026-01-05T08:00:00.000Z",
        ["en"],
        ["menu"],
    )
    assert record["cid"] == record_cid(value)


async def test_the_same_key_with_another_text_stays_as_it_was_published(
    platform: BlueskyAdapter, account: Account, person: Person, signed_in: dict[str, str]
) -> None:
    first = await platform.publish(make_post(account), signed_in)
    other = make_post(account).model_copy(update={"item": ContentItem(id="menu", body="Other")})
    assert await platform.publish(other, signed_in) == first
    (record,) = person.records().values()
    assert record["value"]["text"] == "Carnitas today.\n\nFrom noon."


async def test_a_thread_is_there_whole_in_order_and_once(
    platform: BlueskyAdapter, person: Person, signed_in: dict[str, str]
) -> None:
    body = "This is a sentence about tacos, ¡y más! " * 30
    post = post_of(account_of(person, long_posts="thread"), body)
    first = await platform.publish(post, signed_in)
    with pytest.raises(PublishError) as caught:
        await platform.publish(post, signed_in)
    assert caught.value.effect is Effect.MAYBE
    assert await platform.find(post, signed_in) == first
    records = [record for _, record in sorted(person.records().items())]
    assert " ".join(record["value"]["text"] for record in records) == body.strip()
    assert len(records) == 5
    named = [{"uri": record["uri"], "cid": record["cid"]} for record in records]
    replies = [record["value"].get("reply") for record in records]
    assert replies == [None, *({"root": named[0], "parent": parent} for parent in named[:-1])]


@pytest.mark.parametrize("cluster", ["a", "👨‍👩‍👧‍👦", "🇩🇪", "각", "क्‍ष", "กำ", "1️⃣", "e\u0301"])
async def test_the_server_counts_as_we_do(
    platform: BlueskyAdapter, account: Account, signed_in: dict[str, str], cluster: str
) -> None:
    many = min(300, 3000 // len(cluster.encode()))
    full, over = post_of(account, cluster * many), post_of(account, cluster * (many + 1))
    assert list(platform.validate(account, full.item)) == []
    assert await platform.publish(full, signed_in)
    assert list(platform.validate(account, over.item))
    with pytest.raises(PublishError) as caught:
        await platform.publish(over, signed_in)
    assert (caught.value.effect, caught.value.trouble) == (Effect.NONE, Trouble.CONTENT)
    assert not caught.value.transient


async def test_an_image_is_shown_with_its_words(
    platform: BlueskyAdapter, account: Account, person: Person, signed_in: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "taco.png"
    path.write_bytes(picture("taco", 64))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    image = Image(file=str(path), alt="Un taco 🌮", type="image/png", sha256=digest)
    post = await platform.prepare(post_of(account, "Look", images=(image,)), signed_in)
    assert person.records() == {}, "preparing shows nobody anything"
    await platform.publish(post, signed_in)
    (record,) = person.records().values()
    (shown,) = record["value"]["embed"]["images"]
    assert (shown["alt"], shown["image"]["mimeType"]) == ("Un taco 🌮", "image/png")
    assert shown["image"]["size"] == len(path.read_bytes())


async def test_an_expired_session_did_nothing_and_its_successor_posts(
    platform: BlueskyAdapter, account: Account, person: Person
) -> None:
    first = await platform.refresh(account, SIGNED_WITH, None)
    late = {**first.values, "access_token": expired(first.values["access_token"])}
    with pytest.raises(PublishError, match="session has ended") as caught:
        await platform.publish(make_post(account), late)
    assert (caught.value.effect, caught.value.trouble) == (Effect.NONE, Trouble.CREDENTIAL)
    assert person.records() == {}
    second = await platform.refresh(account, {}, first)
    assert second.expires_at is not None
    assert timedelta(hours=1) < second.expires_at - datetime.now(UTC) <= timedelta(hours=2)
    assert await platform.publish(make_post(account), second.values)


async def test_a_revoked_session_is_followed_by_a_login(
    platform: BlueskyAdapter, account: Account, person: Person
) -> None:
    first = await platform.refresh(account, SIGNED_WITH, None)
    headers = {"Authorization": f"Bearer {first.values['refresh_token']}"}
    await platform._tools.http.client.post(
        f"{person.network.pds}/xrpc/com.atproto.server.deleteSession", headers=headers
    )
    second = await platform.refresh(account, SIGNED_WITH, first)
    assert await platform.publish(make_post(account), second.values)
    with pytest.raises(PublishError, match="app_password") as caught:
        await platform.refresh(account, {}, Credential(values=first.values))
    assert caught.value.effect is Effect.NONE


async def test_too_many_logins_are_told_with_the_end_of_the_window(
    platform: BlueskyAdapter, account: Account
) -> None:
    wrong = {"app_password": "wrong"}
    for _ in range(40):
        with pytest.raises(PublishError) as caught:
            await platform.refresh(account, wrong, None)
        if caught.value.trouble is Trouble.RATE:
            break
    assert caught.value.trouble is Trouble.RATE
    assert caught.value.effect is Effect.NONE
    assert caught.value.retry_after is not None
    assert timedelta(0) < caught.value.retry_after <= timedelta(minutes=5, seconds=1)


async def test_a_server_of_the_network_is_known_as_one(platform: BlueskyAdapter, account: Account) -> None:
    assert (await platform.probe(account, {})).text == 300
