"""The source `bluesky`: the account's deeds and numbers; what is not told is left out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from adapters.metrics.bluesky import BlueskySource
from adapters.platforms.bluesky.adapter import BlueskyAdapter
from adapters.testing.secrecy import SECRET
from adapters.tools import Tools
from engine.domain.errors import SourceError
from engine.domain.ports import Published
from engine.domain.strategy import Metric
from engine.domain.workspace import Account, SourceConfig
from tests.adapters.bluesky_server import DID, HANDLE, Bluesky
from tests.adapters.conftest import NOW
from tests.adapters.local_server import Server
from tests.contracts.source_contract import Call, SourceContract, ask

NUMBERS = {"likeCount": 3, "repostCount": 2, "replyCount": 1, "quoteCount": 0}
PROFILE = {"did": DID, "handle": HANDLE, "followersCount": 12, "followsCount": 0}


def entry(rkey: str, days_ago: float, *, written: float | None = None, **changes: Any) -> dict[str, Any]:
    """Return a feed's entry: seen so many days before NOW, written then or at another time."""
    seen = (NOW - timedelta(days=days_ago)).isoformat().replace("+00:00", "Z")
    created = (NOW - timedelta(days=days_ago if written is None else written)).isoformat()
    record: dict[str, Any] = {"text": f"Post {rkey}\nmore", "createdAt": created}
    reply = changes.pop("reply", None)
    if reply:
        record["reply"] = {"root": {}, "parent": {"uri": reply} if isinstance(reply, str) else {}}
    post = {
        "uri": f"at://{DID}/app.bsky.feed.post/{rkey}",
        "cid": "bafy…",
        "indexedAt": seen,
        "record": record,
    }
    reason = changes.pop("reason", None)
    return {"post": {**post, **NUMBERS, **changes}, **({"reason": reason} if reason else {})}


def repost(rkey: str, days_ago: float) -> dict[str, Any]:
    seen = (NOW - timedelta(days=days_ago)).isoformat()
    reason = {
        "$type": "app.bsky.feed.defs#reasonRepost",
        "uri": f"at://{DID}/app.bsky.feed.repost/{rkey}",
        "indexedAt": seen,
    }
    return entry(rkey, days_ago + 100, reason=reason)


@pytest.fixture
def source(tools: Tools) -> BlueskySource:
    return BlueskySource(tools)


@pytest.fixture
def bluesky(server: Server) -> Bluesky:
    bluesky = Bluesky(server)
    bluesky.views = {
        "profile": PROFILE,
        "posts": [entry("one", 3)["post"]],
        "feed": [
            [entry("soon", -1), entry("new", 1), repost("r", 2), entry("answer", 3, reply=True)],
            [entry("old", 20)],
        ],
    }
    return bluesky


@pytest.fixture
def config(server: Server, bluesky: Bluesky) -> SourceConfig:
    return SourceConfig(
        name="sky", kind="bluesky", settings={"handle": f"@{HANDLE}", "appview": server.url("")}
    )


def metric(name: str, **settings: Any) -> Metric:
    return Metric(name=name, source="sky", settings={"measure": name, **settings})


@pytest.fixture
def metrics() -> tuple[Metric, ...]:
    post = f"https://bsky.app/profile/{DID}/post/one"
    return metric("followers"), metric("likes"), metric("replies", post=post), metric("quotes", days=7)


@pytest.fixture
def failures(source: BlueskySource, server: Server, config: SourceConfig, closed_port: int) -> Sequence[Call]:
    wrong: list[dict[str, Any]] = [
        {"handle": HANDLE, "appview": f"http://127.0.0.1:{closed_port}"},
        {"handle": HANDLE, "appview": f"https://me:{SECRET}@sky.example"},
        {"handle": SECRET},
    ]
    server.say("/xrpc/app.bsky.actor.getProfile", f"<html>{SECRET}", 502)
    asked = ask(config, metric("followers"))
    configs = [config, *(config.model_copy(update={"settings": settings}) for settings in wrong)]
    return [
        *(partial(source.read, each, asked, NOW, {}) for each in configs),
        partial(source.read, config, ask(config, metric("folowers")), NOW, {}),
    ]


class TestContract(SourceContract):
    """The source keeps the contract of its seam."""


async def values(source: BlueskySource, config: SourceConfig, *metrics: Metric) -> dict[str, float]:
    reading = await source.read(config, ask(config, *metrics), NOW, {})
    return {sample.metric: sample.value for sample in reading.samples}


