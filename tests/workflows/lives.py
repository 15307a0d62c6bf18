"""Plans and worlds that strategies live through in these tests, and adapters that answer from such a world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from temporalio import activity
from temporalio.testing import WorkflowEnvironment

from adapters.registry import Registry
from engine.domain.errors import Effect, PublishError
from engine.domain.items import ContentItem
from engine.domain.messages import Find, Notify, Observe, Publish
from engine.domain.plan import Plan
from engine.domain.ports import Capabilities, MetricSource, Notifier, Platform, Published, Secrets
from engine.domain.publication import Post, PublishStatus
from engine.domain.records import Activity, Reading, Sample
from engine.domain.strategy import Metric, Strategy
from engine.domain.workspace import Account, NotifierConfig, SourceConfig
from engine.runtime.simulation import World
from rules.packs import merged_rules, merged_signals

DAY = timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")


class ServerTime:
    """The server's clock, as the activity under way was told it: it may run a month ahead of ours."""

    def now(self) -> datetime:
        return activity.info().started_time


class WorldPlatform:
    """A platform on which happens what the simulator's world says."""

    def __init__(self, kind: str, world: World) -> None:
        self.kind, self._world = kind, world
        self.capabilities = Capabilities(exact_find=True, settle=timedelta(0))
        self.calls: list[str] = []

    def validate(self, account: Account, item: ContentItem | None) -> Sequence[str]:
        return []

    async def publish(self, post: Post, secrets: Secrets) -> Published | None:
        self.calls.append(post.key)
        outcome = self._world.publish(Publish(slot="", post=post), ServerTime().now())
        if outcome.status is PublishStatus.REFUSED:
            raise PublishError(outcome.message, effect=Effect.NONE)
        if outcome.status is PublishStatus.ASKED or outcome.at is None:
            return None
        return Published(at=outcome.at, url=outcome.url)

    async def find(self, post: Post, secrets: Secrets) -> Published | None:
        outcome = self._world.publish(Find(slot="", post=post), ServerTime().now())
        return Published(at=outcome.at, url=outcome.url) if outcome.at else None


class WorldSource:
    """A source that shows what the simulator's world holds."""

    kind = "fake"

    def __init__(self, world: World) -> None:
        self._world = world

    def validate(self, source: SourceConfig, metric: Metric | None = None) -> Sequence[str]:
        return []

    async def read(self, source: SourceConfig, ask: Observe, now: datetime, secrets: Secrets) -> Reading:
        only = ask.model_copy(update={"sources": (source,)})
        return self._world.observe(only, now).readings[0]


@dataclass
class Shelves:
    """A registry of exactly these adapters."""

    platforms: Mapping[str, Platform] = field(default_factory=dict)
    sources: Mapping[str, MetricSource] = field(default_factory=dict)
    notifiers: Mapping[str, Notifier] = field(default_factory=dict)


class Ear:
    """A notifier that hears everything."""

    kind = "fake"

    def __init__(self) -> None:
        self.heard: list[Notify] = []

    def validate(self, notifier: NotifierConfig) -> Sequence[str]:
        return []

    async def send(self, notifier: NotifierConfig, notice: Notify, secrets: Secrets) -> None:
        self.heard.append(notice)


def registry(
    platforms: Mapping[str, Platform] | None = None,
    sources: Mapping[str, MetricSource] | None = None,
    notifiers: Mapping[str, Notifier] | None = None,
) -> Registry:
    """Return a registry of exactly these adapters."""
    return cast("Registry", Shelves(platforms or {}, sources or {}, notifiers or {}))


def world_registry(world: World, ear: Ear | None = None) -> Registry:
    """Return adapters that answer from the world."""
    return registry(
        {kind: WorldPlatform(kind, world) for kind in ("fake", "manual")},
        {"fake": WorldSource(world)},
        {"fake": ear or Ear()},
    )


def make_plan(name: str, *, workspace: dict[str, Any] | None = None, **strategy: Any) -> Plan:
    """Return a plan from the fields of its documents, by default with the momentum pack; its content is written in it."""
    ground = {
        "apiVersion": "drumbeat/v1",
        "kind": "Workspace",
        "name": "team",
        "accounts": [
            {"name": "site", "platform": "fake"},
            {"name": "mail", "platform": "manual"},
        ],
        **(workspace or {}),
    }
    paper = {
        "apiVersion": "drumbeat/v1",
        "kind": "Strategy",
        "name": name,
        "workspace": "team",
        "channels": [{"name": "blog", "account": "site"}],
        "packs": ["momentum"],
        **strategy,
    }
    checked = Strategy.model_validate(paper)
    content = {each["name"]: each["content"]["items"] for each in strategy.get("actions", [])}
    return Plan.model_validate(
        {
            "workspace": ground,
            "strategy": paper,
            "content": content,
            "rules": merged_rules(checked),
            "signals": merged_signals(checked),
        }
    )


def items(*names: str, repeat: bool = True) -> dict[str, Any]:
    """Return the content of an action."""
    made = [{"id": name, "title": f"{name} {{number}}", "body": f"About {name}."} for name in names]
    return {"items": made, "repeat": repeat}


def quiet_plan(name: str = "quiet") -> Plan:
    """Return a strategy that posts once a week and reads one feed once a day."""
    return make_plan(
        name,
        workspace={"sources": [{"name": "feed", "kind": "fake", "every": "1d"}]},
        channels=[{"name": "blog", "account": "site", "activity": "feed"}],
        actions=[
            {
                "name": "post",
                "channel": "blog",
                "schedule": {"cron": "0 9 * * MON"},
                "content": items("note"),
            }
        ],
    )


