"""What a platform shows of an account, as a source: for every platform with the roles for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from adapters.fake import FakePlatform
from adapters.metrics.platform import PlatformSource
from adapters.registry import Registry, installed
from adapters.settings import problems
from adapters.testing.secrecy import SECRET
from adapters.tools import Tools
from engine.domain.base import Model
from engine.domain.errors import Effect, PublishError
from engine.domain.items import ContentItem
from engine.domain.ports import Capabilities, Published, Role, Secrets
from engine.domain.records import Activity
from engine.domain.roles import Measured
from engine.domain.strategy import Metric
from engine.domain.workspace import Account, SourceConfig
from tests.contracts.source_contract import NOW, SourceContract, ask

Call = Callable[[], Any]


class ShowingSettings(Model):
    """Where it is."""

    server: str = "showing.example"


class Showing(FakePlatform):
    """A platform that shows numbers and posts, some of them of the future, one of them twice."""

    post_metrics = ("likes", "views")
    account_metrics = ("followers",)

    def __init__(self, _tools: Tools, kind: str = "showing", *more: Role) -> None:
        roles = frozenset({Role.METRICS, Role.HISTORY, *more})
        super().__init__(capabilities=Capabilities(roles=roles), kind=kind)

    def validate(self, account: Account, item: ContentItem | None) -> Sequence[str]:
        return problems(ShowingSettings, account.settings)

    async def measure(self, account: Account, post: Published | None, secrets: Secrets) -> Measured:
        assert post is None or post.native_id == "7"
        self.calls.append(("measure", account.name))
        if account.settings.get("server") == "down":
            raise PublishError("The platform is not there, it said.", effect=Effect.NONE, transient=True)
        assert secrets == {"token": SECRET}
        values = {"followers": 12.0} if post is None else {"likes": 3.0, "views": None}
        return Measured(as_of=NOW + timedelta(minutes=1), values=values)

    async def history(self, account: Account, newest: int, secrets: Secrets) -> Sequence[Activity]:
        hours = [timedelta(hours=-each) for each in range(newest + 20)]
        posts = [Activity(at=NOW + timedelta(hours=1) + at, ref=str(at)) for at in hours]
        return [*posts, posts[1]]


class Signing(Showing):
    def __init__(self, tools: Tools) -> None:
        super().__init__(tools, "signing", Role.REFRESH)

    async def refresh(self, *_words: Any) -> None:
        raise AssertionError


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    here = "tests.adapters.test_platform_source"

    def discover(group: str) -> list[EntryPoint]:
        ours = [EntryPoint(name, f"{here}:{name.title()}", group) for name in ("showing", "signing")]
        return [*installed(group), *(ours if group == "drumbeat.platforms" else [])]

    monkeypatch.setattr(Registry.__init__, "__defaults__", (None, discover))


def config_of(platform: str = "showing", **account: str) -> SourceConfig:
    return SourceConfig(name="back", kind="platform", settings={"platform": platform, "account": account})


def metric(name: str, **settings: str) -> Metric:
    return Metric(name=name, source="back", settings=settings)


class TestPlatformSource(SourceContract):
    @pytest.fixture
    def source(self, tools: Tools) -> PlatformSource:
        return PlatformSource(tools)

    @pytest.fixture
    def config(self) -> SourceConfig:
        return config_of(server="up")

    @pytest.fixture
    def secrets(self) -> dict[str, str]:
        return {"token": SECRET}

    @pytest.fixture
    def metrics(self) -> tuple[Metric, ...]:
        return metric("fans", measure="followers"), metric("liked", measure="likes", post="7")

    @pytest.fixture
    def failures(self, source: PlatformSource, secrets: dict[str, str]) -> Sequence[Call]:
        fans = metric("fans", measure="followers")
        return [
            lambda: source.read(config_of(server="down"), ask(config_of(), fans), NOW, secrets),
            lambda: source.read(config_of("nowhere"), ask(config_of(), fans), NOW, secrets),
            lambda: source.read(config_of("site"), ask(config_of(), fans), NOW, secrets),
            lambda: source.read(config_of("signing"), ask(config_of(), fans), NOW, secrets),
        ]

    async def test_a_number_that_the_platform_does_not_say_is_left_out(
        self, source: PlatformSource, config: SourceConfig, secrets: dict[str, str]
    ) -> None:
        question = ask(
            config, metric("seen", measure="views", post="7"), metric("liked", measure="likes", post="7")
        )
        reading = await source.read(config, question, NOW, secrets)
        assert [(sample.metric, sample.value) for sample in reading.samples] == [("liked", 3.0)]

    async def test_what_several_metrics_need_is_asked_once(
        self, source: PlatformSource, config: SourceConfig, secrets: dict[str, str]
    ) -> None:
        question = ask(config, metric("a", measure="followers"), metric("b", measure="followers"))
        reading = await source.read(config, question, NOW, secrets)
        platform = source._platforms["showing"]
        assert isinstance(platform, Showing)
        assert (len(reading.samples), platform.calls) == (2, [("measure", "back")])

    async def test_the_newest_hundred_posts_are_shown_and_none_of_the_future(
        self, source: PlatformSource, config: SourceConfig, secrets: dict[str, str]
    ) -> None:
        reading = await source.read(config, ask(config, channels=("blog",)), NOW, secrets)
        seen = reading.activities["blog"]
        assert (len(seen), seen[0].at) == (100, NOW)

    @pytest.mark.parametrize(
        ("settings", "words"),
        [
            ({"measure": "likes"}, "showing does not show this of an account. It shows: followers."),
            ({"measure": "followers", "post": "7"}, "does not show this of a post. It shows: likes, views."),
        ],
    )
    def test_a_number_that_does_not_exist_is_named_before_anything_runs(
        self, source: PlatformSource, config: SourceConfig, settings: dict[str, str], words: str
    ) -> None:
        (sentence,) = source.validate(config, metric("m", **settings))
        assert words in sentence

    @pytest.mark.parametrize(
        ("config", "words"),
        [
            (config_of(servre="up"), "There is no setting `servre`"),
            (config_of("shwoing"), "did you mean 'showing'?"),
            (config_of("site"), "shows neither numbers nor what was posted"),
            (config_of("signing"), "needs a session"),
        ],
    )
    def test_an_account_that_cannot_be_read_is_told_before_anything_runs(
        self, source: PlatformSource, config: SourceConfig, words: str
    ) -> None:
        (sentence,) = source.validate(config)
        assert words in sentence