async def test_deeds_are_linked_like_our_own_posts_and_dated_by_the_earlier_of_two_dates(
    source: BlueskySource, config: SourceConfig, bluesky: Bluesky
) -> None:
    bluesky.views["feed"] = [[entry("late", 1, written=-5), entry("brought", 2, written=900)]]
    reading = await source.read(config, ask(config, channels=("blog",)), NOW, {})
    seen = reading.activities["blog"]
    assert [each.at for each in seen] == [NOW - timedelta(days=1), NOW - timedelta(days=900)]
    assert seen[0].ref == f"https://bsky.app/profile/{DID}/post/late"
    assert seen[0].title == "Post late more"


@pytest.mark.parametrize(
    ("include", "expected"),
    [
        (["posts"], ["new", "old"]),
        (["posts", "replies"], ["new", "answer", "old"]),
        (["reposts"], ["r"]),
    ],
)
async def test_what_counts_as_activity_is_chosen(
    source: BlueskySource, config: SourceConfig, include: list[str], expected: list[str]
) -> None:
    config = config.model_copy(update={"settings": {**config.settings, "include": include}})
    reading = await source.read(config, ask(config, channels=("blog",)), NOW, {})
    assert [each.ref.rpartition("/")[2] for each in reading.activities["blog"]] == expected


async def test_the_hundred_newest_deeds_are_found_over_several_pages(
    source: BlueskySource, config: SourceConfig, bluesky: Bluesky, server: Server
) -> None:
    bluesky.views["feed"] = [
        [entry(f"{page}x{number}", page + number / 100) for number in range(40)] for page in range(9)
    ]
    reading = await source.read(config, ask(config, channels=("blog",)), NOW, {})
    assert len(reading.activities["blog"]) == 100
    assert len(server.paths()) == 3, "no page more than needed"


async def test_sums_are_over_the_posts_of_the_window(source: BlueskySource, config: SourceConfig) -> None:
    assert await values(source, config, metric("likes")) == {"likes": 6}
    assert await values(source, config, metric("likes", days=7), metric("quotes", days=7)) == {
        "likes": 3,
        "quotes": 0,
    }


async def test_no_post_in_the_window_is_a_true_zero(
    source: BlueskySource, config: SourceConfig, bluesky: Bluesky
) -> None:
    bluesky.views["feed"] = [[]]
    assert await values(source, config, metric("likes")) == {"likes": 0}


async def test_a_number_that_is_not_told_is_left_out_and_so_is_its_sum(
    source: BlueskySource, config: SourceConfig, bluesky: Bluesky
) -> None:
    bluesky.views["feed"] = [[entry("a", 1, likeCount=None), entry("b", 2)]]
    bluesky.views["profile"] = {"did": DID, "followersCount": None}
    wanted = [metric(name) for name in ("likes", "reposts", "followers", "posts")]
    assert await values(source, config, *wanted) == {"reposts": 4}


async def test_a_sum_whose_window_could_not_be_read_whole_is_left_out(
    source: BlueskySource, config: SourceConfig, bluesky: Bluesky, server: Server
) -> None:
    bluesky.views["feed"] = [[entry(f"p{page}", page / 8)] for page in range(50)]
    assert await values(source, config, metric("likes", days=28)) == {}
    assert len(server.paths()) == 10
    assert await values(source, config, metric("likes", days=1)) == {"likes": 24}


async def test_a_post_that_is_gone_has_no_numbers(
    source: BlueskySource, config: SourceConfig, bluesky: Bluesky
) -> None:
    bluesky.views["posts"] = []
    post = f"https://bsky.app/profile/{DID}/post/one"
    assert await values(source, config, metric("likes", post=post)) == {}


def named(rkey: str, did: str = DID) -> str:
    return f"at://{did}/app.bsky.feed.post/{rkey}"


def node(uri: str, *replies: dict[str, Any]) -> dict[str, Any]:
    """Return a post in a conversation, with what was replied to it."""
    return {"post": {"uri": uri, "indexedAt": NOW.isoformat()}, "replies": list(replies)}


def conversations(bluesky: Bluesky) -> None:
    """Let three people reply in a thread of two posts, of whom we have answered one, and one who then wrote again."""
    hidden = {"uri": named("h", "did:plc:x"), "notFound": True}
    answered = node(named("a", "did:plc:a"), node(named("to-a"), node(named("a2", "did:plc:a"))))
    second = node(named("second"), node(named("c", "did:plc:c"), node(named("d", "did:plc:d"))))
    bluesky.views["threads"] = {
        named("first"): node(named("first"), answered, node(named("b", "did:plc:b")), hidden, second)
    }
    bluesky.views["feed"] = [
        [
            entry("to-a", 1, reply=named("a", "did:plc:a")),
            entry("elsewhere", 1.5, reply=named("z", "did:plc:z"), replyCount=0),
            entry("second", 2, reply=named("first")),
            entry("first", 3),
            entry("gone", 4),
        ]
    ]


