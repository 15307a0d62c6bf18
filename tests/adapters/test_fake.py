"""The fakes: they keep the same contracts as the real adapters, and fail when they are told to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

import pytest

from adapters.fake import FakeNotifier, FakePlatform, FakeSource
from adapters.testing.contract import PlatformContract, make_post
from engine.domain.errors import Effect, PublishError
from engine.domain.ports import Capabilities, Notifier, Published
from engine.domain.records import Activity, Sample
from engine.domain.strategy import Metric
from engine.domain.workspace import Account, NotifierConfig, SourceConfig
from tests.contracts.notifier_contract import Call, NotifierContract, make_notice
from tests.contracts.source_contract import NOW, SourceContract, ask

ACCOUNT = Account(name="stage", platform="fake")
STAGE = NotifierConfig(name="stage", kind="fake")
STREAM = SourceConfig(name="stream", kind="fake")


class TestPlatform(PlatformContract):
    """The fake platform keeps the contract."""

    @pytest.fixture
    def platform(self) -> FakePlatform:
        return FakePlatform()

    @pytest.fixture
    def account(self) -> Account:
        return ACCOUNT

    @pytest.fixture
    def count(self, platform: FakePlatform) -> Callable[[str], int]:
        return platform.effects.count

    @pytest.fixture
    def failures(self) -> Sequence[Call]:
        post = make_post(ACCOUNT)
        publish = [FakePlatform([word]).publish for word in ("refuse", "fail_before", "fail_after")]
        return [
            *(partial(call, post, {}) for call in publish),
            partial(FakePlatform(finds=["refuse"]).find, post, {}),
        ]


class TestSource(SourceContract):
    """The fake source keeps the contract."""

    @pytest.fixture
    def source(self) -> FakeSource:
        instants = (NOW - timedelta(days=1), NOW + timedelta(days=1))
        activities = [Activity(at=at, ref=f"https://fake.example/{at:%d}") for at in instants]
        samples = [Sample(metric="visitors", at=at, value=1, seen=NOW) for at in instants]
        return FakeSource({"blog": activities}, {"visitors": samples})

    @pytest.fixture
    def config(self) -> SourceConfig:
        return STREAM

    @pytest.fixture
    def metrics(self) -> tuple[Metric, ...]:
        return (Metric(name="visitors", source="stream"),)

    @pytest.fixture
    def failures(self) -> Sequence[Call]:
        return [partial(FakeSource(script=["fail_before"]).read, STREAM, ask(STREAM), NOW, {})]


class TestNotifier(NotifierContract):
    """The fake notifier keeps the contract."""

    @pytest.fixture
    def notifier(self) -> FakeNotifier:
        return FakeNotifier()

    @pytest.fixture
    def config(self) -> NotifierConfig:
        return STAGE

    @pytest.fixture
    def delivered(self, notifier: FakeNotifier) -> Callable[[], list[str]]:
        return lambda: [f"{notice.title}\n{notice.body}" for _name, notice in notifier.sent]

    @pytest.fixture
    def failures(self, notifier: Notifier) -> Sequence[Call]:
        words = ("refuse", "fail_before", "fail_after")
        return [partial(FakeNotifier([word]).send, STAGE, make_notice(STAGE), {}) for word in words]


@pytest.mark.parametrize(
    ("word", "effect", "transient", "posted"),
    [
        ("refuse", Effect.NONE, False, 0),
        ("fail_before", Effect.NONE, True, 0),
        ("fail_after", Effect.MAYBE, False, 1),
    ],
)
async def test_a_fault_happens_once_and_where_it_says(
    word: str, effect: Effect, transient: bool, posted: int
) -> None:
    platform, post = FakePlatform([word]), make_post(ACCOUNT)
    with pytest.raises(PublishError) as caught:
        await platform.publish(post, {})
    assert (caught.value.effect, caught.value.transient) == (effect, transient)
    assert len(platform.effects) == posted
    assert await platform.publish(post, {})
    assert platform.effects == [post.key]


@pytest.mark.parametrize(("word", "posted"), [("hang_before", 0), ("hang_after", 1)])
async def test_a_hanging_call_waits_to_be_released(word: str, posted: int) -> None:
    platform, post = FakePlatform([word]), make_post(ACCOUNT)
    call = asyncio.ensure_future(platform.publish(post, {}))
    done, _waiting = await asyncio.wait([call], timeout=0.01)
    assert not done
    assert len(platform.effects) == posted
    platform.release()
    assert await call == platform.posts[post.key]


async def test_a_platform_without_idempotency_shows_its_doubles() -> None:
    platform, post = FakePlatform(idempotent=False), make_post(ACCOUNT)
    await platform.publish(post, {})
    await platform.publish(post, {})
    assert platform.effects == [post.key, post.key]


async def test_a_human_platform_asks_and_believes_the_link() -> None:
    platform = FakePlatform(capabilities=Capabilities(human=True))
    post = make_post(ACCOUNT, claimed_link="https://fake.example/by-hand")
    assert await platform.publish(post, {}) is None
    assert await platform.find(post, {}) == Published(at=post.slot, url="https://fake.example/by-hand")
    assert platform.effects == []
