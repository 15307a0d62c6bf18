"""The platform `matrix`: one message for each transaction, and found again by the key that it carries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from adapters.keys import digest
from adapters.platforms.matrix.adapter import MatrixAdapter
from adapters.testing.contract import SLOT, Call, PlatformContract, make_post
from adapters.testing.secrecy import SECRET
from adapters.tools import Tools
from engine.domain.errors import Effect, Trouble
from engine.domain.items import ContentItem
from engine.domain.ports import Published
from engine.domain.publication import Post
from engine.domain.workspace import Account
from tests.adapters.conftest import failure
from tests.adapters.local_server import Handler, Server, reset, silent, truncated
from tests.adapters.matrix_server import ROOM, TOKEN, Homeserver

SECRETS = {"access_token": TOKEN}


@pytest.fixture
def homeserver(server: Server) -> Homeserver:
    return Homeserver(server)


@pytest.fixture
def platform(tools: Tools) -> MatrixAdapter:
    return MatrixAdapter(tools)


def at(url: str, **settings: object) -> Account:
    return Account.model_validate(
        {
            "name": "room",
            "platform": "matrix",
            "settings": {"homeserver": url, "room": ROOM, **settings},
            "secrets": {"access_token": "env:MATRIX_TOKEN"},
        }
    )


@pytest.fixture
def account(homeserver: Homeserver) -> Account:
    return at(homeserver.url)


@pytest.fixture
def count(homeserver: Homeserver) -> Callable[[str], int]:
    return homeserver.count


@pytest.fixture
def failures(platform: MatrixAdapter, homeserver: Homeserver, closed_port: int) -> Sequence[Call]:
    revoked = {"access_token": f"{SECRET}-revoked"}
    here = make_post(at(homeserver.url))
    nobody = make_post(at(f"http://127.0.0.1:{closed_port}"))
    strangers = make_post(at(homeserver.url, room="!other:a.example"))
    return [
        partial(platform.publish, here, revoked),
        partial(platform.find, here, revoked),
        partial(platform.prepare, here, revoked),
        partial(platform.publish, nobody, SECRETS),
        partial(platform.find, nobody, SECRETS),
        partial(platform.publish, strangers, SECRETS),
        partial(platform.publish, make_post(at(f"https://{SECRET}@a.example")), SECRETS),
        partial(platform.publish, here, {"access_token": f"{SECRET}\r\nX: y"}),
    ]


class TestContract(PlatformContract):
    """The platform keeps the contract of its seam."""

    @pytest.fixture
    def secrets(self) -> dict[str, str]:
        return SECRETS

    @pytest.fixture
    def slot(self) -> datetime:
        """Give a slot before the time at which the server's clock stands."""
        return SLOT - timedelta(hours=1)


def saying(account: Account, **item: object) -> Post:
    return make_post(account, item=ContentItem.model_validate({"id": "x", **item}))


async def test_a_message_has_text_and_html_and_its_key(
    platform: MatrixAdapter, homeserver: Homeserver, account: Account
) -> None:
    post = saying(account, title="Menu", body="**Big** <b>tacos</b>", link="https://tacos.example")
    published = await platform.publish(post, SECRETS)
    (event,) = homeserver.events
    assert event["content"] == {
        "msgtype": "m.text",
        "body": "**Menu**\n\n**Big** <b>tacos</b>\n\n<https://tacos.example>",
        "format": "org.matrix.custom.html",
        "formatted_body": "<p><strong>Menu</strong></p>\n<p><strong>Big</strong> &lt;b&gt;tacos&lt;/b&gt;</p>\n"
        '<p><a href="https://tacos.example">https://tacos.example</a></p>',
        "drumbeat.key": post.key,
    }
    assert published == Published(
        at=datetime(2026, 1, 5, 8, 0, 1, tzinfo=UTC),
        url="https://matrix.to/#/!tacos:a.example/$0",
        native_id="$0",
    )


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ({"title": "Only a title"}, "Only a title"),
        ({"body": "Only a body"}, "Only a body"),
        ({"link": "https://a.example"}, "<https://a.example>"),
        ({"body": "See https://a.example", "link": "https://a.example"}, "See https://a.example"),
    ],
)
async def test_the_text_repeats_nothing(
    platform: MatrixAdapter, homeserver: Homeserver, account: Account, item: dict[str, object], text: str
) -> None:
    await platform.publish(saying(account, **item), SECRETS)
    assert homeserver.events[0]["content"]["body"] == text


