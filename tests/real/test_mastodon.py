"""The platform and the source `mastodon` on `mastodon_mock`, a stateful fake by another hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from adapters.keys import digest
from adapters.metrics.mastodon import MastodonSource
from adapters.platforms.mastodon.adapter import MastodonAdapter
from adapters.testing.behind_a_proxy import ProxiedContract
from adapters.testing.contract import Call, PlatformContract, make_post
from adapters.testing.proxy import FaultProxy
from adapters.testing.secrecy import SECRET
from adapters.tools import Tools
from engine.domain.errors import Effect, PublishError, Trouble
from engine.domain.items import ContentItem, Image
from engine.domain.ports import Platform, Published
from engine.domain.strategy import Metric
from engine.domain.workspace import Account, SourceConfig
from tests.contracts.source_contract import ask
from tests.real.pictures import picture
from tests.real.servers.mastodon_mock import MastodonMock


def point(folder: Path) -> Image:
    (folder / "point.png").write_bytes(picture("point"))
    return Image(file=str(folder / "point.png"), alt="Nothing to see", type="image/png")


@pytest.fixture
def platform(tools: Tools) -> MastodonAdapter:
    return MastodonAdapter(tools)


@pytest.fixture
def account(mastodon_mock: MastodonMock) -> Account:
    return at(mastodon_mock.url)


def at(url: str) -> Account:
    references = {"access_token": "env:MASTODON_TOKEN"}
    return Account(name="tacos", platform="mastodon", settings={"server": url}, secrets=references)


@pytest.fixture
def secrets(mastodon_mock: MastodonMock) -> dict[str, str]:
    return {"access_token": mastodon_mock.token}


@pytest.fixture
def count(mastodon_mock: MastodonMock) -> Callable[[str], int]:
    return lambda key: mastodon_mock.count(digest(key))


@pytest.fixture
def failures(platform: MastodonAdapter, account: Account) -> Sequence[Call]:
    revoked = {"access_token": f"{SECRET}-revoked"}
    long = make_post(account, item=ContentItem(id="long", body="a" * 501))
    return [
        partial(platform.publish, make_post(account), revoked),
        partial(platform.find, make_post(account), revoked),
        partial(platform.measure, account, None, revoked),
        partial(platform.publish, long, revoked),
    ]


class TestContract(PlatformContract):
    """The platform keeps the contract of its seam."""

    @pytest.fixture
    def secrets(self, mastodon_mock: MastodonMock) -> dict[str, str]:
        return {"access_token": mastodon_mock.token}

    async def test_an_unknown_key_is_not_found(
        self, platform: Platform, account: Account, secrets: dict[str, str], slot: datetime
    ) -> None:
        """With another text: this server stamps its own time, which is after both slots."""
        await platform.publish(make_post(account, slot=slot), secrets)
        other = make_post(account, slot=slot, item=ContentItem(id="x", body="Fish today."))
        assert await platform.find(other, secrets) is None


class TestBehindAProxy(ProxiedContract):
    """Every fault at every request of a post with an image."""

    @pytest.fixture
    def upstream(self, mastodon_mock: MastodonMock) -> str:
        return mastodon_mock.url.removeprefix("http://")

    @pytest.fixture
    def account(self, proxy: FaultProxy) -> Account:
        return at(proxy.url)

    @pytest.fixture
    def secrets(self, mastodon_mock: MastodonMock) -> dict[str, str]:
        return {"access_token": mastodon_mock.token}

    @pytest.fixture
    def item(self, tmp_path: Path) -> ContentItem:
        return ContentItem(id="x", body="Carnitas today.", images=(point(tmp_path),))


async def test_a_text_over_the_limit_is_refused_by_the_server_and_was_said_beforehand(
    platform: MastodonAdapter, account: Account, secrets: dict[str, str]
) -> None:
    item = ContentItem(id="long", body="🌮" * 501)
    assert any("501" in each for each in platform.validate(account, item))
    with pytest.raises(PublishError) as caught:
        await platform.publish(make_post(account, item=item), secrets)
    assert (caught.value.effect, caught.value.trouble) == (Effect.NONE, Trouble.CONTENT)
    assert caught.value.raw


async def test_its_limits_are_understood(
    platform: MastodonAdapter, account: Account, secrets: dict[str, str]
) -> None:
    probed = await platform.probe(account, secrets)
    assert (probed.text, probed.link, probed.images) == (500, 23, 4)
    assert "image/png" in probed.image_types


async def test_a_post_with_links_tags_and_an_image_is_found_again(
    platform: MastodonAdapter,
    account: Account,
    secrets: dict[str, str],
    mastodon_mock: MastodonMock,
    tmp_path: Path,
) -> None:
    body = "A **big** [menu](https://tacos.example/menu?a=1&b=2) — ¡ándale! 🌮"
    item = ContentItem(
        id="x", body=body, tags=("taco tuesday",), link="https://b.example", images=(point(tmp_path),)
    )
    post = make_post(account, item=item, slot=datetime.now(UTC))
    published = await platform.publish(await platform.prepare(post, secrets), secrets)
    assert published is not None
    assert await platform.find(post, secrets) == published
    (status,) = mastodon_mock.statuses()
    assert [each["description"] for each in status["media_attachments"]] == ["Nothing to see"]
    assert published.url == status["url"]


async def test_numbers_and_activity_come_back(
    tools: Tools,
    platform: MastodonAdapter,
    account: Account,
    secrets: dict[str, str],
    mastodon_mock: MastodonMock,
) -> None:
    published = await platform.publish(make_post(account), secrets)
    assert isinstance(published, Published)
    assert (await platform.measure(account, published, secrets)).values["likes"] == 0
    assert (await platform.measure(account, None, secrets)).values["followers"] == 0
    (seen,) = await platform.history(account, 5, secrets)
    assert (seen.ref, seen.at) == (published.url, published.at)
    source, config = (
        MastodonSource(tools),
        SourceConfig(name="us", kind="mastodon", settings={"server": mastodon_mock.url, "account": "tacos"}),
    )
    metrics = [
        Metric(name=name, source="us", settings={"measure": name}) for name in ("posts", "likes", "followers")
    ]
    reading = await source.read(
        config, ask(config, *metrics, channels=("blog",)), datetime.now(UTC) + timedelta(seconds=1), {}
    )
    assert {sample.metric: sample.value for sample in reading.samples} == {
        "posts": 1,
        "likes": 0,
        "followers": 0,
    }
    assert [each.ref for each in reading.activities["blog"]] == [published.url]
