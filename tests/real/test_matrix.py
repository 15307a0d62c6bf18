"""The platform `matrix` on Synapse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from adapters.platforms.matrix.adapter import MatrixAdapter
from adapters.testing.behind_a_proxy import ProxiedContract
from adapters.testing.contract import Call, PlatformContract, make_post
from adapters.testing.proxy import FaultProxy
from adapters.testing.secrecy import SECRET
from adapters.tools import Tools
from engine.domain.errors import Effect, PublishError, Trouble
from engine.domain.items import ContentItem
from engine.domain.workspace import Account
from tests.real.servers.synapse import Synapse


@pytest.fixture
def platform(tools: Tools) -> MatrixAdapter:
    return MatrixAdapter(tools)


def at(url: str, room: str) -> Account:
    references = {"access_token": "env:MATRIX_TOKEN"}
    settings = {"homeserver": url, "room": room}
    return Account.model_validate(
        {"name": "room", "platform": "matrix", "settings": settings, "secrets": references}
    )


@pytest.fixture
def room(homeserver: Synapse) -> str:
    return homeserver.room()


@pytest.fixture
def account(homeserver: Synapse, room: str) -> Account:
    return at(homeserver.url, room)


@pytest.fixture
def secrets(homeserver: Synapse) -> dict[str, str]:
    """A token of its own: transactions are remembered for each."""
    return {"access_token": homeserver.login()}


@pytest.fixture
def count(homeserver: Synapse, room: str) -> Callable[[str], int]:
    return lambda key: sum(event["content"].get("drumbeat.key") == key for event in homeserver.said(room))


@pytest.fixture
def failures(platform: MatrixAdapter, account: Account, homeserver: Synapse) -> Sequence[Call]:
    wrong = {"access_token": f"{SECRET}-revoked"}
    strange = make_post(at(homeserver.url, "!nowhere:localhost"))
    return [
        partial(platform.publish, make_post(account), wrong),
        partial(platform.find, make_post(account), wrong),
        partial(platform.publish, strange, {"access_token": homeserver.token}),
        partial(platform.find, strange, {"access_token": homeserver.token}),
    ]


class TestContract(PlatformContract):
    """The platform keeps the contract of its seam."""

    @pytest.fixture
    def secrets(self, homeserver: Synapse) -> dict[str, str]:
        return {"access_token": homeserver.login()}


class TestBehindAProxy(ProxiedContract):
    """Every fault at every request."""

    @pytest.fixture
    def upstream(self, homeserver: Synapse) -> str:
        return homeserver.url.removeprefix("http://")

    @pytest.fixture
    def account(self, proxy: FaultProxy, room: str) -> Account:
        return at(proxy.url, room)

    @pytest.fixture
    def secrets(self, homeserver: Synapse) -> dict[str, str]:
        return {"access_token": homeserver.token}


async def test_a_token_that_was_revoked_says_so(
    platform: MatrixAdapter, account: Account, homeserver: Synapse
) -> None:
    token = homeserver.login()
    homeserver.call("POST", "/logout", {}, token)
    with pytest.raises(PublishError) as caught:
        await platform.publish(make_post(account), {"access_token": token})
    assert (caught.value.effect, caught.value.trouble) == (Effect.NONE, Trouble.CREDENTIAL)
    assert "M_UNKNOWN_TOKEN" in caught.value.raw


async def test_a_renewed_token_finds_what_the_old_one_sent(
    platform: MatrixAdapter, account: Account, homeserver: Synapse, count: Callable[[str], int]
) -> None:
    post = make_post(account)
    first = await platform.publish(post, {"access_token": homeserver.login()})
    assert await platform.find(post, {"access_token": homeserver.login()}) == first
    assert count(post.key) == 1


async def test_a_text_as_heavy_as_is_let_through_is_taken(
    platform: MatrixAdapter, account: Account, secrets: dict[str, str]
) -> None:
    item = ContentItem(id="heavy", body="<&>🌮 " * 1_900)
    assert list(platform.validate(account, item)) == []
    assert await platform.publish(make_post(account, item=item), secrets)
    heavier = make_post(account, item=ContentItem(id="x", body="a" * 40_000))
    assert list(platform.validate(account, heavier.item)) != []
    with pytest.raises(PublishError) as caught:
        await platform.publish(heavier, secrets)
    assert (caught.value.effect, caught.value.trouble) == (Effect.NONE, Trouble.CONTENT)


async def test_an_encrypted_room_is_refused(
    platform: MatrixAdapter, homeserver: Synapse, secrets: dict[str, str], account: Account
) -> None:
    assert await platform.prepare(make_post(account), secrets) == make_post(account)
    state = [{"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}]
    closed = make_post(at(homeserver.url, homeserver.room(initial_state=state)))
    with pytest.raises(PublishError) as caught:
        await platform.prepare(closed, secrets)
    assert (caught.value.effect, caught.value.trouble) == (Effect.NONE, Trouble.FORBIDDEN)


async def test_it_is_found_behind_a_page_of_others_and_absence_is_certain(
    platform: MatrixAdapter, homeserver: Synapse, account: Account, room: str, secrets: dict[str, str]
) -> None:
    slot = datetime.now(UTC)
    first = await platform.publish(make_post(account, slot=slot), secrets)
    for number in range(101):
        homeserver.call(
            "PUT", f"/rooms/{room}/send/m.room.message/{number}", {"msgtype": "m.text", "body": "x"}
        )
    assert await platform.find(make_post(account, slot=slot), secrets) == first
    assert await platform.find(make_post(account, slot=slot + timedelta(minutes=1)), secrets) is None


async def test_a_pasted_link_and_numbers_and_history(
    platform: MatrixAdapter, account: Account, secrets: dict[str, str]
) -> None:
    published = await platform.publish(make_post(account), secrets)
    assert published is not None
    claimed = make_post(account, claimed_link=published.url)
    assert await platform.find(claimed, secrets) == published
    assert (await platform.measure(account, None, secrets)).values == {"members": 1}
    (seen,) = await platform.history(account, 5, secrets)
    assert (seen.ref, seen.at) == (published.url, published.at)
