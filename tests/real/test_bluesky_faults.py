"""The platform `bluesky` on the real servers, behind a proxy that breaks every request in every way."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from itertools import count as naturals
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from adapters.http import Limits
from adapters.platforms.bluesky.adapter import BlueskyAdapter
from adapters.testing.behind_a_proxy import ProxiedContract
from adapters.testing.carrying import Carrier, MovedClock
from adapters.testing.faults import Fault, Reply
from adapters.testing.proxy import FaultProxy
from adapters.tools import Tools
from engine.domain.errors import Effect, PublishError
from engine.domain.items import ContentItem, Image
from engine.domain.publication import Post
from engine.domain.workspace import Account
from tests.adapters.bluesky_server import rkey_of
from tests.real.pictures import picture
from tests.real.servers.bluesky import PASSWORD, Network, Person
from tests.real.test_bluesky import account_of
from tests.support import eventually

# What the real server answers to a session that has expired.
EXPIRED = Reply(
    400, (("Content-Type", "application/json"),), b'{"error":"ExpiredToken","message":"Token has expired"}'
)
_numbers = naturals(1)


class _OnTheRealServers(ProxiedContract):
    @pytest.fixture
    def person(self, bluesky_network: Network) -> Person:
        """Give somebody whom also the server that counts knows."""
        person = bluesky_network.person(f"fault{next(_numbers)}")

        def known() -> bool:
            seen = bluesky_network.answer(
                bluesky_network.appview, "app.bsky.actor.getProfile", actor=person.did
            )
            return seen.is_success

        eventually(known, within=30, every=0.1)
        return person

    @pytest.fixture
    def upstream(self, bluesky_network: Network) -> str:
        return urlsplit(bluesky_network.pds).netloc

    @pytest.fixture
    def expired(self) -> Reply:
        return EXPIRED

    @pytest.fixture
    def web_limits(self) -> Limits:
        return Limits(connect=2, read=2.5, total=3)

    @pytest.fixture
    def secrets(self) -> dict[str, str]:
        return {"app_password": PASSWORD}

    @pytest.fixture
    def platform(self, tools: Tools) -> BlueskyAdapter:
        return BlueskyAdapter(tools)

    @pytest.fixture
    async def carrier(
        self,
        platform: BlueskyAdapter,
        secrets: dict[str, str],
        clock: MovedClock,
        proxy: FaultProxy,
        account: Account,
    ) -> Carrier:
        """Give one that is logged in, so that the requests hit are those of the publication."""
        carrier = Carrier(platform, secrets, clock, settled=proxy.quiet)
        carrier.kept = await platform.refresh(account, secrets, None)
        return carrier

    @pytest.fixture
    def count(self, person: Person) -> Callable[[str], int]:
        return lambda key: sum(rkey == rkey_of(key) for rkey in person.records())

    @pytest.fixture
    def counter(self, bluesky_network: Network) -> Iterator[FaultProxy]:
        """Give a proxy before the server that counts."""
        with FaultProxy(urlsplit(bluesky_network.appview).netloc, EXPIRED) as running:
            yield running

    async def test_a_revoked_token_is_said_and_posts_nothing(
        self, carrier: Carrier, post: Post, count: Callable[[str], int], caplog: pytest.LogCaptureFixture
    ) -> None:
        carrier.kept = None
        await super().test_a_revoked_token_is_said_and_posts_nothing(carrier, post, count, caplog)

    async def test_numbers_that_the_platform_does_not_say_are_none_and_never_zero(  # type: ignore[override]
        self, carrier: Carrier, counter: FaultProxy, account: Account, post: Post
    ) -> None:
        settings = {**account.settings, "appview": counter.url}
        account, platform = account.model_copy(update={"settings": settings}), carrier.platform
        assert isinstance(platform, BlueskyAdapter)
        there = (await carrier.carry_out(post)).published
        assert there is not None
        secrets = await carrier.sign_in(post)
        whole = await platform.measure(account, None, secrets)
        posts = whole.values[
            "posts"
        ]  # The server that counts reads a stream, and may or may not have come to the post.
        assert posts is not None
        assert whole.values == {"followers": 0, "follows": 0, "posts": posts}
        assert set((await platform.measure(account, there, secrets)).values) == set(platform.post_metrics)
        for fault in (
            Fault.PAGE_BEFORE,
            Fault.ERROR_502_BEFORE,
            Fault.CUT_BEFORE,
            Fault.CUT_AFTER,
            Fault.FULL_EPOCH,
        ):
            counter.inject(fault)
            with pytest.raises(PublishError) as caught:
                await platform.measure(account, there, secrets)
            assert caught.value.effect is Effect.NONE


class TestPosts(_OnTheRealServers):
    """Posts with all that has to be prepared: somebody is mentioned, an image is shown."""

    @pytest.fixture
    def account(self, proxy: FaultProxy, person: Person) -> Account:
        return account_of(person, service=proxy.url)

    @pytest.fixture
    def item(self, person: Person, tmp_path: Path) -> ContentItem:
        path = tmp_path / "counter.png"
        path.write_bytes(picture("counter"))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        image = Image(file=str(path), alt="The counter", type="image/png", sha256=digest)
        return ContentItem(id="menu", body=f"¡Hi @{person.handle}! #tacos", images=(image,))


class TestThreads(_OnTheRealServers):
    """Threads, which are there whole or not at all."""

    # A thread takes it; `test_bluesky` tries what is too long for one.
    test_a_text_that_is_too_long_is_known_beforehand_and_posts_nothing = None  # type: ignore[assignment]

    @pytest.fixture
    def account(self, proxy: FaultProxy, person: Person) -> Account:
        return account_of(person, service=proxy.url, long_posts="thread")

    @pytest.fixture
    def item(self) -> ContentItem:
        return ContentItem(id="menu", body="This is a sentence about tacos. " * 20)

    @pytest.fixture
    def count(self, person: Person) -> Callable[[str], int]:
        def threads(key: str) -> int:
            """Count the whole threads of this key; fail when one is there in part, or a post twice."""
            posts = person.records()
            roots = [record["uri"] for rkey, record in posts.items() if rkey == rkey_of(key)]
            replies = [
                post["value"]["reply"]["root"]["uri"] for post in posts.values() if "reply" in post["value"]
            ]
            assert [replies.count(root) for root in roots] == [2 for _ in roots]
            return len(roots)

        return threads
