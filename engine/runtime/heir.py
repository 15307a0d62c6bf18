"""What a dead worker had in hand is given back to Temporal at once, instead of when its timeouts end.

Timeouts are for deaths that nobody sees: another machine, a lost network. On one machine a death is certain as soon
as the dead worker's file can be locked, and then no call of that worker can still be under way.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from google.protobuf.duration_pb2 import Duration
from temporalio.activity import info
from temporalio.api.common.v1 import Payloads, WorkflowExecution
from temporalio.api.enums.v1 import PendingActivityState, TaskQueueKind, WorkflowTaskFailedCause
from temporalio.api.failure.v1 import ApplicationFailureInfo, Failure
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    GetWorkflowExecutionHistoryReverseRequest,
    PollWorkflowTaskQueueRequest,
    ResetStickyTaskQueueRequest,
    RespondActivityTaskFailedByIdRequest,
    RespondWorkflowTaskFailedRequest,
    ShutdownWorkerRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.heartbeat import DEATHS_BEFORE, Deaths
from engine.runtime.hand import Estate, Hand, Held, Run, estates
from engine.runtime.interrupted import give_back_task

log = structlog.get_logger(__name__)
_AT_ONCE = Duration(nanos=1_000_000)
_CALL = timedelta(seconds=5)
# The server refuses a shorter poll than 2 s, and answers a second before the caller's patience ends.
_POLL = timedelta(seconds=3)
_EVENTS, _HISTORIES = 100, 10


class Heir(Interceptor):
    """Writes down what its worker has in hand, and gives back what dead workers had."""

    def __init__(self, hand: Hand, folder: Path) -> None:
        self.hand = hand
        self._folder = folder
        self._open = ExitStack()
        self._estates: tuple[Estate, ...] = ()
        self._died: dict[tuple[str, str], Held] = {}
        self._since = datetime.now(UTC)

    def inherit(self) -> None:
        """Learn what died. Call it before the worker begins, so that it knows of every attempt that is not alive."""
        self._estates = self._open.enter_context(estates(self._folder))
        self._since = datetime.now(UTC)
        self._died = {(held.run, held.activity): held for one in self._estates for held in one.held}
        for run in dict.fromkeys(run for one in self._estates for run in one.recent):
            self.hand.inherits(run)

    def deaths_before(self, run: str, activity: str, attempt: int) -> Deaths:
        """Return how many attempts in a row before this one died, as far as the dead workers' files tell."""
        held = self._died.get((run, activity))
        if held is None or held.attempt != attempt - 1:
            return Deaths()
        return Deaths(held.deaths_with_it, self._since)

    async def settle(self, client: Client, task_queue: str) -> None:
        """Give it back. What cannot be given back comes by its timeouts."""
        with self._open:
            settling = (
                _settle(client, task_queue, estate, self._since) for estate in self._estates if estate.recent
            )
            for error in await asyncio.gather(*settling, return_exceptions=True):
                if isinstance(error, BaseException):
                    log.warning("not all of a dead worker's work was given back", error=str(error))

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - theirs
        """Wrap what runs activities."""
        return _Holding(next, self)


class _Holding(ActivityInboundInterceptor):
    def __init__(self, inner: ActivityInboundInterceptor, heir: Heir) -> None:
        super().__init__(inner)
        self._heir = heir

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - theirs
        now = info()
        workflow, run = now.workflow_id or "", now.workflow_run_id or ""
        told = _number(now.heartbeat_details)
        known = self._heir.deaths_before(run, now.activity_id, now.attempt)
        deaths = known if known.number >= told else Deaths(told)
        DEATHS_BEFORE.set(deaths)
        with self._heir.hand.holding(Held(workflow, run, now.activity_id, now.attempt, deaths.number)):
            return await super().execute_activity(input)


def _number(details: Any) -> int:
    """Return the number of deaths that an heir left in the place of heartbeat details; ours carry none of their own."""
    return details[0] if len(details) == 1 and isinstance(details[0], int) else 0


async def _settle(client: Client, task_queue: str, estate: Estate, since: datetime) -> None:
    name = await _own_queue(client, estate)
    if name is None:
        # Before anything is given back: what comes of that must not go to the dead one.
        await asyncio.gather(*(_release(client, run) for run in estate.recent))
    tasks, activities = await _give_back_all(client, estate, since)
    log.info("took over from a dead worker", dead=estate.identity, activities=activities, tasks=tasks)
    if name is not None:
        await _empty_queue(client, task_queue, estate.identity, name)
    # What the server had given to the dead worker in its last instant shows only now.
    await _give_back_all(client, estate, since)


async def _give_back_all(client: Client, estate: Estate, since: datetime) -> tuple[int, int]:
    """Give back all workflow tasks and activities that are with the dead worker; return how many of each."""
    runs = estate.recent
    tasks, activities = await asyncio.gather(
        asyncio.gather(*(give_back_task(client, run, estate.identity, since) for run in runs)),
        _give_back_activities(client, estate),
    )
    return sum(tasks), activities


