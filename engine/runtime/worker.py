"""The worker: one process that runs workflows and activities, wired together from the settings."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import structlog
from temporalio.client import Client
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities import policies
from activities.notify import NotifyActivities
from activities.observe import ObserveActivities
from activities.publish import PublishActivities
from activities.record import RecordActivities
from adapters.registry import Registry
from adapters.tools import SystemClock
from engine.domain.ports import Clock
from engine.domain.storage import Store
from engine.runtime.hand import Hand
from engine.runtime.heir import Heir
from engine.runtime.operations import reading_store
from engine.runtime.revival import keep_reviving
from engine.runtime.sealing import seal_of
from engine.runtime.secrets import read_secrets
from engine.runtime.settings import Settings
from engine.runtime.telemetry import serve_metrics
from engine.runtime.temporal import connect
from engine.runtime.tidying import keep_tidy
from workflows.strategy import StrategyWorkflow

T = TypeVar("T")
log = structlog.get_logger(__name__)
# Imported once for all strategies: a workflow costs 20 KB instead of 10 MB, and its first task 0.4 ms.
PASSED_THROUGH = (
    "engine",
    "activities",
    "workflows.alarm",
    "workflows.summary",
    "rules",
    "croniter",
    "structlog",
)
_SERVER_WITHIN = timedelta(seconds=60)
# After so many seconds without a yield a workflow is taken for hung.
_HUNG_AFTER = 60


def make_worker(
    client: Client,
    task_queue: str,
    store: Store,
    registry: Registry,
    *,
    clock: Clock | None = None,
    max_cached_workflows: int = 1000,
    shutdown_grace: float = 30.0,
    heir: Heir | None = None,
) -> Worker:
    """Wire workflows, activities, adapters and the store into one Temporal worker.

    With an `heir` it is known afterwards, whatever happens, what the worker was just doing.
    """
    now = clock or SystemClock()
    publishing = PublishActivities(registry.platforms, store, read_secrets, now)
    observing = ObserveActivities(registry.sources, store, read_secrets, now)
    notifying = NotifyActivities(registry.notifiers, store, read_secrets, now)
    recording = RecordActivities(store, now)
    worker = Worker(
        client,
        task_queue=task_queue,
        workflows=[StrategyWorkflow],
        activities=[
            publishing.publish,
            publishing.find,
            observing.observe,
            notifying.notify,
            recording.record,
        ],
        workflow_runner=sandbox(),
        interceptors=[heir] if heir else [],
        identity=heir.hand.identity if heir else None,
        max_cached_workflows=max_cached_workflows,
        max_concurrent_workflow_tasks=policies.WORKFLOW_TASKS_AT_ONCE,
        sticky_queue_schedule_to_start_timeout=policies.STICKY_TIMEOUT,
        max_heartbeat_throttle_interval=policies.HEARTBEAT_AT_MOST_EVERY,
        graceful_shutdown_timeout=timedelta(seconds=shutdown_grace),
        # The default is a digest of the bytecode of every loaded module: a tenth of the time that a start takes.
        build_id=f"drumbeat-{version('drumbeat')}",
        # No `workflow_failure_exception_types`: a state that this version cannot read must wait for a version that
        # can, not end the strategy. A malformed update is rejected alone without it.
    )
    _bear_starving(worker)
    return worker


def _bear_starving(worker: Worker) -> None:
    """Let a workflow take its time where the machine is busy.

    The SDK takes one for hung after 2 s, breaks into it wherever it is, and may then never get rid of it: the strategy
    stands still until the worker is started again. It has no setting for that.
    """
    inner = worker._workflow_worker  # noqa: SLF001 - see above; a test tells when it is there no longer
    if inner is not None:
        inner._deadlock_timeout_seconds = _HUNG_AFTER  # noqa: SLF001


def sandbox() -> SandboxedWorkflowRunner:
    """Return the sandbox in which workflow code runs; the pure heart is passed through."""
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    )


async def run_worker(settings: Settings) -> None:
    """Run a worker until SIGTERM or SIGINT; calls under way are finished within the shutdown grace.

    It ends at once when it is told to while it still waits for the server.

    Raises EngineError when the server or the store cannot be reached.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    seal = seal_of(settings)
    store = await asyncio.to_thread(reading_store, settings, seal=seal)
    registry = Registry()
    heir = _heir(settings.home / "workers")
    try:
        # A server that is away may be stopped for good: who waits for it must still be able to end.
        client = await _unless(stop, connect(settings, within=_SERVER_WITHIN))
        if client is None:
            return
        worker = make_worker(
            client,
            settings.task_queue,
            store,
            registry,
            max_cached_workflows=settings.max_cached_workflows,
            shutdown_grace=settings.shutdown_grace,
            heir=heir,
        )
        serve_metrics(settings.metrics_address)
        if heir is not None:
            heir.inherit()
        async with worker, AsyncExitStack() as beside:
            if heir is not None:
                await beside.enter_async_context(_background(heir.settle(client, settings.task_queue)))
            await beside.enter_async_context(_background(keep_reviving(client, settings, store)))
            keep = timedelta(days=settings.keep_judged_days)
            await beside.enter_async_context(_background(keep_tidy(store, keep)))
            log.info("worker ready", task_queue=settings.task_queue, namespace=client.namespace)
            await stop.wait()
            log.info("worker stopping", grace_seconds=settings.shutdown_grace)
    finally:
        if heir is not None:
            heir.hand.close()
        await registry.aclose()
        store.close()


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """Return what the work gives, or None when the stop comes before; the work is given up then."""
    task, stopped = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        for each in (task, stopped):
            each.cancel()
        await asyncio.gather(task, stopped, return_exceptions=True)


def _heir(folder: Path) -> Heir | None:
    try:
        return Heir(Hand(folder), folder)
    except OSError as error:
        log.warning(
            "what this worker has in hand cannot be noted; after its death the next one waits for timeouts",
            folder=str(folder),
            reason=error.strerror,
        )
        return None


@contextlib.asynccontextmanager
async def _background(coroutine: object) -> AsyncIterator[None]:
    task = asyncio.ensure_future(coroutine)  # type: ignore[call-overload]
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
