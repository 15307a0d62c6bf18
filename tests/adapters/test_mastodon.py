"""The platform `mastodon`: keys for an hour, looks by text, and no absence claimed where it is not certain."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from adapters.platforms.mastodon.adapter import MastodonAdapter
from adapters.platforms.mastodon.text import likeness, status_text, text_of
from adapters.testing.contract import SLOT, Call, PlatformContract, make_post
from adapters.testing.secrecy import SECRET
from adapters.tools import Tools
from engine.domain.errors import Effect, Trouble
from engine.domain.items import ContentItem, Image
from engine.domain.ports import Published
from engine.domain.publication import Post
from engine.domain.roles import Limits
from engine.domain.workspace import Account
from tests.adapters.conftest import NOW, failure
from tests.adapters.local_server import Handler, Server, redirect, reset, silent, truncated
from tests.adapters.mastodon_server import TOKEN, Mastodon, rendered

SECRETS = {"access_token": TOKEN}
TEXT = "Carnitas today.\n\nFrom noon.\n\n#menu"


@pytest.fixture
def mastodon(server: Server) -> Mastodon:
    return Mastodon(server)


@pytest.fixture
def platform(tools: Tools) -> MastodonAdapter:
    return MastodonAdapter(tools)


@pytest.fixture
def account(mastodon: Mastodon) -> Account:
    return at(mastodon.url)


def at(url: str, **settings: object) -> Account:
    return Account.model_validate(
        {
            "name": "tacos",
            "platform": "mastodon",
            "settings": {"server": url, **settings},
            "secrets": {"access_token": "env:MASTODON_TOKEN"},
        }
    )


@pytest.fixture
def count(mastodon: Mastodon) -> Callable[[str], int]:
    def counted(key: str) -> int:
        kept = mastodon.keys.get(hashlib.sha256(key.encode()).hexdigest()[:32])
        return mastodon.statuses.count(kept) if kept else 0

    return counted


@pytest.fixture
def failures(
    platform: MastodonAdapter, server: Server, closed_port: int, mastodon: Mastodon
) -> Sequence[Call]:
    revoked = {"access_token": f"{SECRET}-revoked"}
    unsendable = {"access_token": f"{SECRET}\nX-More: 1"}
    gone = make_post(at(f"http://127.0.0.1:{closed_port}"))
    here = make_post(at(mastodon.url))
    return [
        partial(platform.publish, here, revoked),
        partial(platform.find, here, revoked),
        partial(platform.publish, here, unsendable),
        partial(platform.publish, gone, SECRETS),
        partial(platform.find, gone, SECRETS),
        partial(platform.publish, make_post(at(f"https://{SECRET}@a.example")), SECRETS),
        partial(platform.measure, here.account, None, revoked),
        partial(platform.history, here.account, 5, revoked),
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


def saying(account: Account, body: str, **changes: object) -> Post:
    return make_post(account, item=ContentItem.model_validate({"id": "x", "body": body, **changes}))


async def test_a_post_says_its_settings_and_comes_back_with_its_link(
    platform: MastodonAdapter, mastodon: Mastodon
) -> None:
    account = at(mastodon.url, visibility="unlisted", language="es")
    published = await platform.publish(make_post(account), SECRETS)
    (status,) = mastodon.statuses
    assert status["asked"] == {"status": TEXT, "visibility": "unlisted", "language": "es", "media_ids": []}
    assert published == Published(
        at=datetime(2026, 1, 5, 8, 0, 1, tzinfo=UTC), url=f"{mastodon.url}/@tacos/100", native_id="100"
    )


async def test_a_server_that_ignores_keys_doubles_what_is_sent_twice_so_it_is_looked_for_first(
    platform: MastodonAdapter, mastodon: Mastodon, account: Account
) -> None:
    mastodon.honours_keys = False
    assert not platform.capabilities.idempotent
    first = await platform.publish(make_post(account), SECRETS)
    assert await platform.find(make_post(account), SECRETS) == first
    await platform.publish(make_post(account), SECRETS)
    assert mastodon.count(TEXT) == 2


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ({"title": "Only a title"}, "Only a title"),
        ({"title": "Unused", "body": "Body"}, "Body"),
        ({"body": "See [our menu](https://a.example/m_(1)) or <https://b.example>."}, "See our menu (https://a.example/m_(1)) or https://b.example."),
        ({"body": "Body", "link": "https://a.example"}, "Body\n\nhttps://a.example"),
        ({"body": "Go https://a.example", "link": "https://a.example"}, "Go https://a.example"),
        ({"body": "Hot #salsa", "tags": ["salsa", "taco tuesday", "#Verde", "!"]}, "Hot #salsa\n\n#TacoTuesday #Verde"),
        ({"body": "a\r\n\r\n\r\n\r\nb\x00"}, "a\n\nb"),
    ],
)  # fmt: skip
def test_the_text_is_plain_and_repeats_nothing(item: dict[str, object], text: str) -> None:
    assert status_text(ContentItem.model_validate({"id": "x", **item})) == text


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        "¡Ándale! 🌮🌶️ 5 < 6 & 7 > 2 — “quoted”",
        "See https://tacos.example/a/very/long/address/that/is/shortened?in=the&middle=1 now",
        "With @ana@social.example and @bo, too",
        "أهلا 你好 नमस्ते\nline\n\nparagraph",
    ],
)
def test_a_text_is_known_again_in_its_html(text: str) -> None:
    assert likeness(text_of(rendered(text))) == likeness(text) != ""


@pytest.mark.parametrize(
    ("one", "other"), [("Sale today", "Sale tomorrow"), ("🌮", "🌶️"), ("5 €", "5 $"), ("a1", "a2"), ("a", "á")]
)
def test_different_posts_are_different(one: str, other: str) -> None:
    assert likeness(one) != likeness(other)


async def test_markup_that_a_server_makes_of_the_text_hides_it_not(
    platform: MastodonAdapter, mastodon: Mastodon, account: Account
) -> None:
    mastodon.render = lambda text: rendered(text).replace("**Big**", "<strong>Big</strong>")
    post = saying(account, "A **Big** taco")
    assert await platform.publish(post, SECRETS) == await platform.find(post, SECRETS)


async def test_the_same_text_before_the_slot_is_another_post(
    platform: MastodonAdapter, mastodon: Mastodon, account: Account
) -> None:
    mastodon.add(TEXT, SLOT - timedelta(minutes=1))
    assert await platform.find(make_post(account), SECRETS) is None
    late = mastodon.add(TEXT, SLOT + timedelta(days=2))
    found = await platform.find(make_post(account), SECRETS)
    assert found is not None
    assert found.native_id == late["id"]


async def test_a_boost_is_no_post_of_ours(
    platform: MastodonAdapter, mastodon: Mastodon, account: Account
) -> None:
    mastodon.add(TEXT, reblog={"id": "1"})
    assert await platform.find(make_post(account), SECRETS) is None


async def test_it_is_found_behind_many_others(
    platform: MastodonAdapter, mastodon: Mastodon, account: Account, server: Server
) -> None:
    mine = await platform.publish(make_post(account), SECRETS)
    for number in range(90):
        mastodon.add(f"another {number}")
    assert await platform.find(make_post(account), SECRETS) == mine
    assert [path.count("max_id") for path in server.paths() if "/7/statuses" in path] == [0, 1, 1, 1]


async def test_behind_two_hundred_others_nothing_is_certain(
    platform: MastodonAdapter, mastodon: Mastodon, account: Account
) -> None:
    for number in range(201):
        mastodon.add(f"another {number}")
    error = await failure(partial(platform.find, make_post(account), SECRETS))
    assert (error.effect, error.transient) == (Effect.NONE, False)
    assert "Look at the account yourself" in str(error)


@pytest.mark.parametrize(
    ("version", "certain"),
    [
        ("4.5.2", True),
        ("4.4.0-beta.1+glitch", True),
        ("4.2.1 (compatible; Iceshrimp 1.0)", False),
        ("2.7.2 (compatible; Pleroma 2.9.1)", False),
        ("0.20.1+git-abc", False),
        ("", False),
    ],
)
async def test_absence_is_certain_only_on_mastodon_itself_or_where_nothing_was_posted_since(
    platform: MastodonAdapter, mastodon: Mastodon, account: Account, version: str, certain: bool
) -> None:
    mastodon.version = version
    assert await platform.find(make_post(account), SECRETS) is None, "nothing at all since the slot"
    mastodon.add("another")
    if certain:
        assert await platform.find(make_post(account), SECRETS) is None
    else:
        error = await failure(partial(platform.find, make_post(account), SECRETS))
        assert (error.effect, error.transient) == (Effect.NONE, False)
        assert "no Mastodon" in str(error)


@pytest.mark.parametrize(
    ("link", "fits"),
    [
        ("/@tacos/100", True),
        ("/@tacos/100?x=1", True),
        ("/users/tacos/statuses/100", True),
        ("/about", False),
    ],
)
async def test_a_pasted_link_is_looked_up_on_the_accounts_server(
    platform: MastodonAdapter, mastodon: Mastodon, account: Account, link: str, fits: bool
) -> None:
    mastodon.add("by hand")
    post = make_post(account, claimed_link=f"{mastodon.url}{link}")
    if fits:
        found = await platform.find(post, SECRETS)
        assert found is not None
        assert found.native_id == "100"
    else:
        assert (await failure(partial(platform.find, post, SECRETS))).trouble is Trouble.ABSENT


async def test_a_pasted_link_to_another_server_or_to_nothing_is_no_post(
    platform: MastodonAdapter, mastodon: Mastodon, account: Account
) -> None:
    elsewhere = make_post(account, claimed_link="https://a.example/@tacos/100")
    assert (await failure(partial(platform.find, elsewhere, SECRETS))).trouble is Trouble.ABSENT
    assert await platform.find(make_post(account, claimed_link=f"{mastodon.url}/@tacos/9"), SECRETS) is None


@pytest.mark.parametrize(
    ("route", "effect", "trouble"),
    [
        (reset, Effect.MAYBE, Trouble.BROKEN),
        (silent, Effect.MAYBE, Trouble.BROKEN),
        (truncated, Effect.MAYBE, Trouble.BROKEN),
        (lambda handler: handler.answer(b"<html>", 200, {}), Effect.MAYBE, Trouble.BROKEN),
        (lambda handler: handler.answer(b"", 502, {}), Effect.MAYBE, Trouble.BROKEN),
        (lambda handler: handler.answer(b"", 403, {}), Effect.NONE, Trouble.FORBIDDEN),
        (lambda handler: handler.answer(b"", 422, {}), Effect.NONE, Trouble.CONTENT),
        (redirect("https://a.example", 308), Effect.NONE, Trouble.SETTINGS),
    ],
    ids=["reset", "silent", "truncated", "html", "502", "403", "422", "308"],
)
async def test_a_broken_answer_says_what_it_did(
    platform: MastodonAdapter,
    mastodon: Mastodon,
    account: Account,
    server: Server,
    route: Callable[[Handler], None],
    effect: Effect,
    trouble: Trouble,
) -> None:
    server.add("/api/v1/statuses", route)
    error = await failure(partial(platform.publish, make_post(account), SECRETS))
    assert (error.effect, error.trouble) == (effect, trouble)


async def test_a_full_rate_limit_is_waited_for_until_its_own_instant(
    platform: MastodonAdapter, account: Account, server: Server
) -> None:
    reset_at = (NOW + timedelta(seconds=90)).isoformat(timespec="microseconds").replace("+00:00", "Z")

    def full(handler: Handler) -> None:
        handler.send_response_only(429)
        handler.send_header("X-RateLimit-Remaining", "0")
        handler.send_header("X-RateLimit-Reset", reset_at)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    server.add("/api/v1/statuses", full)
    for _ in range(2):
        error = await failure(partial(platform.publish, make_post(account), SECRETS))
        assert (error.effect, error.transient, error.trouble) == (Effect.NONE, True, Trouble.RATE)
        assert error.retry_after == timedelta(seconds=90)
    assert server.paths() == ["POST /api/v1/statuses"], "the second call is not made"


def picture(folder: Path, name: str = "taco.png") -> Image:
    (folder / name).write_bytes(b"\x89PNG not really")
    return Image(file=str(folder / name), alt="A taco, steaming", type="image/png")


async def test_images_are_uploaded_with_their_words_and_attached_in_order(
    platform: MastodonAdapter, mastodon: Mastodon, account: Account, tmp_path: Path
) -> None:
    post = saying(account, "look", images=[picture(tmp_path, "a.png"), picture(tmp_path, "b.png")])
    ready = await platform.prepare(post, SECRETS)
    assert mastodon.statuses == [], "nobody sees an upload"
    await platform.publish(ready, SECRETS)
    assert mastodon.statuses[0]["asked"]["media_ids"] == ["1", "2"]
    assert all("A taco, steaming" in each and "\x89PNG" in each for each in mastodon.uploads.values())
    assert all(str(tmp_path) not in each for each in mastodon.uploads.values())


async def test_a_post_whose_images_are_not_there_is_not_sent_without_them(
    platform: MastodonAdapter, account: Account, tmp_path: Path, server: Server
) -> None:
    post = saying(account, "look", images=[picture(tmp_path)])
    error = await failure(partial(platform.publish, post, SECRETS))
    assert error.effect is Effect.NONE
    assert server.seen == []


async def test_an_image_that_the_server_works_on_is_waited_for_and_not_uploaded_again(
    platform: MastodonAdapter, mastodon: Mastodon, account: Account, server: Server, tmp_path: Path
) -> None:
    post = saying(account, "look", images=[picture(tmp_path)])
    server.say("/api/v2/media", '{"id": "9"}', 202)
    server.say("/api/v1/media/9", '{"id": "9"}', 206)
    for _ in range(2):
        error = await failure(partial(platform.prepare, post, SECRETS))
        assert (error.effect, error.transient) == (Effect.NONE, True)
        assert error.retry_after == timedelta(seconds=2)
    server.say("/api/v1/media/9", '{"id": "9"}')
    assert (await platform.prepare(post, SECRETS)).prepared == {"media": ["9"]}
    assert server.paths() == ["POST /api/v2/media", "GET /api/v1/media/9", "GET /api/v1/media/9"]


async def test_an_upload_that_the_server_has_dropped_is_made_again(
    platform: MastodonAdapter, mastodon: Mastodon, account: Account, server: Server, tmp_path: Path
) -> None:
    post = saying(account, "look", images=[picture(tmp_path)])
    assert (await platform.prepare(post, SECRETS)).prepared == {"media": ["1"]}
    server.say("/api/v1/media/1", "{}", 404)
    assert (await platform.prepare(post, SECRETS)).prepared == {"media": ["2"]}


async def test_an_upload_that_fails_had_no_effect(
    platform: MastodonAdapter, mastodon: Mastodon, account: Account, server: Server, tmp_path: Path
) -> None:
    server.add("/api/v2/media", reset)
    error = await failure(
        partial(platform.prepare, saying(account, "x", images=[picture(tmp_path)]), SECRETS)
    )
    assert (error.effect, error.transient) == (Effect.NONE, True)


async def test_a_servers_own_limits_are_asked(
    platform: MastodonAdapter, account: Account, server: Server
) -> None:
    probed = await platform.probe(account, SECRETS)
    assert probed == Limits(
        unit=probed.unit, text=700, link=20, images=6, image_bytes=1000, image_types=("image/png",), alt=99
    )
    server.say("/api/v2/instance", "{}", 404)
    assert await platform.probe(account, SECRETS) == platform.limits(account)
    server.say("/api/v2/instance", '{"configuration": {"statuses": {"max_characters": 0}}}')
    assert (await platform.probe(account, SECRETS)).text == 500


@pytest.mark.parametrize(
    ("body", "fits"),
    [
        ("a" * 500, True),
        ("a" * 501, False),
        ("👨‍👩‍👧‍👦" * 500, True),
        ("a" * 476 + " https://tacos.example/" + "x" * 300, True),
        ("a" * 477 + " https://tacos.example/", False),
        ("a" * 494 + " @ana@a.very.long.name.example", True),
    ],
    ids=[
        "at the limit",
        "over it",
        "graphemes",
        "a link counts 23",
        "also a short one",
        "a mention without its server",
    ],
)
def test_a_text_is_counted_as_mastodon_counts(
    platform: MastodonAdapter, account: Account, body: str, fits: bool
) -> None:
    found = list(platform.validate(account, ContentItem(id="x", body=body)))
    assert (found == []) is fits, found


def test_what_cannot_be_posted_is_said_beforehand(platform: MastodonAdapter, account: Account) -> None:
    keyless = account.model_copy(update={"secrets": {}})
    assert any("`access_token` is missing" in each for each in platform.validate(keyless, None))
    assert any(
        "nothing to post" in each for each in platform.validate(account, ContentItem(id="x", tags=("!",)))
    )
    assert any(
        "The link" in each for each in platform.validate(account, ContentItem(id="x", body="a", link="a b"))
    )
    assert "`server`" in " ".join(platform.validate(at("https://a.example/path"), None))


async def test_numbers_that_are_not_told_are_none_and_not_zero(
    platform: MastodonAdapter, mastodon: Mastodon, account: Account
) -> None:
    mastodon.add("a")
    post = Published(at=SLOT, native_id="100")
    measured = await platform.measure(account, post, SECRETS)
    assert measured.as_of == NOW
    assert measured.values == {"likes": 3, "reposts": 2, "replies": 1, "quotes": None}
    gone = await platform.measure(account, Published(at=SLOT, native_id="9"), SECRETS)
    assert gone.values == dict.fromkeys(platform.post_metrics)
    of_account = await platform.measure(account, None, SECRETS)
    assert of_account.values == {"followers": 11, "follows": 5, "posts": 42}


async def test_history_shows_what_anybody_posted_through_the_account_newest_first(
    platform: MastodonAdapter, mastodon: Mastodon, account: Account
) -> None:
    for days, text in enumerate(("now", "an answer", "before", "long ago")):
        more = {"in_reply_to_id": "3"} if text == "an answer" else {}
        mastodon.add(text, NOW - timedelta(days=days * 150), **more)
    shown = await platform.history(account, 10, SECRETS)
    assert [(each.title, each.at) for each in shown] == [("now", NOW), ("before", NOW - timedelta(days=300))]
    assert shown[0].ref == f"{mastodon.url}/@tacos/100"
    assert len(await platform.history(account, 1, SECRETS)) == 1


async def test_only_the_key_names_the_post_to_the_server(
    platform: MastodonAdapter, mastodon: Mastodon, account: Account, server: Server
) -> None:
    await platform.publish(make_post(account), SECRETS)
    await platform.publish(make_post(account, slot=SLOT + timedelta(hours=1)), SECRETS)
    one, other = (headers["Idempotency-Key"] for _, _, headers, _ in server.seen)
    assert one != other
    assert one.isascii()
    assert json.loads(server.seen[0][3]) == json.loads(server.seen[1][3])
