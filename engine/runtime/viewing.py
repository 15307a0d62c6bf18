"""A strategy's status as it is shown: the stored view, or one made anew where another version wrote it."""

from __future__ import annotations

from pydantic import ValidationError

from engine.domain.lifecycle.state import State
from engine.domain.lifecycle.view import View, view
from engine.domain.storage import Store, StrategyRow


def view_of(store: Store, row: StrategyRow) -> View:
    """Return the view of a stored strategy.

    A view that this version cannot read is made again from the stored state and its revision of the plan.
    Raises ValidationError when the state itself cannot be read.
    """
    try:
        return View.model_validate(row.view)
    except ValidationError:
        return view(store.revision(row.strategy, row.revision).plan, State.model_validate(row.state))
