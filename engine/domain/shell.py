"""What passes between the engine's use cases, the workflow and its activities."""

from __future__ import annotations

from engine.domain.base import Model
from engine.domain.journal import Entry
from engine.domain.lifecycle.state import State
from engine.domain.plan import Plan


class StrategyStart(Model):
    """How a strategy's workflow begins: empty (an apply follows), or with the memory of an earlier run."""

    strategy: str
    plan: Plan | None = None
    state: State | None = None


class ApplyRequest(Model):
    """A stored revision of the plan that shall count from now on."""

    plan: Plan
    revision: int
    author: str = ""
    reason: str = ""


class RecordRequest(Model):
    """Journal entries to append, and the state after them."""

    strategy: str
    entries: tuple[Entry, ...]
    state: State


# Types of the errors that an update may be refused with; the client maps them back.
DRAINING = "Draining"
REFUSED = "Refused"


def workflow_id(strategy: str) -> str:
    """Return the id of a strategy's workflow: `strategy/<workspace>/<name>`."""
    return f"strategy/{strategy}"
