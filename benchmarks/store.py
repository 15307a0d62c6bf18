"""The store: one step's record in SQLite, against the barest durable insert on the same disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import Result, seconds
from benchmarks.plans import fed
from engine.domain.journal import Entry, EntryType
from engine.domain.lifecycle.state import new_state
from engine.domain.lifecycle.step import step
from engine.domain.lifecycle.view import view
from engine.domain.messages import PlanApplied
from engine.domain.plan import Plan
from engine.domain.storage import StrategyRow
from engine.store import SqlStore, open_store

NOW = datetime(2026, 1, 5, tzinfo=UTC)
TIMES = 200


def run() -> Iterator[Result]:
    """Measure the latency of `record`."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        plan = fed(place / "plan", actions=1, every="1h")
        store = open_store(f"sqlite:///{place / 'store.db'}")
        with closing(store):
            ours = _record(store, plan)
        yield Result("record a step of one entry", ours, "a bare insert and commit", _insert(place), "ms")


def _record(store: SqlStore, plan: Plan) -> float:
    first = step(plan, new_state(plan.id, NOW), PlanApplied(revision=1), NOW)
    shown, state, numbers = view(plan, first.state).model_dump(mode="json"), first.state, count(1)

    def once() -> None:
        seq = next(numbers)
        row = StrategyRow(
            strategy=plan.id,
            revision=1,
            seq=seq,
            updated_at=NOW + timedelta(seconds=seq),
            state=state.model_dump(mode="json"),
            view=shown,
        )
        entry = Entry(
            seq=seq,
            at=NOW,
            type=EntryType.SLOT_PUBLISHED,
            subject="channel/blog",
            summary="published",
            data={},
        )
        store.record(row, [entry], NOW)

    return seconds(once, times=TIMES) * 1000


def _insert(place: Path) -> float:
    with closing(sqlite3.connect(place / "bare.db", isolation_level=None)) as connection:
        connection.execute("pragma journal_mode=wal")
        connection.execute("create table line (seq integer primary key, text text)")
        return 1000 * seconds(
            lambda: connection.execute("insert into line (text) values (?)", ("published",)), times=TIMES
        )
