"""The heart: what a step costs, and how long half a year of the examples takes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import Result, per_second
from benchmarks.plans import examples, fed
from engine.domain.lifecycle.state import new_state
from engine.domain.lifecycle.step import step
from engine.domain.messages import PlanApplied, Tick
from engine.domain.plan import Plan
from engine.runtime.simulation import World, simulate

START = datetime(2026, 1, 5, tzinfo=UTC)
DAYS = 180


def run() -> Iterator[Result]:
    """Measure single steps, then whole half-years."""
    yield _steps(examples()[0])
    for plan in examples():
        yield _half_year(plan, plan.id)
    with TemporaryDirectory() as folder:
        yield _half_year(fed(Path(folder) / "plan", actions=1, every="1h"), "one post an hour")


def _steps(plan: Plan) -> Result:
    state = step(plan, new_state(plan.id, START), PlanApplied(revision=1), START).state
    later = START + timedelta(minutes=1)
    ours = per_second(lambda: step(plan, state, Tick(), later))
    bare = per_second(lambda: _nothing(plan, state, None, later))
    return Result(f"a step in which nothing is due, {plan.id}", ours, "a bare function call", bare, "/s")


def _nothing(*given: object) -> object:
    return given


def _half_year(plan: Plan, name: str) -> Result:
    began = time.perf_counter()
    for _ in simulate(plan, World(), START, START + timedelta(days=DAYS)):
        pass
    taken = time.perf_counter() - began
    return Result(f"simulate {DAYS} days, {name}", taken, "these days themselves", DAYS * 86_400.0, "s")
