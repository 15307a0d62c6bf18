"""Our engine killed while its alerts stand in the real Alertmanager: nobody is told the same thing twice."""

from __future__ import annotations

import itertools
import random
import threading
from functools import partial
from pathlib import Path

import pytest

from tests.faults.engines import Engine
from tests.faults.telling import FOR, STRATEGY_ID, write_plan
from tests.real.servers import alertmanager
from tests.real.servers.alertmanager import Alertmanager
from tests.support import eventually

pytestmark = [pytest.mark.fault, pytest.mark.server]
KILLS = 4
SEED = 20260105


def states_of(server: Alertmanager, rule: str) -> list[str]:
    return [state for state, name in server.receiver.told() if name == rule]


def test_an_alert_is_told_once_when_it_fires_and_once_when_it_ends_however_often_we_are_killed(
    tmp_path: Path,
) -> None:
    chance, pace = random.Random(SEED), threading.Event()
    with alertmanager.running() as server:
        notifier = f"{{name: somebody, kind: alertmanager, settings: {{url: '{server.url}'}}}}"
        engine = Engine(tmp_path, write_plan(tmp_path / "plan", notifier))
        try:
            engine.ready()
            for _ in range(KILLS):
                before = len(server.receiver.heard)
                eventually(partial(server.receiver.has_more_than, before), within=60, what="news")
                pace.wait(chance.uniform(0, 2))
                engine.kill("worker", "temporal")
            within = FOR.total_seconds() + 45
            eventually(lambda: states_of(server, "Ripens"), within=within, what="the letter's alert fired")
            seen = len(states_of(server, "ComesAndGoes"))
            eventually(
                lambda: len(states_of(server, "ComesAndGoes")) > seen + 1, within=60, what="it goes on"
            )
            assert engine.program.end() == 0, engine.program.said()
        finally:
            engine.clear_up()
        assert states_of(server, "Ripens") == ["firing"], "it has never ended, and nobody was told so"
        coming_and_going = states_of(server, "ComesAndGoes")
        assert coming_and_going[0] == "firing"
        assert all(before != after for before, after in itertools.pairwise(coming_and_going)), (
            coming_and_going
        )
        labels = {
            str(sorted(each["labels"].items())) for one in server.receiver.heard for each in one["alerts"]
        }
        assert len(labels) == 2, "an alert is its rule, subject, strategy and severity, whatever happens"
        assert all(STRATEGY_ID in each for each in labels)
