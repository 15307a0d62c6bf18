"""Typical lives of strategies, short enough to be kept as histories: `python -m tests.replay.record` lives them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from temporalio.testing import WorkflowEnvironment

from adapters.fake import FakePlatform
from adapters.registry import Registry
from engine.domain.messages import (
    CompleteTask,
    DecideReview,
    DecideSlot,
    EndPause,
    SnoozeTask,
    StartPause,
)
from engine.domain.plan import Plan
from engine.domain.ports import Capabilities
from engine.domain.records import ReviewDecision
from engine.runtime.simulation import World
from tests.workflows.engine import Engine
from tests.workflows.lives import (
    DAY,
    busy_plan,
    busy_world,
    items,
    make_plan,
    quiet_plan,
    registry,
    skip_to,
    world_registry,
)

HOUR = timedelta(hours=1)


@dataclass
class Stage:
    """Where a life is lived: a strategy, and a server whose time can be skipped."""

    engine: Engine
    environment: WorkflowEnvironment
    start: datetime

    async def until(self, days: float) -> None:
        await skip_to(self.environment, self.start + days * DAY)


@dataclass(frozen=True)
class Life:
    """A plan, the adapters around it, and what happens. Its first run is kept, or with `last` its last one."""

    plan: Callable[[datetime], Plan]
    adapters: Callable[[datetime], Registry]
    story: Callable[[Stage], Awaitable[None]]
    last: bool = False


async def _quiet_day(stage: Stage) -> None:
    await stage.engine.apply()
    await stage.until(1.2)


async def _busy_days(stage: Stage) -> None:
    await stage.engine.apply(most_events=500)
    await stage.until(2.2)


async def _people(stage: Stage) -> None:
    """Say everything that can be said, some of it twice or in vain."""
    engine = stage.engine
    await engine.apply()
    await engine.say(StartPause(scope="channel/blog", reason="holidays"), identity="pause")
    await engine.say(StartPause(scope="channel/blog", reason="holidays"), identity="pause")
    await engine.say(EndPause(scope="channel/blog"))
    await stage.until(0.3)
    await engine.say(SnoozeTask(task="T1", until=stage.start + 0.4 * DAY))
    await stage.until(0.5)
    await engine.say(CompleteTask(task="T1", outcome="heard two"))
    await engine.say(DecideReview(review="first-1", decision=ReviewDecision.CHANGE, note="fewer posts"))
    await stage.until(0.6)


async def _doubts(stage: Stage) -> None:
    """Let a platform fail in every way, and a person settle what is left."""
    engine = stage.engine
    await engine.apply()
    await stage.until(0.55)
    (task,) = [task.id for task in engine.state().tasks.values()]
    await engine.say(DecideSlot(task=task, decision="post"))
    await stage.until(0.6)


async def _revised(stage: Stage) -> None:
    engine = stage.engine
    await engine.apply()
    await stage.until(0.2)
    await engine.apply(_people_plan(stage.start, title="Second thoughts"))
    await stage.until(0.3)
    smaller = make_plan(engine.plan.strategy.name, workspace=_GROUND, owner="ana")
    await engine.apply(smaller)
    await stage.until(0.4)


async def _renewed(stage: Stage) -> None:
    """Continue as new, and go on from the memory."""
    engine = stage.engine
    await engine.apply(most_events=80)
    first = await engine.run_id()
    while await engine.run_id() == first:
        await engine.say(StartPause(scope="action/listen", until=stage.start + DAY / 2))
    await stage.until(0.6)


_GROUND = {
    "people": [{"name": "ana", "notify": ["ear"]}],
    "notifiers": [{"name": "ear", "kind": "fake"}],
}


def _people_plan(start: datetime, **more: str) -> Plan:
    listen = {
        "name": "listen",
        "channel": "mail",
        "kind": "listen",
        "schedule": {"every": "1d", "anchor": f"{start + 3 * HOUR:%Y-%m-%dT%H:%M:%SZ}"},
        "content": items("answers"),
        "due_within": "2h",
    }
    return make_plan(
        "people",
        workspace=_GROUND,
        owner="ana",
        channels=[{"name": "blog", "account": "site"}, {"name": "mail", "account": "mail"}],
        actions=[listen],
        reviews=[{"name": "first", "checkpoints": ["6h"], "attendees": ["ana"]}],
        **more,
    )


def _doubtful_plan(start: datetime) -> Plan:
    post = {
        "name": "post",
        "channel": "blog",
        "schedule": {"every": "3h", "anchor": f"{start + HOUR:%Y-%m-%dT%H:%M:%SZ}"},
        "content": items("note"),
        "due_within": "6h",
    }
    return make_plan("doubts", workspace=_GROUND, owner="ana", actions=[post])


def _faulty(_start: datetime) -> Registry:
    slow = Capabilities(exact_find=True, settle=timedelta(minutes=2))
    faults = ["fail_after", "fail_before", "ok", "refuse"]
    return registry({"fake": FakePlatform(faults, capabilities=slow, idempotent=False)})


def _kind(_start: datetime) -> Registry:
    return world_registry(World())


LIVES: Mapping[str, Life] = {
    "quiet-day": Life(lambda _: quiet_plan(), _kind, _quiet_day),
    "busy-days": Life(busy_plan, lambda start: world_registry(busy_world(start)), _busy_days),
    "people": Life(_people_plan, _kind, _people),
    "doubts": Life(_doubtful_plan, _faulty, _doubts),
    "revised": Life(_people_plan, _kind, _revised),
    "renewed": Life(_people_plan, _kind, _renewed, last=True),
}
