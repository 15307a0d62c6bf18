"""The source `mastodon`: numbers as they are told, and what is not told left out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import pytest

from adapters.metrics.mastodon import MastodonSource
from adapters.testing.secrecy import SECRET
from adapters.tools import Tools
from engine.domain.errors import SourceError
from engine.domain.strategy import Metric
from engine.domain.workspace import SourceConfig
from tests.adapters.local_server import Server, reset
from tests.adapters.mastodon_server import TOKEN, Mastodon
from tests.contracts.source_contract import NOW, Call, SourceContract, ask

SECRETS = {"access_token": TOKEN}
NAMES = ("followers", "follows", "posts", "likes", "reposts", "replies")


@pytest.fixture
def mastodon(server: Server) -> Mastodon:
    mastodon = Mastodon(server)
    for days in (-1, 0, 3, 20, 60):
        mastodon.add(f"{days} days old", NOW - timedelta(days=days, seconds=1))
    mastodon.add("an answer", NOW - timedelta(days=1), in_reply_to_id="5")
    return mastodon


@pytest.fixture
def source(tools: Tools) -> MastodonSource:
    return MastodonSource(tools)


def of(url: str, **settings: object) -> SourceConfig:
    given = {"server": url, **settings}
    secrets = {} if "account" in settings else {"access_token": "env:MASTODON_TOKEN"}
    return SourceConfig.model_validate(
        {"name": "us", "kind": "mastodon", "settings": given, "secrets": secrets}
    )


@pytest.fixture
def config(mastodon: Mastodon) -> SourceConfig:
    return of(mastodon.url)


def metric(name: str, **settings: object) -> Metric:
    given = {"measure": name, **settings}
    return Metric.model_validate({"name": name, "source": "us", "settings": given})


@pytest.fixture
def metrics() -> tuple[Metric, ...]:
    return tuple(map(metric, NAMES))


@pytest.fixture
def failures(source: MastodonSource, server: Server, mastodon: Mastodon, closed_port: int) -> Sequence[Call]:
    server.add("/api/v1/accounts/lookup", reset)
    followers = metric("followers")
    broken = [of(mastodon.url), of(mastodon.url, account="tacos"), of(f"http://127.0.0.1:{closed_port}")]
    revoked = {"access_token": f"{SECRET}-revoked"}
    return [
        *(partial(source.read, each, ask(each, followers), NOW, revoked) for each in broken),
        partial(source.read, of(mastodon.url, wrong=SECRET), ask(broken[0], followers), NOW, SECRETS),
    ]


class TestContract(SourceContract):
    """The source keeps the contract of its seam."""

    @pytest.fixture
    def secrets(self) -> dict[str, str]:
        return SECRETS


async def values(source: MastodonSource, config: SourceConfig, *metrics: Metric) -> dict[str, float]:
    reading = await source.read(config, ask(config, *metrics), NOW, SECRETS if config.secrets else {})
    return {sample.metric: sample.value for sample in reading.samples}


async def test_numbers_of_the_account_and_sums_over_the_posts_of_four_weeks(
    source: MastodonSource, config: SourceConfig, metrics: tuple[Metric, ...]
) -> None:
    assert await values(source, config, *metrics) == {
        "followers": 11,
        "follows": 5,
        "posts": 42,
        "likes": 9,
        "reposts": 6,
        "replies": 3,
    }


@pytest.mark.parametrize(
    ("days", "replies", "likes"), [(1, False, 3), (2, True, 6), (7, False, 6), (90, False, 12)]
)
async def test_a_sum_is_of_its_own_days(
    source: MastodonSource, mastodon: Mastodon, days: int, replies: bool, likes: float
) -> None:
    config = of(mastodon.url, replies=replies)
    assert await values(source, config, metric("likes", days=days)) == {"likes": likes}


async def test_a_public_account_needs_no_token(source: MastodonSource, mastodon: Mastodon) -> None:
    config = of(mastodon.url, account="@tacos")
    assert list(source.validate(config)) == []
    assert await values(source, config, metric("likes", post="100"), metric("posts")) == {
        "likes": 3,
        "posts": 42,
    }


async def test_what_is_not_told_is_left_out(
    source: MastodonSource, config: SourceConfig, mastodon: Mastodon, server: Server
) -> None:
    server.say("/api/v1/accounts/verify_credentials", json.dumps({"id": "7"}))
    asked = [metric("followers"), metric("quotes"), metric("likes", post="9")]
    assert await values(source, config, *asked) == {}
    mastodon.statuses[1]["favourites_count"] = None
    assert await values(source, config, metric("likes"), metric("reposts")) == {"reposts": 6}


async def test_a_sum_over_more_posts_than_are_read_is_left_out(
    source: MastodonSource, config: SourceConfig, mastodon: Mastodon
) -> None:
    for number in range(205):
        mastodon.add(f"post {number}", NOW - timedelta(hours=number))
    assert await values(source, config, metric("likes", days=28)) == {}
    assert await values(source, config, metric("likes", days=1)) == {"likes": 3 * 25}


async def test_mentions_that_we_have_not_replied_to_are_open(
    source: MastodonSource, config: SourceConfig, mastodon: Mastodon
) -> None:
    for number, days in enumerate((1, 2, 3, 20, 40)):
        mastodon.mention(NOW - timedelta(days=days), f"m{number}")
    mastodon.mention(NOW - timedelta(hours=3), "m9", in_reply_to_id="m1")  # the same person goes on
    mastodon.mentions.append({**mastodon.mentions[0], "id": "gone", "status": None})
    mastodon.add("@ana At noon.", NOW - timedelta(hours=2), in_reply_to_id="m0")
    assert await values(source, config, metric("open_replies")) == {"open_replies": 3}
    assert await values(source, config, metric("open_replies", days=7)) == {"open_replies": 2}


async def test_open_replies_that_cannot_be_told_are_left_out(
    source: MastodonSource, config: SourceConfig, mastodon: Mastodon, server: Server
) -> None:
    in_the_open = of(mastodon.url, account="tacos")
    assert await values(source, in_the_open, metric("open_replies")) == {}
    server.say("/api/v1/accounts/lookup", json.dumps({"id": "8"}))
    of_another = in_the_open.model_copy(update={"secrets": config.secrets})
    assert await values(source, of_another, metric("open_replies")) == {}
    for number in range(205):
        mastodon.mention(NOW - timedelta(hours=number), f"m{number}")
    assert await values(source, config, metric("open_replies")) == {}
    assert await values(source, config, metric("open_replies", days=1)) == {"open_replies": 25}


async def test_only_what_is_asked_is_read(
    source: MastodonSource, config: SourceConfig, server: Server
) -> None:
    await values(source, config, metric("followers"))
    assert server.paths() == ["GET /api/v1/accounts/verify_credentials"]


async def test_activity_is_what_the_account_posted_without_answers(
    source: MastodonSource, config: SourceConfig, mastodon: Mastodon
) -> None:
    reading = await source.read(config, ask(config, channels=("blog",)), NOW, SECRETS)
    seen = reading.activities["blog"]
    assert [each.title for each in seen] == ["0 days old", "3 days old", "20 days old", "60 days old"]
    assert seen[0].ref.startswith(mastodon.url)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "`measure` is missing"),
        ({"measure": "visits"}, "`measure`"),
        ({"measure": "followers", "days": 7}, "number of the account"),
        ({"measure": "likes", "days": 7, "post": "1"}, "one post is meant"),
        ({"measure": "likes", "days": 0}, "`days`"),
        ({"measure": "likes", "post": "https://a.example/1"}, "`post`"),
    ],
)
def test_a_wrong_metric_is_said_beforehand(
    source: MastodonSource, config: SourceConfig, settings: dict[str, object], words: str
) -> None:
    wrong = Metric.model_validate({"name": "x", "source": "us", "settings": settings})
    (found,) = source.validate(config, wrong)
    assert words in found


def test_whose_posts_are_meant_must_be_said(source: MastodonSource) -> None:
    nobody = SourceConfig(name="us", kind="mastodon", settings={"server": "https://a.example"})
    assert any("`account` or the secret `access_token`" in each for each in source.validate(nobody))


async def test_an_error_says_what_the_server_said_without_the_token(
    source: MastodonSource, config: SourceConfig
) -> None:
    with pytest.raises(SourceError, match="access token is invalid"):
        await source.read(config, ask(config, metric("posts")), NOW, {"access_token": "old"})