async def test_a_notice_is_one(platform: MatrixAdapter, homeserver: Homeserver) -> None:
    await platform.publish(make_post(at(homeserver.url, notice=True)), SECRETS)
    assert homeserver.events[0]["content"]["msgtype"] == "m.notice"


async def test_another_token_may_double_what_is_sent_so_it_is_looked_for_first(
    platform: MatrixAdapter, homeserver: Homeserver, account: Account
) -> None:
    post, renewed = make_post(account), {"access_token": "another"}
    first = await platform.publish(post, SECRETS)
    assert await platform.find(post, renewed) == first
    await platform.publish(post, renewed)
    assert homeserver.count(post.key) == 2


async def test_the_same_words_of_somebody_else_or_of_another_slot_are_another_message(
    platform: MatrixAdapter, homeserver: Homeserver, account: Account
) -> None:
    post = make_post(account)
    await platform.publish(make_post(account, slot=SLOT + timedelta(minutes=1)), SECRETS)
    homeserver.say({"body": "Carnitas", "drumbeat.key": post.key}, sender="@mallory:a.example")
    assert await platform.find(post, SECRETS) is None


async def test_it_is_found_behind_many_others(
    platform: MatrixAdapter, homeserver: Homeserver, account: Account
) -> None:
    mine = await platform.publish(make_post(account), SECRETS)
    for number in range(350):
        homeserver.say(
            {"body": f"another {number}"}, sender="@ana:a.example" if number % 2 else "@truck:a.example"
        )
    assert await platform.find(make_post(account), SECRETS) == mine


async def test_the_look_ends_an_hour_before_the_slot(
    platform: MatrixAdapter, homeserver: Homeserver, account: Account, server: Server
) -> None:
    for hours in range(300, 0, -1):
        homeserver.say({"body": "old"}, at=int((SLOT - timedelta(hours=hours)).timestamp() * 1000))
    assert await platform.find(make_post(account), SECRETS) is None
    assert sum("/messages" in path for path in server.paths()) == 1


async def test_behind_two_thousand_others_nothing_is_certain(
    platform: MatrixAdapter, homeserver: Homeserver, account: Account
) -> None:
    for _ in range(2001):
        homeserver.say({"body": "another"})
    error = await failure(partial(platform.find, make_post(account), SECRETS))
    assert (error.effect, error.transient) == (Effect.NONE, False)
    assert "Look there yourself" in str(error)


@pytest.mark.parametrize(
    ("link", "trouble"),
    [
        ("https://matrix.to/#/!tacos:a.example/$0?via=a.example", None),
        ("https://matrix.to/#/%21tacos%3Aa.example/%240", None),
        ("https://matrix.to/#/!other:a.example/$0", Trouble.ABSENT),
        ("https://a.example/$0", Trouble.ABSENT),
    ],
)
async def test_a_pasted_link_must_lead_to_a_message_in_the_room(
    platform: MatrixAdapter, homeserver: Homeserver, account: Account, link: str, trouble: Trouble | None
) -> None:
    homeserver.say({"body": "by hand"})
    post = make_post(account, claimed_link=link)
    if trouble is None:
        found = await platform.find(post, SECRETS)
        assert found is not None
        assert found.native_id == "$0"
    else:
        assert (await failure(partial(platform.find, post, SECRETS))).trouble is trouble


async def test_a_pasted_link_to_nothing_is_no_post(platform: MatrixAdapter, account: Account) -> None:
    link = "https://matrix.to/#/!tacos:a.example/$9"
    assert await platform.find(make_post(account, claimed_link=link), SECRETS) is None


def sending(post: Post) -> str:
    return f"/_matrix/client/v3/rooms/%21tacos%3Aa.example/send/m.room.message/{digest(post.key)}"


