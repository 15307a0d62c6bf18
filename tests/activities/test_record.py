"""Recording: repeating it changes nothing, long silences of the store lose nothing, batches stay small."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from activities.record import RecordActivities
from engine.domain.errors import EngineError
from engine.domain.journal import Entry
from engine.domain.lifecycle.state import State, new_state
from engine.domain.lifecycle.step import step
from engine.domain.messages import PlanApplied
from engine.domain.shell import PLAN_MISSING, RecordRequest
from engine.domain.storage import StrategyRow
from engine.store import SqlStore
from tests.activities.conftest import Attempt, Standing
from tests.contracts.store_records import NAME, T0, entry, plan


def begun(store: SqlStore) -> State:
    """Store the plan and return the state of a strategy that lives by it."""
    a_plan = plan()
    store.save_revision(a_plan, author="ana", reason="", now=T0)
    return step(a_plan, new_state(a_plan.id, T0), PlanApplied(revision=1), T0).state


def request(state: State, *seqs: int) -> RecordRequest:
    later = state.model_copy(
        update={"seq": max(seqs, default=state.seq), "at": T0 + timedelta(seconds=sum(seqs))}
    )
    return RecordRequest(strategy=NAME, entries=tuple(entry(seq) for seq in seqs), state=later)


def seqs(store: SqlStore) -> list[int]:
    return [each.seq for _, each in store.journal(NAME)]


async def test_recording_twice_is_recording_once(store: SqlStore, run: Attempt, clock: Standing) -> None:
    state, doing = begun(store), RecordActivities(store, clock)
    assert await run(doing.record, request(state, 1, 2, 3)) == 3
    assert await run(doing.record, request(state, 1, 2, 3), attempt=2) == 3
    assert seqs(store) == [1, 2, 3]


async def test_an_attempt_that_comes_late_does_not_turn_the_clock_back(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    state, doing = begun(store), RecordActivities(store, clock)
    await run(doing.record, request(state, 1, 2))
    await run(doing.record, request(state, 3))
    await run(doing.record, request(state, 1, 2), attempt=2)
    assert (seqs(store), store.strategy(NAME).seq) == ([1, 2, 3], 3)


async def test_a_state_without_a_word_is_recorded_too(store: SqlStore, run: Attempt, clock: Standing) -> None:
    state, doing = begun(store), RecordActivities(store, clock)
    await run(doing.record, request(state))
    assert State.model_validate(store.strategy(NAME).state) == state
    assert store.strategy(NAME).view["strategy"] == NAME


async def test_a_store_that_has_lost_the_plan_asks_for_it_at_once_and_keeps_it(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    lived = step(plan(), new_state(NAME, T0), PlanApplied(revision=4), T0).state
    doing, asked = RecordActivities(store, clock), request(lived, 7, 8)
    with pytest.raises(ApplicationError, match="revision 4") as caught:
        await run(doing.record, asked)
    assert (caught.value.type, caught.value.non_retryable) == (PLAN_MISSING, True)
    for attempt in (1, 2):
        whole = asked.model_copy(update={"plan": plan()})
        assert await run(doing.record, whole, attempt=attempt) == 8
    assert seqs(store) == [7, 8]
    assert (store.revision(NAME).number, store.revision(NAME).plan) == (4, plan())
    assert await run(doing.record, request(lived, 9)) == 9


@pytest.mark.parametrize("seed", range(5))
async def test_a_store_that_fails_at_random_keeps_every_entry_once(
    store: SqlStore, run: Attempt, clock: Standing, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, doing, chance = begun(store), RecordActivities(store, clock), random.Random(seed)
    write = store.record

    def unreliable(row: StrategyRow, entries: Sequence[Entry], now: datetime) -> int:
        if chance.random() < 0.4:
            raise EngineError("The database is away.")
        highest = write(row, entries, now)
        if chance.random() < 0.3:
            raise EngineError("The connection broke after the commit.")
        return highest

    monkeypatch.setattr(store, "record", unreliable)
    for first in range(1, 60, 3):
        await _until_it_works(run, doing, request(state, first, first + 1, first + 2))
    assert seqs(store) == list(range(1, 61))


async def _until_it_works(run: Attempt, doing: RecordActivities, asked: RecordRequest) -> Any:
    for attempt in range(1, 100):
        try:
            return await run(doing.record, asked, attempt=attempt)
        except EngineError:
            continue
    raise AssertionError("it never worked")