def busy_plan(start: datetime, name: str = "busy") -> Plan:
    """Return a strategy in which nearly everything happens within thirty days of `start`.

    Instants are kept apart from each other: the order in which things happen is then the same in every run. And
    nothing hangs on a millisecond: the time-skipping server loses a run that cancels a timer which rings in the
    same moment (its answer is "invalid history builder state for action"; the real server does not).
    """
    dark = _monday_after(start + 6 * DAY)
    return make_plan(
        name,
        workspace={
            "timezone": "Europe/Berlin",
            "people": [
                {"name": "ana", "notify": ["ear"]},
                {"name": "ben", "notify": ["ear"]},
                {"name": "cleo", "notify": ["ear"]},
            ],
            "notifiers": [{"name": "ear", "kind": "fake"}],
            "sources": [
                {"name": "blog-feed", "kind": "fake", "every": "4h"},
                {"name": "numbers", "kind": "fake", "every": "1d"},
            ],
        },
        owner="ana",
        deputy="ben",
        notify=["ear"],
        packs=["momentum", "goals", "hygiene"],
        # Nothing that counts in whole hours or days may ring within the moment of a judgement or a look: see above.
        judge_every="5h",
        overrides=[
            {
                "name": "PipelineDry",
                "task": {"title": "Prepare content for {subject}", "due_within": "3d90m"},
            },
        ],
        signals=[{"name": "essays", "channel": "blog", "function": "count", "window": "6d"}],
        rules=[
            {
                "name": "NoEssay",
                "reason": "Nobody wrote.",
                "expr": "signal.essays == 0 && age(strategy.started_at) > 7d",
                "of": "strategy",
                "recover": "signal.essays > 0",
                "for": "4h30m",
                "task": {"title": "Write an essay", "due_within": "3d90m"},
            }
        ],
        channels=[
            {
                "name": "blog",
                "account": "site",
                "activity": "blog-feed",
                "cadence": {"at_least": 2, "per": "week"},
                "silence": {"after": "5d", "dormant_after": "9d"},
            },
            {"name": "chat", "account": "site", "cadence": {"at_most": 3, "per": "day"}},
            {"name": "letters", "account": "mail", "cadence": {"at_least": 1, "per": "month"}},
        ],
        goals=[
            {
                "name": "readers",
                "metric": "visits",
                "baseline": 10,
                "target": 500,
                "start": f"{start:%Y-%m-%d}",
                "due": f"{start + 90 * DAY:%Y-%m-%d}",
            }
        ],
        metrics=[{"name": "visits", "source": "numbers", "expect_every": "3d"}],
        actions=[
            {
                "name": "essay",
                "channel": "blog",
                "schedule": {
                    "cron": "15 9 * * MON",
                    "blackout": [{"start": f"{dark:%Y-%m-%d}", "reason": "a holiday"}],
                    "blackout_policy": "shift",
                },
                "content": items("first", "second", "third", repeat=False),
            },
            {
                "name": "chatter",
                "channel": "chat",
                "schedule": {"cron": "40 7,10,13,16 * * WED"},
                "content": items("hello", "news"),
            },
            {
                "name": "letter",
                "channel": "letters",
                "kind": "listen",
                "schedule": {"cron": "20 11 * * TUE"},
                "content": items("answers"),
                "assignee": "cleo",
                "due_within": "1d",
            },
        ],
        reviews=[
            {"name": "weekly", "schedule": {"cron": "50 14 * * FRI"}, "decide_within": "2d"},
            {"name": "milestone", "checkpoints": ["5d", "20d"], "attendees": ["ana", "cleo"]},
        ],
    )


def busy_world(start: datetime) -> World:
    """Return a world in which the blog is silent from day 8 to day 24, and its numbers stop from day 6 to day 21."""
    days = [1.3, 3.1, 5.2, 7.4, 24.15, 25.6, 26.4, 28.7]
    numbers = [*range(1, 7), *range(21, 30)]
    return World(
        posts={
            "blog": tuple(
                Activity(at=start + day * DAY, ref=f"https://blog.example/{day}", title=f"Day {day}")
                for day in days
            )
        },
        samples={
            "visits": tuple(
                Sample(metric="visits", at=at, value=10.0 + 7 * day, seen=at)
                for day in numbers
                for at in [start + day * DAY]
            )
        },
    )


def days_before_summer_time(days: float, now: datetime) -> datetime:
    """Return the noon so many days before Berlin's next change to summer time that is still to come."""
    noon = now.astimezone(UTC).replace(hour=12, minute=0, second=0, microsecond=0) + (days + 1) * DAY
    while BERLIN.utcoffset(noon) >= BERLIN.utcoffset(noon + DAY):  # type: ignore[operator]
        noon += DAY
    return noon - days * DAY


async def skip_to(environment: WorkflowEnvironment, moment: datetime) -> None:
    """Let the server's time go on until the moment. In small steps: one call is given half a minute."""
    while (left := moment - await environment.get_current_time()) > timedelta(0):
        await environment.sleep(min(left, DAY / 2))


def _monday_after(moment: datetime) -> datetime:
    return moment + timedelta(days=(7 - moment.weekday()) % 7)
