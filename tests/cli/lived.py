"""A bakery's strategy that has lived for a while: the heart's own doing, put into a real store."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.documents.load import load
from engine.domain.judgement import Circumstances
from engine.domain.lifecycle.state import new_state
from engine.domain.lifecycle.view import view
from engine.domain.messages import PlanApplied
from engine.domain.past import Judged
from engine.domain.plan import Plan
from engine.domain.records import Sample
from engine.domain.storage import Store, StrategyRow
from engine.runtime.simulation import Life, World
from engine.store import open_store
from rules.evaluation import Evaluation

PLAN = Path(__file__).with_name("plan")
START = datetime(2026, 1, 4, 23, tzinfo=UTC)
NOW = datetime(2026, 2, 14, 11, tzinfo=UTC)
ID = "bakery/regulars"


class KeptLife(Life):
    """A life whose judgements are kept, as the engine keeps them."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.rows: list[Judged] = []

    def evaluate(self, judge: Circumstances) -> Evaluation:
        evaluation = super().evaluate(judge)
        self.rows += evaluation.judged
        return evaluation


def copy_plan(folder: Path) -> Path:
    """Copy the bakery's plan into a folder of the test's own."""
    return Path(shutil.copytree(PLAN, folder / "plan"))


def bakery() -> Plan:
    """Return the bakery's plan."""
    return load([PLAN]).plans[0]


def silent_world() -> World:
    """Return a world in which the blog falls silent on 20 January and the guests grow slowly."""
    at = datetime(2026, 2, 1, tzinfo=UTC)
    guests = Sample(metric="guests", at=at, value=104, seen=at)
    return World(samples={"guests": [guests]}, silent_from={"blog": datetime(2026, 1, 20, tzinfo=UTC)})


def store_of(home: Path) -> Store:
    """Open the store in a data directory."""
    home.mkdir(exist_ok=True)
    return open_store(f"sqlite:///{home / 'drumbeat.db'}")


def live_and_store(store: Store, plan: Plan, world: World, end: datetime = NOW) -> None:
    """Live from START until `end` and record all of it, as the engine does."""
    life = Life(plan, world, new_state(plan.id, START))
    entries = [*life.tell(PlanApplied(revision=1, author="ana"), START), *life.until(end)]
    store.save_revision(plan, author="ana", reason="first plan", now=START)
    state = life.state
    row = StrategyRow(
        strategy=plan.id,
        revision=1,
        seq=state.seq,
        updated_at=end,
        state=state.model_dump(mode="json"),
        view=view(plan, state).model_dump(mode="json"),
    )
    store.record(row, entries, end)


def renamed(plan: Plan, name: str, workspace: str | None = None) -> Plan:
    """Return the plan under another name."""
    strategy = plan.strategy.model_copy(update={"name": name, "workspace": workspace or plan.workspace.name})
    home = plan.workspace.model_copy(update={"name": workspace or plan.workspace.name})
    return plan.model_copy(update={"strategy": strategy, "workspace": home})
