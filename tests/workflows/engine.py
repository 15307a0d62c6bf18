"""A strategy's engine for one test: a worker on a server, a store, and the words to talk to the strategy."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle

from adapters.registry import Registry
from engine.domain.journal import Entry
from engine.domain.lifecycle.state import State
from engine.domain.messages import Command, Instruction
from engine.domain.plan import Plan
from engine.domain.shell import ApplyRequest, StrategyStart, workflow_id
from engine.domain.storage import Store, StrategyRow
from engine.runtime import operations
from engine.runtime.settings import Settings, load_settings
from engine.runtime.worker import make_worker
from engine.store import SqlStore
from tests.support import eventually_async
from tests.workflows.lives import make_plan
from workflows.strategy import StrategyWorkflow


class Gate:
    """A store whose journal can be held up: `record` waits while the gate is closed."""

    def __init__(self, store: SqlStore) -> None:
        self._store, self._open = store, threading.Event()
        self._open.set()
        self.waiting = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def close_gate(self) -> None:
        self._open.clear()

    def open_gate(self) -> None:
        self._open.set()

    def record(self, row: StrategyRow, entries: Sequence[Entry], now: datetime) -> int:
        self.waiting += not self._open.is_set()
        self._open.wait(30)
        return self._store.record(row, entries, now)


@dataclass
class Engine:
    """What a test says to a strategy, and what it reads."""

    client: Client
    settings: Settings
    store: Store
    plan: Plan
    first_run: str = ""

    @property
    def handle(self) -> WorkflowHandle[StrategyWorkflow, None]:
        return self.client.get_workflow_handle_for(StrategyWorkflow.run, workflow_id(self.plan.id))

    async def apply(self, plan: Plan | None = None, *, most_events: int | None = None) -> int:
        """Store a revision and hand it over, as `apply` does; `most_events` makes runs short."""
        self.plan = plan or self.plan
        number = self.store.save_revision(self.plan, author="ana", reason="test", now=long_ago()).number
        request = ApplyRequest(plan=self.plan, revision=number, author="ana", reason="test")
        start = StrategyStart(strategy=self.plan.id, **({"most_events": most_events} if most_events else {}))
        await operations.hand_over(self.client, self.settings, request, start)
        self.first_run = self.first_run or await self.run_id()
        return number

    async def say(self, instruction: Instruction, *, identity: str = "") -> str:
        """Give a command as a person does."""
        order = Command(id=identity or str(uuid.uuid4()), by="ana", instruction=instruction)
        return await operations.command(self.client, self.plan.id, order)

    def journal(self, *types: str) -> list[Entry]:
        return [entry for _, entry in self.store.journal(self.plan.id, types=types, limit=100_000)]

    def state(self) -> State:
        return State.model_validate(self.store.strategy(self.plan.id).state)

    async def run_id(self) -> str:
        return str((await self.handle.describe()).run_id)

    async def events(self) -> dict[str, int]:
        """Return how often each kind of event stands in the current run's history."""
        found: dict[str, int] = {}
        async for event in self.handle.fetch_history_events():
            name = EventType.Name(event.event_type).removeprefix("EVENT_TYPE_")
            found[name] = found.get(name, 0) + 1
        return found


@asynccontextmanager
async def running(
    client: Client, store: Store, plan: Plan, registry: Registry, **options: Any
) -> AsyncIterator[Engine]:
    """Run a worker for one strategy. What is left of the strategy at the end is terminated."""
    settings = load_settings({}, task_queue=f"test-{plan.strategy.name}")
    engine = Engine(client, settings, store, plan)
    async with make_worker(client, settings.task_queue, store, registry, **options):
        yield engine
        await terminate(engine)


async def terminate(engine: Engine) -> None:
    """End the strategy's workflow, as somebody might by hand."""
    await engine.handle.terminate("the test is over")


def long_ago() -> datetime:
    """Return when revisions were stored: revival leaves those of the last minute to whoever stores them."""
    return datetime.now(UTC) - timedelta(hours=1)


def one_post(name: str) -> Plan:
    """Return a strategy with a single slot, two to three seconds from now: it must be applied before that."""
    when = (datetime.now(UTC) + timedelta(seconds=3)).replace(microsecond=0)
    item = {"id": "only", "title": "The only one", "body": "Once."}
    post = {
        "name": "post",
        "channel": "blog",
        "schedule": {"dates": [f"{when:%Y-%m-%dT%H:%M:%S}"]},
        "content": {"items": [item]},
    }
    return make_plan(name, actions=[post])


async def called(calls: Sequence[object], times: int = 1, *, within: float = 20) -> None:
    """Wait until an adapter was called so often."""
    await eventually_async(lambda: len(calls) >= times, within=within, what=f"{times} calls")


async def journaled(engine: Engine, kind: str, *, within: float = 30) -> Entry:
    """Wait for the first journal entry of a kind."""
    found = await eventually_async(lambda: engine.journal(kind), within=within, what=kind)
    return found[0]


async def all_done(*tasks: asyncio.Task[Any]) -> list[Any]:
    """Await all, within a time that only a broken strategy needs."""
    return await asyncio.wait_for(asyncio.gather(*tasks), 60)
