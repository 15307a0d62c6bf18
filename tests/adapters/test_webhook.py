"""The platform `webhook`: signed deliveries, and the truth about each doubt according to what the receiver promises."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from adapters.platforms import webhook
from adapters.platforms.webhook.adapter import WebhookAdapter, payload
from adapters.signing import message_id
from adapters.testing.contract import SLOT, Call, PlatformContract, make_post
from adapters.testing.secrecy import SECRET
from adapters.tools import Tools
from engine.domain.errors import Effect, PublishError, Trouble
from engine.domain.items import ContentItem
from engine.domain.ports import Accepted, Published
from engine.domain.publication import Post
from engine.domain.workspace import Account
from tests.adapters.conftest import NOW
from tests.adapters.local_server import Handler, Server, redirect, reset, silent, truncated
from tests.adapters.webhook_receiver import KEY, SECRETS, Receiver, hook

FOLDER = Path(webhook.__file__).parent


@pytest.fixture
def receiver(server: Server) -> Receiver:
    return Receiver(server)


@pytest.fixture
def platform(tools: Tools) -> WebhookAdapter:
    return WebhookAdapter(tools)


@pytest.fixture
def account(receiver: Receiver) -> Account:
    return hook(url=receiver.url, find_url=receiver.find_url)


@pytest.fixture
def secrets() -> dict[str, str]:
    return SECRETS


@pytest.fixture
def count(receiver: Receiver) -> Callable[[str], int]:
    return lambda key: int(message_id(key) in receiver.kept)


@pytest.fixture
def failures(platform: WebhookAdapter, server: Server, closed_port: int) -> Sequence[Call]:
    echo = server.say("/no", json.dumps({"error": f"bad header Bearer {SECRET}"}), 400)
    broken = [echo, server.add("/cut", reset), f"http://127.0.0.1:{closed_port}/?t={SECRET}"]
    hidden = make_post(hook().model_copy(update={"secrets": {"url": "env:U", "signing_key": "env:K"}}))
    return [
        *(partial(platform.publish, make_post(hook(url=url)), SECRETS) for url in broken),
        *(partial(platform.find, make_post(hook(url=url, find_url=url)), SECRETS) for url in broken),
        partial(platform.publish, hidden, {**SECRETS, "url": server.url(f"/{SECRET}")}),
        partial(platform.publish, make_post(hook(url=echo)), {"signing_key": f"whsec_{SECRET}"}),
        partial(platform.publish, make_post(hook(url=echo)), {"signing_key": SECRET[:10]}),
    ]


class TestContract(PlatformContract):
    """The platform keeps the contract of its seam."""

    @pytest.fixture
    def secrets(self) -> dict[str, str]:
        return SECRETS


async def failure(
    platform: WebhookAdapter, post: Post, secrets: dict[str, str] | None = None
) -> PublishError:
    with pytest.raises(PublishError) as caught:
        await platform.publish(post, secrets or SECRETS)
    return caught.value


def test_the_same_post_is_the_same_bytes_and_says_everything() -> None:
    item = ContentItem(id="menu", title="Menu", body="¡ándale! 🌮", tags=("a",), link="https://tacos.example")
    post = make_post(hook(), item=item)
    assert payload(post) == payload(make_post(hook(), item=item))
    document = json.loads(payload(post))
    assert document["type"] == "drumbeat.post"
    assert document["timestamp"] == "2026-01-05T08:00:00+00:00"
    assert document["data"] == {
        "key": post.key,
        "strategy": "team/taco-truck",
        "action": "tuesdays",
        "kind": "create",
        "channel": "blog",
        "slot": SLOT.isoformat(),
        "item": "menu",
        "title": "Menu",
        "body": "¡ándale! 🌮",
        "tags": ["a"],
        "link": "https://tacos.example",
    }


async def test_a_delivery_that_was_taken_is_asked_for_until_it_is_done(
    platform: WebhookAdapter, account: Account, receiver: Receiver
) -> None:
    post, receiver.working = make_post(account), 3
    taken = await platform.publish(post, SECRETS)
    assert taken == Accepted(native_id=message_id(post.key), look_after=timedelta(seconds=7))
    assert await platform.check(post, taken.native_id, SECRETS) == taken
    with pytest.raises(PublishError, match="still works") as caught:
        await platform.find(post, SECRETS)
    assert (caught.value.transient, caught.value.retry_after) == (True, timedelta(seconds=7))
    done = await platform.check(post, taken.native_id, SECRETS)
    assert isinstance(done, Published)
    assert done.url == "https://shop.example/1"
    receiver.kept.clear()
    assert await platform.check(post, taken.native_id, SECRETS) is None


@pytest.mark.parametrize(("named", "seconds"), [("0", 1), ("3600", 60), ("soon", 5), ("", 5)])
async def test_a_receiver_is_left_alone_for_as_long_as_it_says_within_bounds(
    platform: WebhookAdapter, server: Server, named: str, seconds: int
) -> None:
    url = server.say("/slow", "", 202, Retry_After=named)
    taken = await platform.publish(make_post(hook(url=url, find_url=url)), SECRETS)
    assert isinstance(taken, Accepted)
    assert taken.look_after == timedelta(seconds=seconds)


async def test_a_receiver_that_cannot_be_asked_is_done_when_it_takes_a_delivery(
    platform: WebhookAdapter, server: Server
) -> None:
    url = server.say("/slow", "", 202)
    assert isinstance(await platform.publish(make_post(hook(url=url)), SECRETS), Published)


async def test_the_receiver_of_the_readme_verifies_what_we_send(
    platform: WebhookAdapter, account: Account, server: Server
) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (FOLDER / "README.md").read_text(), re.DOTALL)
    receiver: dict[str, Any] = {}
    exec(code, receiver)
    await platform.publish(make_post(account), SECRETS)
    (_, _, headers, body) = server.seen[0]
    receiver["time"] = SimpleNamespace(time=NOW.timestamp)
    assert receiver["verified"](KEY, headers, body)
    assert not receiver["verified"](KEY, headers, body + b" ")
    assert not receiver["verified"](b"another key of ours", headers, body)
    receiver["time"] = SimpleNamespace(time=lambda: NOW.timestamp() + 301)
    assert not receiver["verified"](KEY, headers, body), "it is a replay"


async def test_a_plain_key_signs_as_it_stands(platform: WebhookAdapter, account: Account) -> None:
    assert await platform.publish(make_post(account), {**SECRETS, "signing_key": KEY.decode()})


@pytest.mark.parametrize("key", ["", "short", "whsec_", "whsec_not*base64", "whsec_c2hvcnQ="])
async def test_a_key_that_is_missing_or_could_be_guessed_sends_nothing(
    platform: WebhookAdapter, account: Account, server: Server, key: str
) -> None:
    error = await failure(platform, make_post(account), {**SECRETS, "signing_key": key})
    assert (error.effect, error.transient, error.trouble) == (Effect.NONE, False, Trouble.SETTINGS)
    assert server.seen == []


async def test_an_answer_without_words_is_a_delivery_all_the_same(
    platform: WebhookAdapter, server: Server
) -> None:
    for path, route in {"/cut": truncated, "/odd": redirect("", 204)}.items():
        published = await platform.publish(make_post(hook(url=server.add(path, route))), SECRETS)
        assert isinstance(published, Published)
        assert (published.at, published.url) == (NOW, None)


@pytest.mark.parametrize("said", ['{"url": 7, "at": "yesterday"}', '["https://a.example"]', "<p>thanks"])
async def test_an_odd_answer_breaks_nothing(platform: WebhookAdapter, server: Server, said: str) -> None:
    published = await platform.publish(make_post(hook(url=server.say("/hook", said))), SECRETS)
    assert isinstance(published, Published)
    assert (published.at, published.url) == (NOW, None)


@pytest.mark.parametrize("page", ["<!DOCTYPE html><p>Please log in", "\n<html lang='en'>"])
async def test_a_page_for_people_in_the_place_of_an_answer_is_doubtful(
    platform: WebhookAdapter, server: Server, page: str
) -> None:
    error = await failure(platform, make_post(hook(url=server.say("/hook", page))))
    assert (error.effect, error.trouble) == (Effect.MAYBE, Trouble.BROKEN)


@pytest.mark.parametrize("deduplicates", [True, False])
async def test_a_conflict_is_a_delivery_only_where_the_receiver_deduplicates(
    platform: WebhookAdapter, server: Server, deduplicates: bool
) -> None:
    post = make_post(hook(url=server.say("/hook", "{}", 409), deduplicates=deduplicates))
    if deduplicates:
        assert await platform.publish(post, SECRETS)
    else:
        assert (await failure(platform, post)).effect is Effect.NONE


@pytest.mark.parametrize("route", [reset, silent])
async def test_a_cut_connection_is_doubtful(
    platform: WebhookAdapter, server: Server, route: Callable[[Handler], None]
) -> None:
    error = await failure(platform, make_post(hook(url=server.add("/hook", route))))
    assert error.effect is Effect.MAYBE


async def test_a_doubt_is_sent_again_to_a_receiver_that_deduplicates(
    platform: WebhookAdapter, receiver: Receiver, server: Server
) -> None:
    post = make_post(hook(url=receiver.url, deduplicates=True))
    first = await platform.publish(post, SECRETS)
    assert await platform.find(post, SECRETS) is None, "it may be sent again"
    assert await platform.publish(post, SECRETS) == first
    assert len(receiver.kept) == 1
    assert server.paths() == ["POST /hook"] * 2, "nothing is asked"


async def test_nobody_claims_an_absence_that_nothing_proves(
    platform: WebhookAdapter, receiver: Receiver
) -> None:
    with pytest.raises(PublishError, match="Look there yourself") as caught:
        await platform.find(make_post(hook(url=receiver.url)), SECRETS)
    assert (caught.value.effect, caught.value.transient) == (Effect.NONE, False)


@pytest.mark.parametrize("said", ["<html>everything is found here", '{"id": "another"}', "{}"])
async def test_a_page_that_names_no_delivery_proves_nothing(
    platform: WebhookAdapter, server: Server, said: str
) -> None:
    with pytest.raises(PublishError, match="proves nothing") as caught:
        await platform.find(make_post(hook(url=server.url("/"), find_url=server.say("/find", said))), SECRETS)
    assert not caught.value.transient


async def test_a_search_that_is_down_is_asked_again_later(platform: WebhookAdapter, server: Server) -> None:
    post = make_post(hook(url=server.url("/"), find_url=server.say("/find", "{}", 503)))
    with pytest.raises(PublishError, match="503") as caught:
        await platform.find(post, SECRETS)
    assert (caught.value.effect, caught.value.transient) == (Effect.NONE, True)


async def test_the_parameters_of_find_url_are_kept(
    platform: WebhookAdapter, receiver: Receiver, server: Server
) -> None:
    post = make_post(hook(url=receiver.url, find_url=f"{receiver.find_url}?shop=7"))
    assert await platform.find(post, SECRETS) is None
    assert server.paths() == [f"GET /find?shop=7&id={message_id(post.key)}"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"url": "ftp://a.example"}, "`url`"),
        ({"url": f"https://me:{SECRET}@a.example"}, "user name, password"),
        ({"url": None}, "`url`"),
        ({"url": "https://a.example", "find_url": "not an address"}, "`find_url`"),
    ],
)
def test_a_wrong_address_is_said_beforehand(
    platform: WebhookAdapter, changes: dict[str, object], words: str
) -> None:
    found = " ".join(platform.validate(hook(**changes), None))
    assert words in found
    assert SECRET not in found


def test_a_missing_key_and_images_are_said_beforehand(platform: WebhookAdapter, account: Account) -> None:
    keyless = account.model_copy(update={"secrets": {}})
    assert any("`signing_key` is missing" in each for each in platform.validate(keyless, None))
    pictured = ContentItem.model_validate({"id": "x", "body": "x", "images": [{"file": "a.png"}]})
    assert any("has images" in each for each in platform.validate(account, pictured))


def test_an_address_from_the_secrets_needs_no_setting(platform: WebhookAdapter) -> None:
    secret = hook().model_copy(update={"secrets": {"url": "env:U", "signing_key": "env:K"}})
    assert list(platform.validate(secret, None)) == []