@pytest.mark.parametrize(
    ("route", "effect", "trouble"),
    [
        (reset, Effect.MAYBE, Trouble.BROKEN),
        (silent, Effect.MAYBE, Trouble.BROKEN),
        (truncated, Effect.MAYBE, Trouble.BROKEN),
        (lambda handler: handler.answer(b"{}", 200, {}), Effect.MAYBE, Trouble.BROKEN),
        (lambda handler: handler.answer(b"", 504, {}), Effect.MAYBE, Trouble.BROKEN),
        (lambda handler: handler.answer(b"", 413, {}), Effect.NONE, Trouble.CONTENT),
    ],
    ids=["reset", "silent", "truncated", "no id", "504", "413"],
)
async def test_a_broken_answer_says_what_it_did(
    platform: MatrixAdapter,
    account: Account,
    server: Server,
    route: Callable[[Handler], None],
    effect: Effect,
    trouble: Trouble,
) -> None:
    post = make_post(account)
    server.add(sending(post), route)
    error = await failure(partial(platform.publish, post, SECRETS))
    assert (error.effect, error.trouble) == (effect, trouble)


@pytest.mark.parametrize("route", [reset, lambda handler: handler.answer(b"{}", 404, {})], ids=["cut", "404"])
async def test_a_message_whose_time_cannot_be_read_was_said_and_is_looked_up(
    platform: MatrixAdapter,
    homeserver: Homeserver,
    account: Account,
    server: Server,
    route: Callable[[Handler], None],
) -> None:
    server.add("/_matrix/client/v3/rooms/%21tacos%3Aa.example/event/%240", route)
    post = make_post(account)
    error = await failure(partial(platform.publish, post, SECRETS))
    assert error.effect is Effect.DONE
    found = await platform.find(post, SECRETS)
    assert found is not None
    assert (found.native_id, homeserver.count(post.key)) == ("$0", 1)


async def test_a_pause_in_milliseconds_is_kept(
    platform: MatrixAdapter, account: Account, server: Server
) -> None:
    post = make_post(account)
    server.say(sending(post), '{"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 2500}', 429)
    for _ in range(2):
        error = await failure(partial(platform.publish, post, SECRETS))
        assert (error.effect, error.transient, error.trouble) == (Effect.NONE, True, Trouble.RATE)
        assert error.retry_after == timedelta(seconds=2.5)
    assert len(server.seen) == 1, "the second call is not made"


async def test_an_encrypted_room_is_refused_before_anything_is_said_in_the_open(
    platform: MatrixAdapter, homeserver: Homeserver, account: Account
) -> None:
    assert await platform.prepare(make_post(account), SECRETS) == make_post(account)
    homeserver.encrypted = True
    error = await failure(partial(platform.prepare, make_post(account), SECRETS))
    assert (error.effect, error.transient, error.trouble) == (Effect.NONE, False, Trouble.FORBIDDEN)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"room": "#tacos:a.example"}, "`room`"),
        ({"room": ""}, "`room`"),
        ({"homeserver": "a.example"}, "`homeserver`"),
    ],
)
def test_a_wrong_setting_is_said_beforehand(
    platform: MatrixAdapter, settings: dict[str, object], words: str
) -> None:
    assert words in " ".join(platform.validate(at("https://a.example", **settings), None))


def test_what_cannot_be_said_is_said_beforehand(platform: MatrixAdapter, account: Account) -> None:
    def found(**item: object) -> str:
        return " ".join(platform.validate(account, ContentItem.model_validate({"id": "x", **item})))

    assert found(body="a" * 29_000) == ""
    assert "shorten it" in found(body="a" * 31_000)
    assert "shorten it" in found(body="🌮" * 8_000)
    assert "has images" in found(body="a", images=[{"file": "a.png"}])
    keyless = account.model_copy(update={"secrets": {}})
    assert any("`access_token` is missing" in each for each in platform.validate(keyless, None))


async def test_the_room_shows_how_many_are_in_it_and_what_we_said(
    platform: MatrixAdapter, homeserver: Homeserver, account: Account
) -> None:
    published = await platform.publish(make_post(account), SECRETS)
    homeserver.say({"body": "not ours"}, sender="@ana:a.example")
    homeserver.say({"body": "by\nhand"})
    assert (await platform.measure(account, None, SECRETS)).values == {"members": 2}
    assert (await platform.measure(account, published, SECRETS)).values == {}
    shown = await platform.history(account, 10, SECRETS)
    assert [each.title for each in shown] == ["by hand", "**Tuesday's menu** Carnitas today. From noon."]
    assert len(await platform.history(account, 1, SECRETS)) == 1
