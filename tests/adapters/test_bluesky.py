"""The platform `bluesky`: one record for one key, and the truth about every call that fails."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
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
from tests.adapters.bluesky_server import DID, FAR_FUTURE, FRIEND_DID, HANDLE, Bluesky, rkey_of, token
from tests.adapters.local_server import Server, reset, silent

PASSWORD = {"app_password": SECRET}
LONG = "This is a sentence about tacos. " * 30


@pytest.fixture
def platform(tools: Tools) -> BlueskyAdapter:
    return BlueskyAdapter(tools)


@pytest.fixture
def bluesky(server: Server) -> Bluesky:
    return Bluesky(server)


@pytest.fixture
def account(server: Server, bluesky: Bluesky) -> Account:
    address = server.url("")
    settings: dict[str, Any] = {"handle": HANDLE, "service": address, "appview": address, "languages": ["en"]}
    return Account(
        name="bluesky", platform="bluesky", settings=settings, secrets={"app_password": "env:BLUESKY"}
    )


@pytest.fixture
async def signed_in(platform: BlueskyAdapter, account: Account) -> dict[str, str]:
    credential = await platform.refresh(account, PASSWORD, None)
    return {**PASSWORD, **credential.values}


@pytest.fixture
def secrets(signed_in: dict[str, str]) -> dict[str, str]:
    return signed_in


@pytest.fixture
def count(bluesky: Bluesky) -> Callable[[str], int]:
    return lambda key: sum(rkey == rkey_of(key) for rkey in bluesky.records)


@pytest.fixture
def failures(
    platform: BlueskyAdapter,
    account: Account,
    bluesky: Bluesky,
    server: Server,
    secrets: dict[str, str],
    closed_port: int,
) -> Sequence[Call]:
    bluesky.script = ["expired", "invalid", "full"]
    elsewhere = {**secrets, "server": f"http://127.0.0.1:{closed_port}"}
    wrong = with_settings(account, handle=SECRET)
    server.add("/xrpc/com.atproto.repo.getRecord", reset)
    return [
        *[partial(platform.publish, make_post(account), secrets)] * 2,
        partial(platform.publish, make_post(account), PASSWORD),
        partial(platform.publish, make_post(account), elsewhere),
        partial(platform.find, make_post(account), secrets),
        partial(platform.refresh, wrong, PASSWORD, None),
        partial(platform.refresh, account, {"app_password": f"not {SECRET}"}, None),
        partial(platform.refresh, account, {}, None),
        partial(platform.measure, with_settings(account, appview=elsewhere["server"]), None, secrets),
        partial(platform.publish, make_post(account), secrets),
    ]


class TestContract(PlatformContract):
    """The platform keeps the contract of its seam."""

    @pytest.fixture
    def secrets(self, signed_in: dict[str, str]) -> dict[str, str]:
        return signed_in


def with_settings(account: Account, **changes: object) -> Account:
    return account.model_copy(update={"settings": {**account.settings, **changes}})


def post_of(account: Account, body: str, **changes: Any) -> Post:
    return make_post(account, item=ContentItem(id="menu", body=body, **changes))


def only(bluesky: Bluesky) -> dict[str, Any]:
    (record,) = bluesky.records.values()
    return record


async def prepared(platform: BlueskyAdapter, post: Post, secrets: dict[str, str]) -> Post:
    return await platform.prepare(post, secrets)


async def test_a_post_is_a_record_dated_by_its_slot_and_linked_by_the_accounts_permanent_name(
    platform: BlueskyAdapter, account: Account, bluesky: Bluesky, secrets: dict[str, str]
) -> None:
    published = await platform.publish(make_post(account), secrets)
    (rkey,) = bluesky.records
    assert only(bluesky) == {
        "$type": "app.bsky.feed.post",
        "text": "Carnitas today.\n\nFrom noon.",
        "createdAt": "2026-01-05T08:00:00.000Z",
        "langs": ["en"],
        "tags": ["menu"],
    }
    assert published == Published(
        at=SLOT,
        url=f"https://bsky.app/profile/{DID}/post/{rkey}",
        native_id=f"at://{DID}/app.bsky.feed.post/{rkey}",
    )


def test_a_record_key_is_a_tid_of_the_slots_second_and_differs_for_every_key() -> None:
    keys = [record_key(f"team/plan/action/{number}", SLOT) for number in range(2000)]
    assert len(set(keys)) == 2000
    assert all(len(key) == 13 and set(key) <= set("234567abcdefghijklmnopqrstuvwxyz") for key in keys)
    later = [record_key(key, SLOT + timedelta(seconds=1)) for key in keys]
    assert max(keys) < min(later), "keys of a later slot sort after those of an earlier one"
    assert record_key("k", SLOT, 0) < record_key("k", SLOT, 1) < record_key("k", SLOT, 24)


def test_a_records_cid_is_that_which_the_real_server_gave() -> None:
    """Recorded from a real server; `tests/real` compares them for every thread."""
    record = {
        "$type": "app.bsky.feed.post",
        "text": "Ñandú 🌮",
        "createdAt": "2026-01-05T08:00:00.000Z",
    }
    assert record_cid(record) == "bafyreigmzqxz3443uankrxrnpksyjeubmkmahtfprphykpkbqkdjwwt7r4"


@pytest.mark.parametrize("fault", ["cut", "page"])
@pytest.mark.parametrize("body", ["Carnitas today.", LONG])
async def test_a_call_without_a_whole_answer_of_the_protocol_is_doubtful_and_then_found(
    platform: BlueskyAdapter,
    account: Account,
    bluesky: Bluesky,
    secrets: dict[str, str],
    fault: str,
    body: str,
) -> None:
    bluesky.script = [fault]
    post = post_of(with_settings(account, long_posts="thread"), body)
    with pytest.raises(PublishError) as caught:
        await platform.publish(post, secrets)
    assert caught.value.effect is Effect.MAYBE
    found = await platform.find(post, secrets)
    assert found is not None
    assert found.native_id is not None
    assert found.native_id.endswith(record_key(post.key, SLOT))
    assert len(bluesky.records) == (1 if body != LONG else 4)


@pytest.mark.parametrize(
    ("answer", "trouble", "transient", "words"),
    [
        ("expired", Trouble.CREDENTIAL, True, "session has ended"),
        ("invalid", Trouble.CONTENT, False, "refuses this"),
        ("full", Trouble.RATE, True, "no more calls"),
    ],
)
async def test_a_refusal_did_nothing_and_says_of_what_kind_it_is(
    platform: BlueskyAdapter,
    account: Account,
    bluesky: Bluesky,
    secrets: dict[str, str],
    answer: str,
    trouble: Trouble,
    transient: bool,
    words: str,
) -> None:
    bluesky.script = [answer]
    with pytest.raises(PublishError, match=words) as caught:
        await platform.publish(make_post(account), secrets)
    assert (caught.value.effect, caught.value.trouble) == (Effect.NONE, trouble)
    assert caught.value.transient is transient
    assert bluesky.records == {}


async def test_a_full_window_ends_when_its_epoch_says_and_no_call_is_made_before(
    platform: BlueskyAdapter, account: Account, bluesky: Bluesky, server: Server, secrets: dict[str, str]
) -> None:
    bluesky.script = ["full"]
    for _ in range(2):
        with pytest.raises(PublishError) as caught:
            await platform.publish(make_post(account), secrets)
        assert caught.value.retry_after == timedelta(days=1), "the far future, bounded to a day"
    assert sum("putRecord" in path for path in server.paths()) == 1


async def test_a_locked_repository_is_no_proof_of_absence(
    platform: BlueskyAdapter, account: Account, secrets: dict[str, str]
) -> None:
    with pytest.raises(PublishError) as caught:
        await platform.find(make_post(account), {**secrets, "did": "did:plc:locked"})
    assert (caught.value.effect, caught.value.transient) == (Effect.NONE, False)


async def test_a_session_is_the_servers_with_the_tokens_own_end(
    platform: BlueskyAdapter, account: Account, server: Server
) -> None:
    first = await platform.refresh(account, PASSWORD, None)
    assert first.values == {
        "access_token": token("access 1"),
        "refresh_token": token("refresh 1"),
        "did": DID,
        "server": server.url(""),
    }
    assert first.expires_at == datetime.fromtimestamp(FAR_FUTURE, UTC)
    assert SECRET not in repr(first)


async def test_a_session_is_followed_by_its_successor_without_the_password(
    platform: BlueskyAdapter, account: Account, bluesky: Bluesky
) -> None:
    first = await platform.refresh(account, PASSWORD, None)
    second = await platform.refresh(account, {}, first)
    assert second.values["refresh_token"] == token("refresh 2")
    assert (bluesky.logins, bluesky.renewals) == (1, 1)


async def test_a_session_that_the_server_forgot_is_followed_by_a_login(
    platform: BlueskyAdapter, account: Account, bluesky: Bluesky
) -> None:
    forgotten = Credential(values={"refresh_token": token("of another life")})
    credential = await platform.refresh(account, PASSWORD, forgotten)
    assert credential.values["access_token"] == token("access 1")
    assert (bluesky.logins, bluesky.renewals) == (1, 0)


@pytest.mark.parametrize("lost", ["accessJwt", "refreshJwt", "did"])
async def test_a_renewal_that_brings_no_whole_session_replaces_nothing(
    platform: BlueskyAdapter, account: Account, bluesky: Bluesky, lost: str
) -> None:
    first = await platform.refresh(account, PASSWORD, None)
    bluesky.extra = {lost: ""}
    server = bluesky.server
    server.add("/xrpc/com.atproto.server.refreshSession", lambda handler: handler.json(bluesky.session()))
    with pytest.raises(PublishError) as caught:
        await platform.refresh(account, PASSWORD, first)
    assert (caught.value.effect, caught.value.transient) == (Effect.NONE, True)
    assert bluesky.logins == 1, "the kept session may still be good; no login is spent"


async def test_a_renewal_that_is_cut_off_spends_no_login(
    platform: BlueskyAdapter, account: Account, bluesky: Bluesky
) -> None:
    first = await platform.refresh(account, PASSWORD, None)
    bluesky.server.add("/xrpc/com.atproto.server.refreshSession", silent)
    with pytest.raises(PublishError) as caught:
        await platform.refresh(account, PASSWORD, first)
    assert (caught.value.effect, caught.value.transient) == (Effect.NONE, True)
    assert bluesky.logins == 1


@pytest.mark.parametrize(
    ("home", "followed"),
    [
        ("http://home.example", True),
        ("https://home.example/", True),
        ("ftp://home.example", False),
        (7, False),
    ],
)
async def test_calls_go_to_the_server_that_holds_the_account(
    platform: BlueskyAdapter, account: Account, bluesky: Bluesky, server: Server, home: object, followed: bool
) -> None:
    bluesky.extra = {
        "didDoc": {"service": [{"id": "#other"}, {"id": "#atproto_pds", "serviceEndpoint": home}]}
    }
    credential = await platform.refresh(account, PASSWORD, None)
    expected = str(home).rstrip("/") if followed else server.url("")
    assert credential.values["server"] == expected


async def test_an_account_that_is_not_active_is_said_so(
    platform: BlueskyAdapter, account: Account, bluesky: Bluesky
) -> None:
    bluesky.extra = {"active": False, "status": "deactivated"}
    with pytest.raises(PublishError, match=r"not active \(deactivated\)") as caught:
        await platform.refresh(account, PASSWORD, None)
    assert caught.value.trouble is Trouble.CREDENTIAL


async def test_mentions_are_looked_up_before_the_post_and_unknown_ones_stay_plain(
    platform: BlueskyAdapter, account: Account, bluesky: Bluesky, secrets: dict[str, str]
) -> None:
    post = await prepared(platform, post_of(account, "¡Hi @Friend.test and @nobody.test!"), secrets)
    await platform.publish(post, secrets)
    feature = {"$type": "app.bsky.richtext.facet#mention", "did": FRIEND_DID}
    assert only(bluesky)["facets"] == [
        {"index": {"byteStart": 5, "byteEnd": 17}, "features": [feature]},
    ]


async def test_a_lookup_that_fails_stops_the_post_before_anything_happened(
    platform: BlueskyAdapter, account: Account, bluesky: Bluesky, secrets: dict[str, str]
) -> None:
    bluesky.server.add("/xrpc/com.atproto.identity.resolveHandle", reset)
    with pytest.raises(PublishError) as caught:
        await prepared(platform, post_of(account, "Hi @friend.test"), secrets)
    assert (caught.value.effect, caught.value.transient) == (Effect.NONE, True)


@pytest.fixture
def image(tmp_path: Path) -> Image:
    path = tmp_path / "taco.png"
    path.write_bytes(b"\x89PNG taco")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Image(file=str(path), alt="A taco", type="image/png", bytes=9, sha256=digest)


async def test_images_are_uploaded_before_the_post_and_shown_with_their_words(
    platform: BlueskyAdapter, account: Account, bluesky: Bluesky, secrets: dict[str, str], image: Image
) -> None:
    link = "https://tacos.example/menu"
    post = await prepared(platform, post_of(account, "Look", images=(image,), link=link), secrets)
    assert bluesky.records == {}
    assert bluesky.blobs == [b"\x89PNG taco"]
    await platform.publish(post, secrets)
    record = only(bluesky)
    (shown,) = record["embed"]["images"]
    assert record["embed"]["$type"] == "app.bsky.embed.images"
    assert (shown["alt"], shown["image"]["mimeType"]) == ("A taco", "image/png")
    assert record["text"] == f"Look\n\n{link}", "beside images there is no room for the link's card"
    assert record["facets"][0]["features"][0]["uri"] == link


@pytest.mark.parametrize("body", ["With an image", "Hi @friend.test"])
async def test_a_post_that_was_not_prepared_is_not_sent_without_its_images_and_mentions(
    platform: BlueskyAdapter,
    account: Account,
    bluesky: Bluesky,
    secrets: dict[str, str],
    image: Image,
    body: str,
) -> None:
    images = (image,) if "image" in body else ()
    with pytest.raises(PublishError, match="not prepared") as caught:
        await platform.publish(post_of(account, body, images=images), secrets)
    assert caught.value.effect is Effect.NONE
    assert bluesky.records == {}


async def test_a_link_is_shown_as_a_card_with_the_items_title(
    platform: BlueskyAdapter, account: Account, bluesky: Bluesky, secrets: dict[str, str]
) -> None:
    item = ContentItem(id="menu", title="The menu", body="Look", link="https://tacos.example/menu")
    await platform.publish(make_post(account, item=item), secrets)
    assert only(bluesky)["text"] == "Look"
    assert only(bluesky)["embed"] == {
        "$type": "app.bsky.embed.external",
        "external": {"uri": "https://tacos.example/menu", "title": "The menu", "description": ""},
    }


async def test_a_thread_is_written_in_one_call_and_each_post_answers_the_one_before(
    platform: BlueskyAdapter, account: Account, bluesky: Bluesky, server: Server, secrets: dict[str, str]
) -> None:
    post = post_of(with_settings(account, long_posts="thread"), LONG, link="https://tacos.example")
    published = await platform.publish(post, secrets)
    rkeys = sorted(bluesky.records)
    records = [bluesky.records[rkey] for rkey in rkeys]
    uris = [f"at://{DID}/app.bsky.feed.post/{rkey}" for rkey in rkeys]
    assert len(records) == 4
    assert sum("applyWrites" in path for path in server.paths()) == 1
    assert " ".join(record["text"] for record in records) == LONG.strip()
    refs = [{"uri": uri, "cid": record_cid(record)} for uri, record in zip(uris, records, strict=True)]
    assert [record.get("reply") for record in records] == [
        None,
        *({"root": refs[0], "parent": parent} for parent in refs[:-1]),
    ]
    assert ["embed" in record for record in records] == [True, False, False, False]
    assert published is not None
    assert published.native_id == uris[0]


async def test_a_thread_that_is_sent_again_is_a_doubt_that_a_look_settles(
    platform: BlueskyAdapter, account: Account, bluesky: Bluesky, secrets: dict[str, str]
) -> None:
    post = post_of(with_settings(account, long_posts="thread"), LONG)
    first = await platform.publish(post, secrets)
    with pytest.raises(PublishError) as caught:
        await platform.publish(post, secrets)
    assert caught.value.effect is Effect.MAYBE
    assert await platform.find(post, secrets) == first
    assert len(bluesky.records) == 4


@pytest.mark.parametrize("form", ["https://bsky.app/profile/{}/post/{}", "at://{}/app.bsky.feed.post/{}"])
@pytest.mark.parametrize("who", [DID, HANDLE])
async def test_a_pasted_link_is_looked_up(
    platform: BlueskyAdapter, account: Account, secrets: dict[str, str], form: str, who: str
) -> None:
    by_hand = make_post(account, slot=SLOT + timedelta(days=1))
    published = await platform.publish(by_hand, secrets)
    link = form.format(who, record_key(by_hand.key, by_hand.slot))
    assert await platform.find(make_post(account, claimed_link=link), secrets) == published
    assert await platform.find(make_post(account, claimed_link=f"{link}x"), secrets) is None


@pytest.mark.parametrize(
    "link", ["https://bsky.app/profile/other.test/post/3k", "https://tacos.example", "nonsense"]
)
async def test_a_pasted_link_to_somebody_elses_post_is_refused(
    platform: BlueskyAdapter, account: Account, secrets: dict[str, str], link: str
) -> None:
    with pytest.raises(PublishError, match="pasted link") as caught:
        await platform.find(make_post(account, claimed_link=link), secrets)
    assert caught.value.effect is Effect.NONE


def wrong_with(platform: BlueskyAdapter, account: Account, **item: Any) -> str:
    return " ".join(platform.validate(account, ContentItem(id="menu", **item)))


def test_a_text_too_long_is_refused_when_the_plan_is_checked(
    platform: BlueskyAdapter, account: Account
) -> None:
    assert wrong_with(platform, account, body="x" * 300) == ""
    assert "301" in wrong_with(platform, account, body="x" * 301)
    assert "bytes" in wrong_with(platform, account, body="👨‍👩‍👧‍👦" * 121)
    assert wrong_with(platform, account, body=f"[menu](https://a.example/{'x' * 400})") == ""
    thread = with_settings(account, long_posts="thread")
    assert wrong_with(platform, thread, body=LONG) == ""
    assert "more than 25 posts" in wrong_with(platform, thread, body=LONG * 10)
    assert "more than 25 posts" in wrong_with(platform, thread, body="x" * 1_000_000)
    assert wrong_with(platform, thread, body=f"See https://a.example/{'x' * 400}")


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ({"tags": [f"t{number}" for number in range(9)], "body": "x"}, "9 tags"),
        ({"tags": ["x" * 65], "body": "x"}, "longer than 64"),
        ({"link": "tacos.example", "body": "x"}, "whole web address"),
        ({"link": "https://tacos.example/a b", "body": "x"}, "white space"),
        ({"images": [{"file": f"{number}.png"} for number in range(5)], "body": "x"}, "5 images"),
        ({"images": [{"file": "a.png", "bytes": 2_000_001}], "body": "x"}, "2000001 bytes"),
        ({"images": [{"file": "a.svg", "type": "image/svg+xml"}], "body": "x"}, "image/svg"),
    ],
)
def test_what_the_network_does_not_take_is_said_when_the_plan_is_checked(
    platform: BlueskyAdapter, account: Account, item: dict[str, Any], words: str
) -> None:
    assert words in wrong_with(platform, account, **item)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"handle": "tacos"}, "whole handle"),
        ({"handle": "me@tacos.example"}, "whole handle"),
        ({"service": "bsky.social"}, "`service`"),
        ({"service": "https://bsky.social/xrpc"}, "the server alone"),
        ({"languages": ["English"]}, "`languages"),
        ({"long_posts": "cut"}, "`long_posts`"),
        ({"handel": "x"}, "did you mean `handle`?"),
    ],
)
def test_wrong_settings_are_named(
    platform: BlueskyAdapter, account: Account, settings: dict[str, object], words: str
) -> None:
    assert words in " ".join(platform.validate(with_settings(account, **settings), None))


def test_an_account_without_its_password_is_refused_when_the_plan_is_checked(
    platform: BlueskyAdapter, account: Account
) -> None:
    assert "app_password" in " ".join(platform.validate(account.model_copy(update={"secrets": {}}), None))


async def test_the_limits_are_the_networks_and_asked_of_a_server_that_is_one(
    platform: BlueskyAdapter, account: Account, server: Server
) -> None:
    assert await platform.probe(account, {}) == platform.limits(account)
    server.say("/xrpc/com.atproto.server.describeServer", "<html>", 200)
    with pytest.raises(PublishError):
        await platform.probe(account, {})
