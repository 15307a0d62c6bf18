"""The use cases that the command line and the web share: apply plans, send commands, read what was stored."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, TypeVar

from engine.domain.errors import CommandRefusedError, DrumbeatError, EngineError, NotFoundError
from engine.domain.messages import Command, Instruction
from engine.domain.plan import Plan
from engine.domain.shell import DRAINING, REFUSED, ApplyRequest, StrategyStart, workflow_id
from engine.domain.storage import Store
from engine.runtime.changes import Pending, pending
from engine.runtime.datadir import EngineRecord, look
from engine.runtime.settings import Settings

if TYPE_CHECKING:
    from temporalio.client import Client, WorkflowUpdateFailedError
    from temporalio.service import RPCError

    from engine.store.seal import Seal

T = TypeVar("T")
ANSWER_WITHIN = timedelta(seconds=30)
# About a minute of asking again, with the pauses of `_pause`.
_ATTEMPTS = 35
_HANDING_OVER = 3


class Applied:
    """What `apply` did to one strategy."""

    def __init__(self, strategy: str, revision: int, *, changed: bool, started: bool) -> None:
        self.strategy, self.revision, self.changed, self.started = strategy, revision, changed, started


def reading_store(settings: Settings, *, migrate: bool = True, seal: Seal | None = None) -> Store:
    """Open the store; without `migrate` nothing is created. Raises EngineError when it cannot be read.

    With `seal` kept sessions can be used, too.
    """
    from engine.store import open_store

    return open_store(settings.database_url.get_secret_value(), migrate=migrate, seal=seal)


def engine_info(settings: Settings) -> EngineRecord | None:
    """Return what the running engine wrote about itself, or None when none runs on this data directory."""
    engine = look(settings.home)
    return engine.record if engine.running else None


def preview(settings: Settings, plans: Sequence[Plan]) -> list[Pending]:
    """Return for each plan what `apply` would change."""
    store = reading_store(settings)
    try:
        return [pending(plan, _latest(store, plan.id)) for plan in plans]
    finally:
        store.close()


async def apply_plans(
    settings: Settings, plans: Sequence[Plan], *, author: str, reason: str, expected: int | None = None
) -> list[Applied]:
    """Store each plan as a revision and let it count. A plan that is unchanged only makes sure that it runs.

    Raises ConflictError when `expected` is not the latest revision, EngineError when no engine answers; in
    both cases nothing that runs has changed.
    """
    from engine.runtime.temporal import connect

    client = await connect(settings)
    store = reading_store(settings)
    try:
        return [await apply_one(client, settings, store, plan, author, reason, expected) for plan in plans]
    finally:
        store.close()


async def apply_one(
    client: Client,
    settings: Settings,
    store: Store,
    plan: Plan,
    author: str,
    reason: str,
    expected: int | None = None,
) -> Applied:
    """Store one plan and hand it to its workflow, which is started if it does not run."""
    from engine.runtime.rebuilding import from_store

    before, now = _latest(store, plan.id), datetime.now(UTC)
    rebuilt = await asyncio.to_thread(from_store, store, plan, now)
    revision = store.save_revision(plan, author=author, reason=reason, now=now, expected=expected)
    request = ApplyRequest(plan=plan, revision=revision.number, author=author, reason=reason, rebuilt=rebuilt)
    counting = await hand_over(client, settings, request)
    known = _latest(store, plan.id)
    if known is not None and counting > known[0]:
        raise EngineError(
            f"{plan.id} runs with revision {counting}, but the store only knows {known[0]}: it was lost, or is an older "
            "backup. The plan does not count yet. Wait until the strategy has written its own revision to the store "
            "(`drumbeat status` shows it, within the hour), then apply again."
        )
    changed = before is None or before[0] != revision.number
    return Applied(plan.id, revision.number, changed=changed, started=before is None)


async def hand_over(
    client: Client, settings: Settings, request: ApplyRequest, start: StrategyStart | None = None
) -> int:
    """Start the strategy's workflow if it does not run, and let the revision count. Returns the one that counts."""
    from temporalio.client import WithStartWorkflowOperation
    from temporalio.common import WorkflowIDConflictPolicy

    from activities.policies import WORKFLOW_TASK_TIMEOUT
    from workflows.strategy import StrategyWorkflow

    strategy = request.plan.id

    async def call() -> int:
        operation = WithStartWorkflowOperation(
            StrategyWorkflow.run,
            start or StrategyStart(strategy=strategy),
            id=workflow_id(strategy),
            task_queue=settings.task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            task_timeout=WORKFLOW_TASK_TIMEOUT,
            static_summary=request.plan.strategy.title or strategy,
        )
        return await client.execute_update_with_start_workflow(
            StrategyWorkflow.apply, request, start_workflow_operation=operation, rpc_timeout=ANSWER_WITHIN
        )

    return await answered(call, strategy)


