"""What an older version stored stays readable."""

from __future__ import annotations

from pathlib import Path

from engine.domain.lifecycle.state import new_state
from engine.domain.lifecycle.view import view
from engine.domain.storage import StrategyRow
from engine.runtime.viewing import view_of
from engine.store import open_store
from tests.contracts.store_records import T0, plan


def test_a_view_that_another_version_wrote_is_made_again_from_the_stored_state(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/drumbeat.db")
    try:
        stored = store.save_revision(plan(), author="", reason="", now=T0)
        state = new_state(stored.strategy, T0).model_copy(update={"revision": stored.number})
        row = StrategyRow(
            strategy=stored.strategy,
            revision=stored.number,
            seq=0,
            updated_at=T0,
            state=state.model_dump(mode="json"),
            view={"written": "by an older version"},
        )
        assert view_of(store, row) == view(stored.plan, state)
        assert view_of(
            store, row.model_copy(update={"view": view(stored.plan, state).model_dump(mode="json")})
        ) == view(stored.plan, state)
    finally:
        store.close()
