"""What the store holds is enough to tell how an edited rule's alerts stand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from engine.documents.load import load
from engine.domain.journal import EntryType
from engine.domain.lifecycle.state import new_state
from engine.domain.messages import PlanApplied
from engine.domain.plan import Plan
from engine.domain.rebuilt import Rebuilt
from engine.domain.records import AlertState
from engine.domain.storage import Store
from engine.runtime import rebuilding
from engine.runtime.simulation import Life
from tests.cli import lived

ADDED = """
rules:
  - name: Hushed
    reason: The bakery says nothing.
    deadline: { since: activity, period: 6d }
    for: 1d
  - name: Few
    reason: The bakery says little.
    of: channel
    expr: channel.posts_7d < 2
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = lived.store_of(tmp_path / "home")
    lived.live_and_store(found, lived.bakery(), lived.silent_world())
    yield found
    found.close()


def edited(folder: Path, rules: str = ADDED) -> Plan:
    path = lived.copy_plan(folder)
    strategy = path / "strategy.yaml"
    strategy.write_text(strategy.read_text() + rules)
    return load([path]).plans[0]


def test_the_stored_past_tells_of_rules_that_were_not_there(store: Store, tmp_path: Path) -> None:
    plan = edited(tmp_path)
    told = {alert.id: alert for alert in rebuilding.from_store(store, plan, lived.NOW).alerts}
    always = Life(plan, lived.silent_world(), new_state(plan.id, lived.START))
    entries = [*always.tell(PlanApplied(revision=1), lived.START), *always.until(lived.NOW)]
    hushed = always.state.alerts["Hushed@channel/blog"]
    assert hushed.state is AlertState.FIRING
    assert told[hushed.id].model_dump(include=_CLOCKS) == hushed.model_dump(include=_CLOCKS)
    few = always.state.alerts["Few@channel/blog"]
    again = told[few.id]
    assert again.state is few.state is AlertState.FIRING
    assert again.fired_at is not None
    assert few.fired_at is not None
    # An own post is known when it is made; lived through once more it is known with the next reading.
    assert abs(again.fired_at - few.fired_at) <= timedelta(hours=1)
    assert EntryType.ALERT_FIRING in {entry.type for entry in entries}


_CLOCKS = {"state", "data", "fired_at", "pending_since", "because", "evidence"}


def test_a_plan_that_is_new_or_unchanged_has_nothing_to_tell_anew(store: Store) -> None:
    assert rebuilding.from_store(store, lived.bakery(), lived.NOW) == Rebuilt()
    assert rebuilding.from_store(store, lived.renamed(lived.bakery(), "other"), lived.NOW) == Rebuilt()


def test_a_past_that_cannot_be_lived_through_holds_up_no_plan(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_given: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(rebuilding, "recalled", broken)
    assert rebuilding.from_store(store, edited(tmp_path), lived.NOW) == Rebuilt()