async def send_command(settings: Settings, strategy: str, instruction: Instruction, *, by: str) -> str:
    """Give a strategy a person's command and return its answer, once it is on record.

    Raises CommandRefusedError with the strategy's reason, NotFoundError, or EngineError.
    """
    from engine.runtime.temporal import connect

    client = await connect(settings)
    return await command(client, strategy, Command(id=str(uuid.uuid4()), by=by, instruction=instruction))


async def command(client: Client, strategy: str, order: Command) -> str:
    """Send one command; its id makes repeating it harmless, also across continue-as-new."""
    from workflows.strategy import StrategyWorkflow

    handle = client.get_workflow_handle(workflow_id(strategy))

    async def call() -> str:
        return await handle.execute_update(StrategyWorkflow.command, order, rpc_timeout=ANSWER_WITHIN)

    return await answered(call, strategy)


async def answered(call: Callable[[], Awaitable[T]], strategy: str) -> T:
    """Await an update's answer; ask again for about a minute while the strategy or the server cannot take it.

    Asking again is harmless: commands have ids, and plans have revisions. Errors become ours.
    """
    from temporalio.client import WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
    from temporalio.service import RPCError

    busy = ""
    for attempt in range(_ATTEMPTS):
        try:
            return await call()
        except WorkflowUpdateFailedError as error:
            busy = _still_draining(error, strategy)
        except WorkflowUpdateRPCTimeoutOrCancelledError as error:
            # The SDK dresses our own cancellation up as this error too; swallowed, it would keep a worker from ending.
            if isinstance(error.__cause__, asyncio.CancelledError):
                raise error.__cause__ from None
            raise EngineError(_no_answer(strategy)) from None
        except RPCError as error:
            busy = _still_busy(error, strategy, attempt)
        await asyncio.sleep(_pause(attempt))
    raise EngineError(f"{busy} Nothing was changed; try again in a moment.")


def _still_draining(error: WorkflowUpdateFailedError, strategy: str) -> str:
    """Return why to ask again. Raises CommandRefusedError or DrumbeatError when that would not help."""
    from temporalio.exceptions import ApplicationError

    cause = error.cause
    kind = cause.type if isinstance(cause, ApplicationError) else None
    if isinstance(cause, ApplicationError) and kind == REFUSED:
        raise CommandRefusedError(cause.message) from None
    if kind != DRAINING:
        raise DrumbeatError(f"{strategy} could not do this: {cause}") from error
    return f"{strategy} was still continuing as new after a minute."


def _still_busy(error: RPCError, strategy: str, attempt: int) -> str:
    """Return why to ask again. Raises NotFoundError or EngineError when that would not help."""
    from temporalio.service import RPCStatusCode

    match error.status:
        # The first: ten commands of this strategy are under way, or the server is at its limit.
        case RPCStatusCode.RESOURCE_EXHAUSTED | RPCStatusCode.UNAVAILABLE | RPCStatusCode.ABORTED:
            return f"Temporal was too busy for {strategy} for a minute ({error.message})."
        case RPCStatusCode.DEADLINE_EXCEEDED | RPCStatusCode.CANCELLED:
            raise EngineError(_no_answer(strategy)) from None
        case RPCStatusCode.NOT_FOUND if attempt < _HANDING_OVER:
            # A run may just be handing over to the next one.
            return f"{strategy} was still continuing as new after a minute."
        case RPCStatusCode.NOT_FOUND:
            raise NotFoundError(f"{strategy} does not run. `drumbeat apply` its plan to start it.") from None
        case _:
            raise EngineError(f"Temporal refused the call for {strategy}: {error.message}") from error


def _pause(attempt: int) -> float:
    """Return how many seconds to wait after an attempt, counted from 0: longer each time, at most two."""
    return min(2.0, 0.1 * 1.5**attempt)


def _no_answer(strategy: str) -> str:
    seconds = ANSWER_WITHIN.total_seconds()
    return (
        f"{strategy} did not answer within {seconds:.0f} s: is a worker running? The command may still be "
        "carried out when one is. `drumbeat doctor` looks for the reason."
    )


def resolve(names: Sequence[str], wanted: str) -> str:
    """Return the full id of a strategy named `name` or `workspace/name`. Raises NotFoundError with the nearest."""
    matches = [name for name in names if wanted in (name, name.split("/", 1)[-1])]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise NotFoundError(f"{wanted} is ambiguous: say {' or '.join(sorted(matches))}.")
    near = get_close_matches(wanted, [*names, *(name.split("/", 1)[-1] for name in names)], n=1)
    hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(names)) or 'none yet'}."
    raise NotFoundError(f"There is no strategy {wanted}. {hint}")


def _latest(store: Store, strategy: str) -> tuple[int, Plan] | None:
    try:
        revision = store.revision(strategy)
    except NotFoundError:
        return None
    return revision.number, revision.plan
