"""What rules said long ago is deleted by the worker, in every strategy, and a store that is away does not end that."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.domain.errors import EngineError
from engine.domain.past import Judged
from engine.runtime.tidying import keep_tidy, tidy
from tests.cli import lived

NOW = datetime(2026, 3, 1, tzinfo=UTC)
KEEP = timedelta(days=30)


def test_every_strategy_is_tidied(tmp_path: Path) -> None:
    store = lived.store_of(tmp_path)
    plans = [lived.bakery(), lived.renamed(lived.bakery(), "other")]
    for plan in plans:
        store.save_revision(plan, author="ana", reason="", now=NOW)
        for days in (60, 50, 40, 20):
            row = Judged(rule="R", subject="strategy", at=NOW - timedelta(days=days), truth=True)
            store.save_judged(plan.id, 1, [row])
    assert tidy(store, KEEP, NOW) == 4
    for plan in plans:
        assert len(store.judged(plan.id, at=NOW - timedelta(days=30))) == 1
        assert not store.judged(plan.id, at=NOW - timedelta(days=45))
    store.close()


async def test_a_store_that_is_away_is_tidied_the_next_day(monkeypatch: pytest.MonkeyPatch) -> None:
    days: list[float] = []

    async def sleep(seconds: float) -> None:
        days.append(seconds)
        if len(days) == 2:
            raise asyncio.CancelledError

    class Away:
        def latest_revisions(self) -> Any:
            raise EngineError("The database cannot be reached.")

    monkeypatch.setattr("engine.runtime.tidying.asyncio.sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        await keep_tidy(Away(), KEEP)  # type: ignore[arg-type]
    assert days == [86400, 86400]
