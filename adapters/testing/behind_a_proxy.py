"""What every platform with a web interface must keep when the network or its server fails: every fault, at every request.

    class TestMine(ProxiedContract):
        @pytest.fixture
        def upstream(self): return "127.0.0.1:8080"          # a real server, or a double that keeps what it was sent
        @pytest.fixture
        def platform(self, tools): return MyAdapter(tools)
        @pytest.fixture
        def account(self, proxy): return Account(name="mine", platform="mine", settings={"url": proxy.url})
        @pytest.fixture
        def secrets(self): return {"token": "…"}
        @pytest.fixture
        def count(self): return lambda key: …                # how many posts of this key the server shows, asked directly

Each fault hits one request of a publication; then the post is carried out as the engine does it. In the end it must be
there once, or (where the platform cannot tell) at most once with a person asked. An error that says `none` must be true.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta

import pytest

from adapters.http import Http, Limits
from adapters.testing.carrying import Carried, Carrier, MovedClock
from adapters.testing.contract import make_post, new_slot
from adapters.testing.faults import EXPIRED, PAUSE, Fault, Reply
from adapters.testing.proxy import FaultProxy
from adapters.testing.secrecy import assert_no_secret
from adapters.tools import Tools
from engine.domain.errors import Effect, PublishError, Trouble
from engine.domain.items import ContentItem
from engine.domain.ports import Platform, Role
from engine.domain.publication import Post
from engine.domain.roles import limited, meter
from engine.domain.workspace import Account

Count = Callable[[str], int]
_DIALECTS = [fault for fault in Fault if fault.is_full]
_OTHERS = [fault for fault in Fault if not fault.is_full]
# A publication that needs more requests than this is hit only at its first ones and at its last.
_MOST_REQUESTS = 12


class ProxiedContract:
    """The suite."""

    # Measured once for all tests of a class.
    requests_of_a_post = 0

    @pytest.fixture
    def expired(self) -> Reply:
        """Give the platform's own way to say that a token has expired."""
        return EXPIRED

    @pytest.fixture
    def proxy(self, upstream: str, expired: Reply) -> Iterator[FaultProxy]:
        with FaultProxy(upstream, expired) as running:
            yield running

    @pytest.fixture
    def clock(self) -> MovedClock:
        return MovedClock()

    @pytest.fixture
    def web_limits(self) -> Limits:
        """Give the patience of the web client; a real server must answer well within it."""
        return Limits(connect=2, read=1.5, total=2)

    @pytest.fixture
    async def tools(self, clock: MovedClock, web_limits: Limits) -> AsyncIterator[Tools]:
        http = Http(web_limits, trust_env=False)
        yield Tools(http=http, clock=clock)
        await http.aclose()

    @pytest.fixture
    def item(self) -> ContentItem | None:
        """Give an item that needs everything the adapter can do, such as images; by default a plain text."""
        return None

    @pytest.fixture
    def carrier(
        self, platform: Platform, secrets: dict[str, str], clock: MovedClock, proxy: FaultProxy
    ) -> Carrier:
        return Carrier(platform, secrets, clock, settled=proxy.quiet)

    @pytest.fixture
    def post(self, account: Account, item: ContentItem | None) -> Post:
        return make_post(account, slot=new_slot(), item=item)

    @pytest.mark.parametrize("fault", _OTHERS)
    async def test_a_post_is_there_once_whatever_request_is_hit(
        self,
        fault: Fault,
        carrier: Carrier,
        proxy: FaultProxy,
        account: Account,
        item: ContentItem | None,
        count: Count,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        requests = await self._requests(carrier, proxy, account, item)
        assert requests, "the platform was never called through the proxy"
        # A fault may be outlived without anybody noticing (a truncated empty body), but not at every request.
        noticed = 0
        for at in [*range(requests)][:_MOST_REQUESTS] + [requests - 1] * (requests > _MOST_REQUESTS):
            post = make_post(account, slot=new_slot(), item=item)
            carried = await self._hit(carrier, proxy, post, fault, at, count)
            noticed += bool(carried.errors)
            self._judge(fault, carrier, carried, count(post.key), at)
            assert not proxy.strays, "no request may follow a redirect to another host"
            for error in carried.errors:
                for secret in (
                    *carrier.secrets.values(),
                    *(carrier.kept.values.values() if carrier.kept else ()),
                ):
                    assert_no_secret(error, caplog.text, secret=secret)
        assert noticed or fault in (Fault.TRUNCATED, Fault.DRIP)

    @pytest.mark.parametrize("fault", _DIALECTS)
    async def test_a_full_platform_is_left_in_peace_for_as_long_as_it_asks(
        self,
        fault: Fault,
        carrier: Carrier,
        proxy: FaultProxy,
        account: Account,
        item: ContentItem | None,
        count: Count,
    ) -> None:
        requests = await self._requests(carrier, proxy, account, item)
        post = make_post(account, slot=new_slot(), item=item)
        carried = await self._hit(carrier, proxy, post, fault, requests - 1, count)
        assert [error.trouble for error in carried.errors][:1] == [Trouble.RATE]
        wait = carried.waits[0]
        if fault is not Fault.FULL_BARE:
            assert wait is not None
            assert abs(wait - PAUSE) < timedelta(seconds=2.5), (
                "dates count whole seconds, and the call takes a while"
            )
        assert count(post.key) == 1

    async def test_nothing_is_sent_while_the_platform_is_full(
        self,
        carrier: Carrier,
        proxy: FaultProxy,
        clock: MovedClock,
        account: Account,
        item: ContentItem | None,
    ) -> None:
        await self._requests(carrier, proxy, account, item)
        post = make_post(account, slot=new_slot(), item=item)
        proxy.inject(Fault.FULL_SECONDS)
        with pytest.raises(PublishError):
            await carrier.platform.find(post, await carrier.sign_in(post))
        proxy.clear()
        with pytest.raises(PublishError) as caught:
            await carrier.platform.find(post, await carrier.sign_in(post))
        assert (caught.value.trouble, caught.value.effect, proxy.seen) == (Trouble.RATE, Effect.NONE, [])
        clock.move(PAUSE)
        await carrier.platform.find(post, await carrier.sign_in(post))

    @pytest.mark.parametrize("fault", [*_OTHERS, Fault.FULL_SECONDS])
    async def test_a_look_that_fails_changes_nothing_and_never_says_that_nothing_is_there(
        self, fault: Fault, carrier: Carrier, proxy: FaultProxy, post: Post, count: Count
    ) -> None:
        there = (await carrier.carry_out(post)).published
        assert there is not None
        if not carrier.platform.capabilities.exact_find:
            pytest.skip("it cannot look for a key")
        secrets = await carrier.sign_in(post)
        proxy.clear()
        assert await carrier.platform.find(post, secrets) == there
        for at in range(len(proxy.seen)):
            proxy.clear()
            proxy.inject(fault, at=at)
            try:
                found = await carrier.platform.find(post, secrets)
            except PublishError as error:
                assert error.effect is Effect.NONE
                carrier.clock.move(error.retry_after or timedelta(0))
            else:
                assert found == there
            await proxy.quiet()
        assert count(post.key) == 1

    async def test_a_revoked_token_is_said_and_posts_nothing(
        self, carrier: Carrier, post: Post, count: Count, caplog: pytest.LogCaptureFixture
    ) -> None:
        wrong = {name: self.revoke(name, value) for name, value in carrier.secrets.items()}
        carrier.secrets = wrong
        with pytest.raises(PublishError) as caught:
            await self._refusal(carrier, post)
        error = caught.value
        assert (error.effect, error.trouble, error.transient) == (Effect.NONE, Trouble.CREDENTIAL, False)
        for secret in wrong.values():
            assert_no_secret(error, caplog.text, secret=secret)
        assert count(post.key) == 0

    def revoke(self, name: str, value: str) -> str:
        """Return what a secret looks like when it is no longer valid; names of users stay."""
        return value if name in {"user", "identifier", "username"} else f"{value[:-4]}zzzz"

    async def test_a_text_that_is_too_long_is_known_beforehand_and_posts_nothing(
        self, carrier: Carrier, account: Account, count: Count
    ) -> None:
        asked = limited(carrier.platform)
        if asked is None:
            pytest.skip("it sets no limits")
        limits = await asked.probe(account, await carrier.sign_in(make_post(account)))
        most = limits.text if limits.text is not None else limits.text_bytes
        if most is None:
            pytest.skip("its server sets no limit to a text")
        words = "many words " * (most // 11 + 1)
        item = ContentItem(id="long", title="Long", body=words.strip() + " and one too many")
        assert list(asked.exceeds(account, item, limits))
        assert list(carrier.platform.validate(account, item)) or asked.limits(account) != limits
        post = make_post(account, slot=new_slot(), item=item)
        with pytest.raises(PublishError) as caught:
            await self._refusal(carrier, post)
        assert (caught.value.effect, caught.value.transient) == (Effect.NONE, False)
        assert count(post.key) == 0

    async def test_numbers_that_the_platform_does_not_say_are_none_and_never_zero(
        self, carrier: Carrier, proxy: FaultProxy, post: Post
    ) -> None:
        measures = meter(carrier.platform)
        if measures is None:
            pytest.skip("it shows no numbers")
        there = (await carrier.carry_out(post)).published
        secrets = await carrier.sign_in(post)
        whole = await measures.measure(post.account, there, secrets)
        assert set(whole.values) == set(measures.post_metrics)
        of_account = await measures.measure(post.account, None, secrets)
        assert set(of_account.values) == set(measures.account_metrics)
        for fault in (Fault.PAGE_BEFORE, Fault.ERROR_502_BEFORE, Fault.CUT_BEFORE):
            proxy.inject(fault)
            try:
                broken = await measures.measure(post.account, there, secrets)
            except PublishError as error:
                assert error.effect is Effect.NONE
            else:
                pairs = zip(whole.values.values(), broken.values.values(), strict=True)
                assert all(after is None or after == before for before, after in pairs)

    async def _requests(
        self, carrier: Carrier, proxy: FaultProxy, account: Account, item: ContentItem | None
    ) -> int:
        """Return how many requests a publication makes once everything that can be shared (tags, images) is there."""
        for _ in range(0 if self.requests_of_a_post else 2):
            proxy.clear()
            carried = await carrier.carry_out(make_post(account, slot=new_slot(), item=item))
            assert carried.published is not None, f"it does not even work without faults: {carried.errors}"
            type(self).requests_of_a_post = len(proxy.seen)
        return self.requests_of_a_post

    async def _hit(
        self, carrier: Carrier, proxy: FaultProxy, post: Post, fault: Fault, at: int, count: Count
    ) -> Carried:
        def believe(error: PublishError) -> None:
            # What is on its way may still arrive, so only then is a word about the present worth nothing.
            if error.effect is Effect.NONE and fault is not Fault.DELIVERED_LATE:
                assert count(post.key) == 0 or after_effect, f"it says that nothing was posted: {error}"

        after_effect = False
        proxy.clear()
        proxy.inject(fault, at=at)
        carrier.on_error = believe
        try:
            return await carrier.carry_out(post)
        finally:
            await proxy.quiet()
            carrier.on_error = lambda _error: None

    def _judge(self, fault: Fault, carrier: Carrier, carried: Carried, there: int, at: int) -> None:
        where = f"{fault} at request {at}: {[str(error) for error in carried.errors]}"
        if carried.published is not None:
            assert there == 1, where
        elif carried.refused is not None:
            assert there == 0, where
            assert fault in (Fault.EXPIRED, Fault.ELSEWHERE), where
        else:
            assert not carrier.platform.capabilities.exact_find, f"a person is asked without need: {where}"
            assert there <= 1, where
        if fault is Fault.EXPIRED and Role.REFRESH in carrier.platform.capabilities.roles:
            assert carried.published is not None, where

    async def _refusal(self, carrier: Carrier, post: Post) -> None:
        carried = await carrier.carry_out(post)
        if carried.refused is not None:
            raise carried.refused
