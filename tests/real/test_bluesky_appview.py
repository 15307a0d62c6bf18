"""What the real AppView shows of an account, after others have seen its posts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.metrics.bluesky import BlueskySource
from adapters.platforms.bluesky.adapter import BlueskyAdapter
from adapters.testing.contract import SLOT, make_post
from adapters.tools import Tools
from engine.domain.errors import SourceError
from engine.domain.ports import Published
from engine.domain.records import Reading
from engine.domain.strategy import Metric
from engine.domain.workspace import SourceConfig
from tests.contracts.source_contract import ask
from tests.real.servers.bluesky import Network, Person
from tests.real.test_bluesky import SIGNED_WITH, account_of
from tests.support import eventually

NAMES = ("followers", "follows", "posts", "likes", "reposts", "replies", "quotes")


@pytest.fixture
async def tools() -> AsyncIterator[Tools]:
    tools = Tools()
    yield tools
    await tools.http.aclose()


def metric(name: str, measure: str, **settings: Any) -> Metric:
    return Metric(name=name, source="sky", settings={"measure": measure, **settings})


async def read(tools: Tools, person: Person, *metrics: Metric, **settings: Any) -> Reading:
    place = {"handle": person.handle, "appview": person.network.appview, **settings}
    source = SourceConfig(name="sky", kind="bluesky", settings=place)
    question = ask(source, *metrics, channels=("blog",))
    return await BlueskySource(tools).read(source, question, datetime.now(UTC), {})


def counted(network: Network, uri: str, **expected: int) -> bool:
    """Tell whether the AppView has seen all that was done with a post."""
    posts = network.ask("GET", network.appview, "app.bsky.feed.getPosts", params={"uris": uri})["posts"]
    return bool(posts) and expected.items() <= posts[0].items()


async def test_numbers_and_posts_are_read_after_a_second_account_liked_reposted_and_answered(
    tools: Tools, bluesky_network: Network
) -> None:
    network, platform = bluesky_network, BlueskyAdapter(tools)
    tacos, friend = network.person("tacos"), network.person("neighbour")
    account = account_of(tacos)
    secrets = (await platform.refresh(account, SIGNED_WITH, None)).values
    published = await platform.publish(make_post(account), secrets)
    assert isinstance(published, Published)
    uri = str(published.native_id)
    subject = {"uri": uri, "cid": tacos.records()[uri.rpartition("/")[2]]["cid"]}
    friend.does("app.bsky.feed.like", subject=subject)
    friend.does("app.bsky.feed.repost", subject=subject)
    friend.does("app.bsky.feed.post", text="Yes!", reply={"root": subject, "parent": subject})
    friend.does("app.bsky.feed.post", text="See", embed={"$type": "app.bsky.embed.record", "record": subject})
    friend.does("app.bsky.graph.follow", subject=tacos.did)
    by_hand = tacos.does("app.bsky.feed.post", text="By hand\nwith a phone")
    answer = tacos.does("app.bsky.feed.post", text="Thanks", reply={"root": subject, "parent": subject})
    tacos.does("app.bsky.feed.repost", subject=subject)
    seen = {"likeCount": 1, "repostCount": 2, "replyCount": 2, "quoteCount": 1}
    eventually(lambda: counted(network, uri, **seen), within=30, every=0.2)
    eventually(
        lambda: counted(network, answer["uri"]) and counted(network, by_hand["uri"]), within=30, every=0.2
    )

    link = str(published.url)
    one = [metric(f"one_{name}", name, post=link) for name in ("likes", "reposts", "replies", "quotes")]
    days = (datetime.now(UTC) - SLOT).days + 2
    rest = [metric("followers", "followers"), metric("follows", "follows"), metric("posts", "posts")]
    recent, past = metric("recent", "likes", days=1), metric("past", "likes", days=min(days, 366))
    reading = await read(tools, tacos, *one, *rest, recent, past)
    assert {sample.metric: sample.value for sample in reading.samples} == {
        "one_likes": 1,
        "one_reposts": 2,
        "one_replies": 2,
        "one_quotes": 1,
        "followers": 1,
        "follows": 0,
        "posts": 3,
        "recent": 0,
        "past": 1,
    }
    shown = reading.activities["blog"]
    assert [each.title for each in shown] == ["By hand with a phone", "Carnitas today. From noon."]
    assert (shown[1].ref, shown[1].at) == (published.url, published.at), "our own post is one thing, not two"
    whole = await read(tools, tacos, include=["posts", "replies", "reposts"])
    assert len(whole.activities["blog"]) == 4

    of_post = await platform.measure(account, published, secrets)
    assert of_post.values == {"likes": 1, "reposts": 2, "replies": 2, "quotes": 1}
    assert (await platform.measure(account, None, secrets)).values == {
        "followers": 1,
        "follows": 0,
        "posts": 3,
    }
    history = await platform.history(account, 10, secrets)
    assert [each.ref for each in history] == [each.ref for each in shown]


async def test_more_posts_than_a_page_holds_are_read_back(tools: Tools, bluesky_network: Network) -> None:
    busy = bluesky_network.person("busy")
    for number in range(105):
        at = f"2026-02-01T{number // 60:02}:{number % 60:02}:00.000Z"
        newest = busy.does("app.bsky.feed.post", text=f"Post {number}", createdAt=at)
    eventually(lambda: counted(bluesky_network, newest["uri"]), within=60, every=0.2)
    reading = await read(tools, busy, metric("likes", "likes", days=366))
    assert len(reading.activities["blog"]) == 100
    assert reading.activities["blog"][0].title == "Post 104"
    assert [sample.value for sample in reading.samples] == [0]


async def test_what_is_not_there_has_no_numbers_and_is_told(tools: Tools, bluesky_network: Network) -> None:
    quiet = bluesky_network.person("quiet")
    gone = f"at://{quiet.did}/app.bsky.feed.post/3kaaaaaaaaaa2"

    def known() -> bool:
        found = bluesky_network.ask(
            "GET", bluesky_network.appview, "app.bsky.actor.getProfile", params={"actor": quiet.did}
        )
        return bool(found["handle"] == quiet.handle)

    eventually(known, within=30, every=0.2)
    reading = await read(tools, quiet, metric("likes", "likes", post=gone))
    assert reading.samples == ()
    assert reading.activities == {"blog": ()}
    stranger = Person(bluesky_network, "nobody.test", "did:plc:nobody", "")
    with pytest.raises(SourceError, match="Profile not found"):
        await read(tools, stranger, metric("followers", "followers"))
