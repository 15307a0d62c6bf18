"""Recording: the journal and the strategy's newest state go to the store, where people read them."""

from __future__ import annotations

import asyncio
from functools import lru_cache

from temporalio import activity

from activities.heartbeat import heartbeating
from engine.domain.lifecycle.view import view
from engine.domain.plan import Plan
from engine.domain.ports import Clock, Store, StrategyRow
from engine.domain.shell import RecordRequest

_PLANS = 2048


class RecordActivities:
    """Writes what happened."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._plan = lru_cache(maxsize=_PLANS)(self._load_plan)

    @activity.defn
    async def record(self, request: RecordRequest) -> int:
        """Append the entries and replace the row; repeating it changes nothing. Returns the newest seq stored."""
        async with heartbeating():
            return await asyncio.to_thread(self._write, request)

    def _write(self, request: RecordRequest) -> int:
        state = request.state
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
