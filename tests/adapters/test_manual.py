"""The platform `manual`: nobody is believed; the pasted link is opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import pytest

from adapters.platforms.manual.adapter import ManualAdapter
from adapters.testing.contract import Call, PlatformContract, make_post
from adapters.testing.secrecy import SECRET
from adapters.tools import Tools
from engine.domain.errors import Effect, PublishError
from engine.domain.publication import Post
from engine.domain.workspace import Account
from tests.adapters.conftest import NOW
from tests.adapters.local_server import Handler, Server, drip, flood, redirect, reset, silent, truncated


@pytest.fixture
def platform(tools: Tools) -> ManualAdapter:
    return ManualAdapter(tools)


@pytest.fixture
def account() -> Account:
    return Account(name="board", platform="manual", settings={"place": "the notice board at the market"})


def claiming(link: str, **settings: object) -> Post:
    place = {"place": "https://a.example/", **settings}
    account = Account.model_validate({"name": "board", "platform": "manual", "settings": place})
    return make_post(account, claimed_link=link)


@pytest.fixture
def count() -> Callable[[str], int]:
    return lambda _key: 0


@pytest.fixture
def failures(platform: ManualAdapter, server: Server, closed_port: int) -> Sequence[Call]:
    server.add("/reset", reset)
    links = [
        f"ftp://a.example/{SECRET}",
        server.url(f"/reset?token={SECRET}", userinfo=f"me:{SECRET}@"),
        f"http://127.0.0.1:{closed_port}/?token={SECRET}",
    ]
    wrong = make_post(Account(name="board", platform="manual", settings={"host": f"https://{SECRET}/"}))
    return [
        partial(platform.publish, wrong, {}),
        *(partial(platform.find, claiming(link), {}) for link in links),
    ]


class TestContract(PlatformContract):
    """The platform keeps the contract of its seam."""


async def test_a_link_that_opens_is_the_post_at_the_time_of_the_look(
    platform: ManualAdapter, server: Server
) -> None:
    link = server.say("/p/1", "there")
    found = await platform.find(claiming(f" {link} "), {})
    assert found is not None
    assert (found.url, found.at) == (link, NOW)


async def test_a_huge_page_is_not_read(platform: ManualAdapter, server: Server) -> None:
    assert await platform.find(claiming(server.add("/p/1", flood)), {})


async def test_a_truncated_page_is_there_all_the_same(platform: ManualAdapter, server: Server) -> None:
    assert await platform.find(claiming(server.add("/p/1", truncated)), {})


async def test_a_server_that_refuses_get_is_asked_for_the_head(
    platform: ManualAdapter, server: Server
) -> None:
    def head_only(handler: Handler) -> None:
        handler.answer(b"", 200 if handler.command == "HEAD" else 405, {})

    assert await platform.find(claiming(server.add("/p/1", head_only)), {})
    assert server.paths() == ["GET /p/1", "HEAD /p/1"]


@pytest.mark.parametrize("status", [404, 410])
async def test_a_link_to_nothing_is_no_post(platform: ManualAdapter, server: Server, status: int) -> None:
    assert await platform.find(claiming(server.say("/p/1", "gone", status)), {}) is None


@pytest.mark.parametrize(
    ("status", "transient"), [(401, False), (403, False), (429, True), (500, True), (503, True)]
)
async def test_a_page_that_does_not_open_is_neither_there_nor_absent(
    platform: ManualAdapter, server: Server, status: int, transient: bool
) -> None:
    with pytest.raises(PublishError, match=str(status)) as caught:
        await platform.find(claiming(server.say("/p/1", "no", status)), {})
    assert (caught.value.effect, caught.value.transient) == (Effect.NONE, transient)


@pytest.mark.parametrize(
    ("route", "transient"),
    [(reset, True), (silent, True), (redirect("/p/1"), False), (redirect("file:///etc/passwd"), False)],
    ids=["reset", "silent", "loop", "file"],
)
async def test_a_broken_answer_leaves_the_question_open(
    platform: ManualAdapter, server: Server, route: Callable[[Handler], None], transient: bool
) -> None:
    with pytest.raises(PublishError, match="could not be verified") as caught:
        await platform.find(claiming(server.add("/p/1", route)), {})
    assert (caught.value.effect, caught.value.transient) == (Effect.NONE, transient)


async def test_a_dripping_page_has_opened(platform: ManualAdapter, server: Server) -> None:
    assert await platform.find(claiming(server.add("/p/1", drip)), {})


@pytest.mark.parametrize(
    "link", ["not a link", "javascript:alert(1)", "file:///etc/passwd", "http://", "//a.example/x"]
)
async def test_what_is_no_web_link_is_refused_without_a_look(platform: ManualAdapter, link: str) -> None:
    with pytest.raises(PublishError, match="Paste the address") as caught:
        await platform.find(claiming(link), {})
    assert not caught.value.transient


async def test_a_link_must_lead_to_the_accounts_host(platform: ManualAdapter, server: Server) -> None:
    link = server.say("/p/1", "there")
    assert await platform.find(claiming(link, host="127.0.0.1"), {})
    with pytest.raises(PublishError, match=r"posts of this account are on a\.example"):
        await platform.find(claiming(link, host="a.example"), {})
    assert len(server.seen) == 1, "a stranger's address is not even opened"


async def test_a_redirect_may_not_lead_away_from_the_host(platform: ManualAdapter, server: Server) -> None:
    away = server.say("/p/2", "there").replace("127.0.0.1", "localhost")
    link = server.add("/p/1", redirect(away))
    assert await platform.find(claiming(link), {})
    with pytest.raises(PublishError, match="posts of this account are on"):
        await platform.find(claiming(link, host="127.0.0.1"), {})


@pytest.mark.parametrize(
    ("link", "fits"),
    [
        ("https://www.instagram.com/p/1", True),
        ("https://INSTAGRAM.com./p/1", True),
        ("https://notinstagram.com/p/1", False),
        ("https://instagram.com.evil.example/p/1", False),
        ("https://instagram.com@evil.example/p/1", False),
    ],
)
async def test_a_host_includes_its_subdomains_and_no_lookalikes(
    platform: ManualAdapter, link: str, fits: bool
) -> None:
    post = claiming(link, host="instagram.com", verify=False)
    if fits:
        assert await platform.find(post, {})
    else:
        with pytest.raises(PublishError, match="posts of this account are on instagram"):
            await platform.find(post, {})


@pytest.mark.parametrize("host", ["https://a.example", "a.example/x", "a.example:80", "", " ", "a b"])
def test_a_host_is_a_host_alone(platform: ManualAdapter, host: str) -> None:
    assert "`host`" in " ".join(platform.validate(claiming("", host=host).account, None))