async def test_replies_to_our_posts_that_we_have_not_answered_are_open(
    source: BlueskySource, config: SourceConfig, bluesky: Bluesky, server: Server
) -> None:
    conversations(bluesky)
    assert await values(source, config, metric("open_replies")) == {"open_replies": 3}
    threads = [path for path in server.paths() if "getPostThread" in path]
    assert len(threads) == 2, "a conversation is read once; the other post is gone meanwhile"


async def test_replies_to_older_posts_are_not_counted(
    source: BlueskySource, config: SourceConfig, bluesky: Bluesky
) -> None:
    conversations(bluesky)
    assert await values(source, config, metric("open_replies", days=1)) == {"open_replies": 0}


@pytest.mark.parametrize(
    "feed",
    [
        [[entry("untold", 1, replyCount=None)]],
        [[entry(f"p{page}", page / 8)] for page in range(50)],
        [[entry(f"p{number}", 1 + number / 100) for number in range(60)]],
    ],
    ids=["no count", "too many posts", "too many conversations"],
)
async def test_open_replies_that_cannot_be_told_are_left_out(
    source: BlueskySource, config: SourceConfig, bluesky: Bluesky, feed: list[Any]
) -> None:
    bluesky.views["feed"] = feed
    assert await values(source, config, metric("open_replies")) == {}


async def test_what_several_metrics_need_is_asked_once(
    source: BlueskySource, config: SourceConfig, server: Server
) -> None:
    names = ("followers", "follows", "likes", "reposts")
    await source.read(config, ask(config, *map(metric, names), channels=("blog",)), NOW, {})
    assert len(server.paths()) == 3, "the profile, and two pages of posts"


async def test_an_account_that_is_not_there_is_told_in_the_servers_words(
    source: BlueskySource, config: SourceConfig, server: Server
) -> None:
    server.say(
        "/xrpc/app.bsky.actor.getProfile", '{"error":"InvalidRequest","message":"Profile not found"}', 400
    )
    with pytest.raises(SourceError, match=r"'sky' could not be read.*Profile not found") as caught:
        await values(source, config, metric("followers"))
    assert "posted" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"measure": "follower"}, "`measure`"),
        ({}, "`measure`"),
        ({"measure": "likes", "days": 0}, "`days`"),
        ({"measure": "open_replies", "post": f"at://{DID}/app.bsky.feed.post/one"}, "whole account"),
        ({"measure": "followers", "days": 7}, "number of the account"),
        ({"measure": "likes", "post": "https://bsky.app/profile/tacos.test/post/one"}, "DID"),
        ({"measure": "likes", "post": f"at://{DID}/app.bsky.feed.post/one", "days": 7}, "leave this out"),
    ],
)
def test_wrong_settings_of_a_metric_are_named(
    source: BlueskySource, config: SourceConfig, settings: dict[str, Any], words: str
) -> None:
    wrong = Metric(name="likes", source="sky", settings=settings)
    assert words in " ".join(source.validate(config, wrong))


@pytest.mark.parametrize(
    "settings", [{"include": ["likes"]}, {"include": []}, {"appview": "sky"}, {"handle": "x"}]
)
def test_wrong_settings_of_the_source_are_named(
    source: BlueskySource, config: SourceConfig, settings: dict[str, Any]
) -> None:
    wrong = config.model_copy(update={"settings": {**config.settings, **settings}})
    (name,) = settings
    assert f"`{name}" in " ".join(source.validate(wrong))


async def test_the_platform_shows_the_same_numbers_and_posts(
    tools: Tools, bluesky: Bluesky, server: Server
) -> None:
    platform = BlueskyAdapter(tools)
    address = server.url("")
    account = Account(
        name="sky", platform="bluesky", settings={"handle": HANDLE, "service": address, "appview": address}
    )
    uri = f"at://{DID}/app.bsky.feed.post/one"
    of_post = await platform.measure(account, Published(at=NOW, native_id=uri), {})
    assert of_post.values == {"likes": 3, "reposts": 2, "replies": 1, "quotes": 0}
    assert of_post.as_of == NOW
    assert (await platform.measure(account, None, {})).values == {
        "followers": 12,
        "follows": 0,
        "posts": None,
    }
    history = await platform.history(account, 1, {})
    assert [each.ref for each in history] == [f"https://bsky.app/profile/{DID}/post/soon"]
