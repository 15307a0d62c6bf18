"""Stop the engine as a person does, and start it again: it ends cleanly and goes on where it was."""

from __future__ import annotations

import re
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from engine.domain.storage import Store
from tests.faults.engines import Engine
from tests.faults.evidence import check_nothing_lost_nothing_doubled, whole_journal
from tests.faults.killing import catch_up, pause_and_settle
from tests.faults.plans import STRATEGY_ID, write_plan
from tests.support import eventually

pytestmark = [pytest.mark.fault, pytest.mark.server]
# Somebody who also uses Temporal Cloud: none of this is about our own server.
OF_ANOTHER_SERVER = {
    "TEMPORAL_ADDRESS": "127.0.0.1:9",
    "TEMPORAL_NAMESPACE": "somewhere.else",
    "TEMPORAL_API_KEY": "not-for-us",
}


def test_ctrl_c_ends_all_and_the_next_start_goes_on_without_a_second_alert_notice_or_post(
    tmp_path: Path,
) -> None:
    engine = Engine(tmp_path, write_plan(tmp_path / "plan"), **OF_ANOTHER_SERVER)
    store: Store | None = None
    try:
        engine.ready()
        store = engine.store()
        eventually(lambda: len(notices(engine)) >= 2, within=20, what="the silent letter was told")
        catch_up(engine, datetime.now(UTC))
        before = remembered(store)
        family = psutil.Process(engine.program.process.pid).children(recursive=True)
        assert len(family) >= 2
        began = time.monotonic()
        assert engine.program.end() == 0, engine.program.said()
        assert time.monotonic() - began < engine.settings.shutdown_grace
        assert not [process for process in family if process.is_running()]
        assert engine.record() is None

        engine.start_again()
        engine.ready()
        assert "goes on (revision 1)" in engine.program.said()
        catch_up(engine, datetime.now(UTC))
        pause_and_settle(engine, store)
        assert engine.program.end() == 0, engine.program.said()
        assert remembered(store) == before
        assert set(notices(engine).values()) == {1}, notices(engine)
        check_nothing_lost_nothing_doubled(engine.site, store, STRATEGY_ID)
    finally:
        engine.clear_up()
        if store is not None:
            store.close()


def remembered(store: Store) -> object:
    """Return what a restart must not repeat: alerts with their episodes, tasks, and their entries in the journal."""
    alerts = {alert.id: (alert.episode, alert.fired_at) for _, alert in store.alerts(STRATEGY_ID)}
    tasks = {task.id: task.opened_at for _, task in store.tasks(STRATEGY_ID)}
    told = [
        entry for entry in whole_journal(store, STRATEGY_ID) if entry.type.startswith(("alert.", "task."))
    ]
    revisions = [revision.number for revision in store.revisions(STRATEGY_ID)]
    assert alerts
    assert tasks
    return alerts, tasks, told, revisions


def notices(engine: Engine) -> Counter[str]:
    """Count, over all runs, how often each notice was written to the log."""
    log = engine.log.read_text(encoding="utf-8")
    return Counter(re.findall(r"\] notice .*\bnotice=(\S+)", log))
