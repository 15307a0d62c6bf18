"""The record under a store that is away: everything comes, in order, in batches that a server can carry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.client import Client

from engine.domain.errors import EngineError
from engine.domain.journal import Entry
from engine.domain.storage import StrategyRow
from engine.store import SqlStore
from tests.support import eventually_async
from tests.workflows.engine import running
from tests.workflows.lives import items, make_plan, registry

pytestmark = [
    pytest.mark.server,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("server"),
]
SLOTS = 450


class Absent:
    """A store whose journal cannot be written the first few times."""

    def __init__(self, store: SqlStore, failures: int) -> None:
        self._store, self._failures = store, failures
        self.batches: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def record(self, row: StrategyRow, entries: Sequence[Entry], now: datetime) -> int:
        if self._failures:
            self._failures -= 1
            raise EngineError("The database is away.")
        self.batches.append(len(entries))
        return self._store.record(row, entries, now)


async def test_a_store_that_is_away_for_a_while_gets_everything_when_it_is_back(
    client: Client, store: SqlStore
) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=3)
    today = [{"start": f"{soon:%Y-%m-%d}", "end": f"{soon + timedelta(days=1):%Y-%m-%d}"}]
    schedule = {"dates": [f"{soon:%Y-%m-%dT%H:%M:%S}"], "blackout": today}
    actions = [
        {"name": f"a{number}", "channel": "blog", "schedule": schedule, "content": items("note")}
        for number in range(SLOTS)
    ]
    flaky = Absent(store, failures=3)
    async with running(client, flaky, make_plan("away", actions=actions), registry()) as engine:
        await engine.apply()
        await eventually_async(lambda: len(engine.journal()) == SLOTS + 1, within=30, what="all is on record")
        assert [entry.seq for entry in engine.journal()] == list(range(1, SLOTS + 2))
        assert len(engine.journal("slot.skipped")) == SLOTS
        assert max(flaky.batches) == 200
