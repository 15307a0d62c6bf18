"""What a strategy costs: its one timer is kept, runs end daily, and a quiet week is a handful of events."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import timedelta

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from engine.domain.messages import EndPause, StartPause
from engine.domain.plan import Plan
from engine.runtime.simulation import World
from engine.store import SqlStore
from tests.workflows.engine import Engine, running
from tests.workflows.lives import (
    DAY,
    ServerTime,
    items,
    make_plan,
    quiet_plan,
    registry,
    skip_to,
    world_registry,
)
from tests.workflows.test_updates import calm

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.xdist_group("server")
async def test_wake_ups_that_do_not_move_the_next_instant_keep_the_one_timer(
    client: Client, store: SqlStore
) -> None:
    async with running(client, store, calm("kept-timer"), registry()) as engine:
        await engine.apply()
        for _ in range(10):
            await engine.say(StartPause(scope="channel/blog"))
            await engine.say(EndPause(scope="channel/blog"))
        events = await engine.events()
        assert events["WORKFLOW_EXECUTION_UPDATE_COMPLETED"] == 21
        assert events["TIMER_STARTED"] == 1
        assert "TIMER_CANCELED" not in events


@pytest.mark.xdist_group("skipping")
async def test_a_quiet_week_is_a_handful_of_short_runs(
    skipping: WorkflowEnvironment, store: SqlStore
) -> None:
    runs = await _lives(skipping, store, quiet_plan(), days=7)
    total = sum(runs, Counter())
    sys.stdout.write(f"a quiet week: {len(runs)} runs, {total.total()} events: {dict(total)}\n")
    assert 4 <= len(runs) <= 9, "at the first quiet instant after a day"
    # Rules are judged four times a day, once of these with a look at the feed; one post a week, and one record for each
    # thing that happened.
    assert total["ACTIVITY_TASK_SCHEDULED"] <= 7 * 4 + 1 + 4
    assert total["TIMER_STARTED"] <= 2 * 8 + 7 * 3
    assert total.total() <= 400


@pytest.mark.xdist_group("skipping")
async def test_a_typical_strategy_stays_far_below_what_makes_it_expensive_to_wake(
    skipping: WorkflowEnvironment, store: SqlStore
) -> None:
    runs = await _lives(skipping, store, typical_plan(), days=3)
    per_day = [run.total() for run in runs[:3]]
    actions = sum(run["ACTIVITY_TASK_SCHEDULED"] + run["TIMER_STARTED"] for run in runs) / 3 * 30
    sys.stdout.write(
        f"a typical strategy: {per_day} events a day, about {actions:.0f} billed actions a month\n"
    )
    assert max(per_day) <= 450
    assert actions <= 2_500


def typical_plan() -> Plan:
    """Return five channels with a post a day each, read hourly."""
    names = [f"channel-{number}" for number in range(5)]
    return make_plan(
        "typical",
        workspace={"sources": [{"name": "feed", "kind": "fake", "every": "1h"}]},
        channels=[{"name": name, "account": "site", "activity": "feed"} for name in names],
        actions=[
            {
                "name": f"post-{name}",
                "channel": name,
                "schedule": {"cron": f"{7 * number} {9 + number} * * *"},
                "content": items("note"),
            }
            for number, name in enumerate(names)
        ],
    )


async def _lives(
    environment: WorkflowEnvironment, store: SqlStore, plan: Plan, *, days: int
) -> list[Counter[str]]:
    """Let a strategy live and return the events of each of its runs, oldest first."""
    start = await environment.get_current_time()
    async with running(
        environment.client, store, plan, world_registry(World()), clock=ServerTime()
    ) as engine:
        await engine.apply()
        ids = [await engine.run_id()]
        for hour in range(0, days * 24, 6):
            await skip_to(environment, start + timedelta(hours=hour) + DAY / 4)
            if (run := await engine.run_id()) not in ids:
                ids.append(run)
        return [await _events(engine, run) for run in ids]


async def _events(engine: Engine, run: str) -> Counter[str]:
    handle = engine.client.get_workflow_handle(engine.handle.id, run_id=run)
    names = [EventType.Name(event.event_type) async for event in handle.fetch_history_events()]
    return Counter(name.removeprefix("EVENT_TYPE_") for name in names)
