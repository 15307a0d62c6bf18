"""No strategy falls silent unnoticed: what the store knows and Temporal does not run is started again.

Three things can part them: a Temporal database that was lost, a workflow that was ended by hand, and an apply
that was cut off between storing the revision and handing it over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from pydantic import ValidationError

from engine.domain.errors import DrumbeatError, NotFoundError
from engine.domain.lifecycle.state import State
from engine.domain.shell import ApplyRequest, StrategyStart, workflow_id
from engine.domain.storage import RevisionHead, Store, StrategyRow
from engine.runtime.operations import hand_over
from engine.runtime.rebuilding import from_store
from engine.runtime.settings import Settings

if TYPE_CHECKING:
    from temporalio.client import Client

log = structlog.get_logger(__name__)
EVERY = 60.0
HANDING_OVER = timedelta(minutes=1)
_RUNNING = 'WorkflowType = "StrategyWorkflow" AND ExecutionStatus = "Running"'


@dataclass(frozen=True)
class Revival:
    """What one look came to: the strategies brought back, and why others are still missing."""

    brought_back: tuple[str, ...]
    still_missing: dict[str, str]


def missing(
    running: Iterable[str],
    revisions: Mapping[str, RevisionHead],
    rows: Iterable[StrategyRow],
    now: datetime,
) -> list[str]:
    """Return which strategies do not run at all, or run with an older revision than the stored one. Pure.

    A revision of the last minute is left alone: whoever stored it is just handing it over.
    """
    alive, counting = set(running), {row.strategy: row.revision for row in rows}
    return [
        strategy
        for strategy, head in revisions.items()
        if now - head.created_at >= HANDING_OVER
        and (workflow_id(strategy) not in alive or counting.get(strategy, 0) < head.number)
    ]


async def revive(client: Client, settings: Settings, store: Store) -> Revival:
    """Bring back every missing strategy. One that cannot be brought back never holds up the others."""
    running = [execution.id async for execution in client.list_workflows(_RUNNING)]
    rows = {row.strategy: row for row in await asyncio.to_thread(store.strategies)}
    revisions = await asyncio.to_thread(store.latest_revisions)
    brought_back: list[str] = []
    still_missing: dict[str, str] = {}
    for strategy in missing(running, revisions, rows.values(), datetime.now(UTC)):
        try:
            start, request = await asyncio.to_thread(_beginning, store, strategy, rows.get(strategy))
            await hand_over(client, settings, request, start)
        except DrumbeatError as error:
            still_missing[strategy] = str(error)
        except ValidationError as error:
            # Without its memory it would post again and forget its tasks: it waits for a version that can read it.
            still_missing[strategy] = f"its memory cannot be read by this version: {error.errors()[0]['msg']}"
        except Exception as error:
            log.exception("bringing a strategy back broke", strategy=strategy)
            still_missing[strategy] = f"{type(error).__name__}: {error}"
        else:
            log.warning("strategy brought back", strategy=strategy, revision=request.revision)
            brought_back.append(strategy)
    return Revival(tuple(brought_back), still_missing)


def _beginning(store: Store, strategy: str, row: StrategyRow | None) -> tuple[StrategyStart, ApplyRequest]:
    """Return how a missing strategy begins: with its memory if there is one, and its latest revision to apply.

    The memory goes on under the plan that it was made with; the newer revision follows as an update.
    """
    latest = store.revision(strategy)
    request = ApplyRequest(
        plan=latest.plan,
        revision=latest.number,
        author=latest.author,
        reason=latest.reason,
        rebuilt=from_store(store, latest.plan, datetime.now(UTC)),
    )
    state = State.model_validate(row.state) if row is not None else None
    if state is None:
        return StrategyStart(strategy=strategy), request
    plan = latest.plan
    if state.revision:
        try:
            plan = store.revision(strategy, state.revision).plan
        except NotFoundError:
            return StrategyStart(strategy=strategy), request
    return StrategyStart(strategy=strategy, plan=plan, state=state), request


async def keep_reviving(client: Client, settings: Settings, store: Store) -> None:
    """Look for missing strategies now and every minute, for as long as the worker lives."""
    while True:
        try:
            found = await revive(client, settings, store)
        except DrumbeatError as error:
            log.warning("could not look for missing strategies", error=str(error))
        except Exception:
            log.exception("could not look for missing strategies")
        else:
            tell(found)
        await asyncio.sleep(EVERY)


def tell(found: Revival) -> None:
    """Log what is still missing: each strategy with its reason, and how many there are."""
    for strategy, reason in found.still_missing.items():
        log.error("strategy does not run and could not be brought back", strategy=strategy, reason=reason)
    if found.brought_back or found.still_missing:
        log.warning(
            "looked for missing strategies",
            brought_back=len(found.brought_back),
            still_missing=len(found.still_missing),
        )