async def _give_back_activities(client: Client, estate: Estate) -> int:
    """Give back every activity that the server believes to be with the dead worker; return how many."""
    runs = dict.fromkeys((*estate.recent, *(Run(held.workflow, held.run) for held in estate.held)))
    found = await asyncio.gather(*(_with_the_dead(client, estate, run) for run in runs))
    everything = [held for several in found for held in several]
    await asyncio.gather(*(_give_back(client, held, estate.identity) for held in everything))
    return len(everything)


async def _with_the_dead(client: Client, estate: Estate, run: Run) -> list[Held]:
    request = DescribeWorkflowExecutionRequest(namespace=client.namespace, execution=_execution(run))
    try:
        described = await client.workflow_service.describe_workflow_execution(request, timeout=_CALL)
    except RPCError:  # its history is gone already
        return []
    begun = {(held.activity, held.attempt): held for held in estate.held if held.run == run.run}
    return [
        # One that it was given and never began has no deaths before it on record: only a first attempt is sure of that.
        begun.get((one.activity_id, one.attempt))
        or Held(run.workflow, run.run, one.activity_id, one.attempt, 0)
        for one in described.pending_activities
        if one.state == PendingActivityState.PENDING_ACTIVITY_STATE_STARTED
        and one.last_worker_identity == estate.identity
    ]


async def _give_back(client: Client, held: Held, identity: str) -> None:
    """Fail the attempt that died, so that the next begins at once and knows what the death leaves possible."""
    deaths = held.deaths_with_it
    details = await client.data_converter.encode([deaths] if deaths else [])
    request = RespondActivityTaskFailedByIdRequest(
        namespace=client.namespace,
        workflow_id=held.workflow,
        run_id=held.run,
        activity_id=held.activity,
        identity=identity,
        failure=Failure(
            message="its worker was killed",
            application_failure_info=ApplicationFailureInfo(type="WorkerDied", next_retry_delay=_AT_ONCE),
        ),
        last_heartbeat_details=Payloads(payloads=details),
    )
    with suppress(RPCError):  # its time ran out in this very instant
        await client.workflow_service.respond_activity_task_failed_by_id(request, timeout=_CALL)


async def _release(client: Client, run: Run) -> None:
    """Let what comes for this run go to the common queue, no longer to the dead worker's own.

    That queue is still unknown, so nothing waits in it; what waited there would be lost to it and time out.
    """
    request = ResetStickyTaskQueueRequest(namespace=client.namespace, execution=_execution(run))
    with suppress(RPCError):  # it has ended
        await client.workflow_service.reset_sticky_task_queue(request, timeout=_CALL)


async def _empty_queue(client: Client, task_queue: str, identity: str, name: str) -> None:
    """Move workflow tasks that wait in the dead worker's own queue to the common one, and close the former."""
    queue = TaskQueue(name=name, kind=TaskQueueKind.TASK_QUEUE_KIND_STICKY, normal_name=task_queue)
    service = client.workflow_service
    poll = PollWorkflowTaskQueueRequest(namespace=client.namespace, task_queue=queue, identity=identity)
    while (task := await service.poll_workflow_task_queue(poll, timeout=_POLL)).task_token:
        await service.respond_workflow_task_failed(
            RespondWorkflowTaskFailedRequest(
                namespace=client.namespace,
                task_token=task.task_token,
                identity=identity,
                cause=WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_STICKY_TASK_QUEUE,
            ),
            timeout=_CALL,
        )
    request = ShutdownWorkerRequest(
        namespace=client.namespace, sticky_task_queue=name, identity=identity, reason="it was killed"
    )
    await service.shutdown_worker(request, timeout=_CALL)


async def _own_queue(client: Client, estate: Estate) -> str | None:
    """Return the name of the queue that the server kept for this worker alone, if a history tells it."""
    for run in estate.recent[:_HISTORIES]:
        request = GetWorkflowExecutionHistoryReverseRequest(
            namespace=client.namespace, execution=_execution(run), maximum_page_size=_EVENTS
        )
        try:
            page = await client.workflow_service.get_workflow_execution_history_reverse(
                request, timeout=_CALL
            )
        except RPCError:  # it is gone already
            continue
        for event in page.history.events:
            # Empty for every other kind of event.
            queue = event.workflow_task_scheduled_event_attributes.task_queue
            is_own = queue.kind == TaskQueueKind.TASK_QUEUE_KIND_STICKY
            if is_own and queue.name.startswith(estate.identity):
                return queue.name
    return None


def _execution(run: Run) -> WorkflowExecution:
    return WorkflowExecution(workflow_id=run.workflow, run_id=run.run)
