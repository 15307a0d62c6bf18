"""Kill the engine's processes at random moments while it posts every second: nothing is lost, nothing is doubled."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.engines import Engine
from tests.faults.evidence import check_nothing_lost_nothing_doubled, whole_journal
from tests.faults.killing import catch_up, kill_again_and_again, pause_and_settle, report
from tests.faults.plans import STRATEGY_ID, write_plan

pytestmark = [pytest.mark.fault, pytest.mark.server]
SEED = 20260105
KILLS = 10


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An engine that posts every second."""
    engine = Engine(tmp_path, write_plan(tmp_path / "plan"))
    try:
        engine.ready()
        yield engine
    finally:
        engine.clear_up()


@pytest.mark.parametrize(
    "victims", [("worker",), ("temporal",), ("worker", "temporal")], ids=["worker", "server", "both"]
)
def test_no_post_is_lost_or_doubled_when_processes_are_killed(
    engine: Engine, victims: tuple[str, ...]
) -> None:
    what = " and ".join(victims)
    kills = kill_again_and_again(engine, victims, KILLS, SEED)
    recovery = catch_up(engine)
    store = engine.store()
    try:
        pause_and_settle(engine, store)
        assert engine.program.end() == 0, engine.program.said()
        posts = check_nothing_lost_nothing_doubled(engine.site, store, STRATEGY_ID)
        sys.stderr.write(f"\nseed {SEED}: {report(what, posts, kills, recovery)}\n")
        fired = [entry for entry in whole_journal(store, STRATEGY_ID) if entry.type == "alert.firing"]
        assert [entry.subject for entry in fired] == ["channel/letter"]
    finally:
        store.close()
