"""Recording: the journal and the strategy's newest state go to the store, where people read them."""

from __future__ import annotations

import asyncio
from functools import lru_cache

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.heartbeat import heartbeating
from engine.domain.errors import NotFoundError
from engine.domain.lifecycle.view import view
from engine.domain.plan import Plan
from engine.domain.ports import Clock
from engine.domain.shell import PLAN_MISSING, RecordRequest
from engine.domain.storage import Store, StrategyRow

_PLANS = 2048


class RecordActivities:
    """Writes what happened."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._plan = lru_cache(maxsize=_PLANS)(self._load_plan)

    @activity.defn
    async def record(self, request: RecordRequest) -> int:
        """Append the entries and replace the row; repeating it changes nothing. Returns the newest seq stored.

        Raises an error of type PlanMissing, which is not retried, when the store has lost the state's revision:
        asked again with the plan, it writes the revision anew.
        """
        async with heartbeating():
            try:
                return await asyncio.to_thread(self._write, request)
            except NotFoundError as error:
                raise ApplicationError(str(error), type=PLAN_MISSING, non_retryable=True) from None

    def _write(self, request: RecordRequest) -> int:
        state = request.state
        if request.plan is not None:
            self._store.restore_revision(request.plan, state.revision, self._clock.now())
        shown = view(self._plan(request.strategy, state.revision), state)
        row = StrategyRow(
            strategy=request.strategy,
            revision=state.revision,
            seq=state.seq,
            updated_at=self._clock.now(),
            state=state.model_dump(mode="json"),
            view=shown.model_dump(mode="json"),
        )
        return self._store.record(row, request.entries, self._clock.now())

    def _load_plan(self, strategy: str, revision: int) -> Plan:
        return self._store.revision(strategy, revision).plan
