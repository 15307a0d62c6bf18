"""No strategy falls silent unnoticed: what the store knows and Temporal does not run is started again.

Three things can part them: a Temporal database that was lost, a workflow that was ended by hand, and an apply
that was cut off between storing the revision and handing it over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from engine.domain.errors import DrumbeatError, NotFoundError
from engine.domain.lifecycle.state import State
from engine.domain.ports import Revision, Store, StrategyRow
from engine.domain.shell import ApplyRequest, StrategyStart, workflow_id
from engine.runtime.operations import hand_over
from engine.runtime.settings import Settings

if TYPE_CHECKING:
    from temporalio.client import Client

log = structlog.get_logger(__name__)
EVERY = 60.0
HANDING_OVER = timedelta(minutes=1)
_RUNNING = 'WorkflowType = "StrategyWorkflow" AND ExecutionStatus = "Running"'


@dataclass(frozen=True)
class Missing:
    """A strategy to bring back: its latest revision, and the memory to go on from if there is one."""

    revision: Revision
    state: State | None


def missing(
    running: Iterable[str], revisions: Sequence[Revision], rows: Iterable[StrategyRow], now: datetime
) -> list[Missing]:
    """Return which strategies do not run at all, or run with an older revision than the stored one. Pure.

    A revision of the last minute is left alone: whoever stored it is just handing it over.
    """
    alive, known = set(running), {row.strategy: row for row in rows}
    result = []
    for revision in revisions:
        if now - revision.created_at < HANDING_OVER:
            continue
        row = known.get(revision.strategy)
        behind = row is None or row.revision < revision.number
        if workflow_id(revision.strategy) not in alive or behind:
            state = State.model_validate(row.state) if row is not None else None
            result.append(Missing(revision, state))
    return result


async def revive(client: Client, settings: Settings, store: Store) -> list[str]:
    """Bring back every missing strategy; return their names."""
    running = [execution.id async for execution in client.list_workflows(_RUNNING)]
    rows = await asyncio.to_thread(store.strategies)
    revisions = await asyncio.to_thread(store.latest_revisions)
    revived = []
    for found in missing(running, revisions, rows, datetime.now(UTC)):
        revision = found.revision
        # The memory goes on under the plan that it was made with; the newer revision follows as an update.
        plan = revision.plan
        if found.state is not None and found.state.revision:
            try:
                plan = (await asyncio.to_thread(store.revision, revision.strategy, found.state.revision)).plan
            except NotFoundError:
                found = Missing(revision, None)  # noqa: PLW2901
        start = StrategyStart(
            strategy=revision.strategy, plan=plan if found.state else None, state=found.state
        )
        request = ApplyRequest(
            plan=revision.plan, revision=revision.number, author=revision.author, reason=revision.reason
        )
        await hand_over(client, settings, request, start)
        log.warning("strategy brought back", strategy=revision.strategy, revision=revision.number)
        revived.append(revision.strategy)
    return revived


async def keep_reviving(client: Client, settings: Settings, store: Store) -> None:
    """Look for missing strategies now and every minute, for as long as the worker lives."""
    while True:
        try:
            await revive(client, settings, store)
        except DrumbeatError as error:
            log.warning("could not look for missing strategies", error=str(error))
        except Exception:
            log.exception("could not look for missing strategies")
        await asyncio.sleep(EVERY)
