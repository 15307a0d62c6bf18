"""Drumbeat itself in the storm: `drumbeat up` in processes of its own, on a plan of four actions a second."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from benchmarks.faults.adapter import install
from benchmarks.faults.storm import ACTIONS, Slot
from engine.domain.messages import StartPause
from engine.domain.publication import PublishStatus
from engine.domain.records import TaskKind
from engine.domain.storage import Publication, Store
from engine.runtime.operations import send_command
from tests.faults.engines import ROOT, Engine

STRATEGY = "storm/gale"
_WORKSPACE = """\
apiVersion: drumbeat/v1
kind: Workspace
name: storm
timezone: UTC
people: [{name: ana, hours_per_week: 40}]
accounts:
  - name: place
%s
"""
_STRATEGY = """\
apiVersion: drumbeat/v1
kind: Strategy
name: gale
workspace: storm
owner: ana
channels:
  - {name: place, account: place, purpose: Show what a storm does, cadence: {at_least: 1, per: day}}
actions:
"""
_ACTION = """\
  - name: {action}
    channel: place
    kind: create
    schedule: {{every: 1s, misfire: {{grace: 10m, then: ask, catch_up: all}}}}
    content:
      repeat: true
      items: [{{id: post, title: '{action} {{date}} {{time}}', body: '{action} {{date}} {{time}}'}}]
"""


class Drumbeat:
    """The engine, posting through an account that a target describes (YAML lines, indented by four)."""

    name = "Drumbeat"

    def __init__(
        self, place: Path, account: str, environ: Mapping[str, str], *, pace: int, with_template: bool
    ) -> None:
        self._place, self._account, self._pace = place, account, pace
        self._victims = ("worker", "template") if with_template else ("worker",)
        install(place / "installed")
        self._environ = {"PYTHONPATH": f"{place / 'installed'}{os.pathsep}{ROOT}", **environ}
        self._engine: Engine | None = None
        self._store: Store | None = None

    @property
    def engine(self) -> Engine:
        """Return the engine that runs."""
        if self._engine is None:
            raise RuntimeError("start it first")
        return self._engine

    def start(self) -> None:
        """Run until it is ready; slots come from then on."""
        self._engine = Engine(
            self._place, write_plan(self._place / "plan", self._account, self._pace), **self._environ
        )
        self._engine.ready()
        self._store = self._engine.store()

    def schedule(self, slots: Sequence[Slot]) -> None:
        """Do nothing: the plan has a slot for each action in every second."""

    def kill(self) -> None:
        """Kill the worker; the engine starts it again."""
        self.engine.kill(*self._victims)

    def kill_unless_recorded(self, mark: str) -> bool:
        """Stop the worker; kill it if the post of this mark is not on record yet, else let it go on."""
        (worker,) = self.engine.pids_of("worker")
        os.kill(worker, signal.SIGSTOP)
        if mark in {mark_of(row) for row in self._ledger() if row.outcome is not None}:
            os.kill(worker, signal.SIGCONT)
            return False
        self.kill()
        return True

    def unknown(self) -> set[str]:
        """Return the slots with an open task to look whether the post is there."""
        if self._store is None:
            return set()
        causes = {task.cause for _, task in self._store.tasks(STRATEGY) if task.kind is TaskKind.VERIFY}
        slots = self._store.strategy(STRATEGY).state["slots"]
        return {
            f"{slot['action']} {slot['instant'][:19].replace('T', ' ')}"
            for name, slot in slots.items()
            if name in causes
        }

    def close(self) -> list[str]:
        """Pause, end the engine, and compare its ledger with its own word."""
        if self._engine is None or self._store is None:
            return []
        with suppress(Exception):
            asyncio.run(send_command(self._engine.settings, STRATEGY, StartPause(reason="count"), by="ana"))
        code = self._engine.program.end(signal.SIGTERM)
        unsettled = [
            row
            for row in self._ledger()
            if row.outcome is None or row.outcome.status is not PublishStatus.PUBLISHED
        ]
        self._store.close()
        found = [
            f"{len(unsettled)} not published by its ledger, such as {mark_of(row)}: {row.outcome}"
            for row in unsettled[:1]
        ]
        return found if code == 0 else [*found, f"the engine ended with exit code {code}"]

    def _ledger(self) -> list[Publication]:
        return self._store.publications(STRATEGY, limit=100_000) if self._store else []


def mark_of(row: Publication) -> str:
    """Return the mark of the slot that a row of the ledger is about."""
    return Slot(row.action, row.slot).mark


def write_plan(folder: Path, account: str, pace: int) -> Path:
    """Write the plan and the empty folder of a site; return the plan's folder."""
    (folder / "site").mkdir(parents=True)
    (folder / "workspace.yaml").write_text(_WORKSPACE % account, encoding="utf-8")
    actions = "".join(_ACTION.format(action=action) for action in ACTIONS[:pace])
    (folder / "strategy.yaml").write_text(_STRATEGY + actions, encoding="utf-8")
    return folder
