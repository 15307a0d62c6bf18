"""A workflow task that a worker was carrying out when it was killed is given back to Temporal, instead of timing out.

Activities can be given back by their id. A workflow task needs its token, which died with the worker; so it is written
anew from what the history tells. Its form is the server's own (`temporal.server.api.token.v1.Task`) and no promise: a
server that does not take it says so, and the task comes back by its timeout. One that it takes names this very attempt,
so nobody else's task can be meant; the strategy replays, nothing is done twice.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType, PendingWorkflowTaskState, WorkflowTaskFailedCause
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflow.v1 import PendingWorkflowTaskInfo
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    DescribeWorkflowExecutionRequest,
    GetWorkflowExecutionHistoryReverseRequest,
    RespondWorkflowTaskFailedRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError

from engine.runtime.hand import Run

_CALL = timedelta(seconds=5)
# Fields of the token.
_NAMESPACE, _WORKFLOW, _RUN, _SCHEDULED, _ATTEMPT, _STARTED, _VERSION = 1, 2, 3, 4, 5, 10, 11
_TEXT, _BYTE = 2, 0x80


async def give_back_task(client: Client, run: Run, identity: str, since: datetime) -> bool:
    """Give back the run's workflow task if a dead worker has it; return whether the server took it.

    `identity` is the dead worker's, `since` when it was known to be dead: no later task is its.
    """
    service, execution = client.workflow_service, WorkflowExecution(workflow_id=run.workflow, run_id=run.run)
    describe = DescribeWorkflowExecutionRequest(namespace=client.namespace, execution=execution)
    newest = GetWorkflowExecutionHistoryReverseRequest(
        namespace=client.namespace, execution=execution, maximum_page_size=1
    )
    with suppress(RPCError):
        described = await service.describe_workflow_execution(describe, timeout=_CALL)
        pending = described.pending_workflow_task
        if pending.state != PendingWorkflowTaskState.PENDING_WORKFLOW_TASK_STATE_STARTED:
            return False
        page = await service.get_workflow_execution_history_reverse(newest, timeout=_CALL)
        if not page.history.events or not _is_with(identity, since, pending, page.history.events[0]):
            return False
        about = await service.describe_namespace(
            DescribeNamespaceRequest(namespace=client.namespace), timeout=_CALL
        )
        request = RespondWorkflowTaskFailedRequest(
            namespace=client.namespace,
            identity=identity,
            task_token=_token(about.namespace_info.id, run, pending.attempt, page.history.events[0]),
            cause=WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_STICKY_TASK_QUEUE,
        )
        await service.respond_workflow_task_failed(request, timeout=_CALL)
        return True
    return False


def _is_with(identity: str, since: datetime, task: PendingWorkflowTaskInfo, last: HistoryEvent) -> bool:
    """Return whether the dead worker has the task.

    The history names who has a first attempt. It says nothing of a later one before that has ended: one that began before
    the death cannot be ours, and if it is with another living worker, that one is only asked once more.
    """
    if last.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED:
        return last.workflow_task_started_event_attributes.identity == identity
    return task.attempt > 1 and task.started_time.ToDatetime(UTC) < since


def _token(namespace_id: str, run: Run, attempt: int, last: HistoryEvent) -> bytes:
    """Return the token of a task; `last` is its beginning or, when that is not in the history yet, what came before."""
    begun = last.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED
    started = last.event_id if begun else last.event_id + 2
    scheduled = last.workflow_task_started_event_attributes.scheduled_event_id if begun else started - 1
    texts = {_NAMESPACE: namespace_id, _WORKFLOW: run.workflow, _RUN: run.run}
    numbers = {_SCHEDULED: scheduled, _ATTEMPT: attempt, _STARTED: started, _VERSION: last.version}
    return b"".join(
        [
            *(_number(field << 3 | _TEXT) + _text(text) for field, text in texts.items()),
            *(_number(field << 3) + _number(number) for field, number in numbers.items()),
        ]
    )


def _text(text: str) -> bytes:
    content = text.encode()
    return _number(len(content)) + content


def _number(value: int) -> bytes:
    """Return a number as protobuf writes it: seven bits a byte, the lowest first."""
    value, found = value & (2**64 - 1), bytearray()
    while value >= _BYTE:
        found.append(value % _BYTE | _BYTE)
        value //= _BYTE
    return bytes([*found, value])
