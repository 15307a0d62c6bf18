"""What passes between the engine's use cases, the workflow and its activities."""

from __future__ import annotations

from pydantic import Field

from engine.domain.base import Model
from engine.domain.journal import Entry
from engine.domain.lifecycle.state import State
from engine.domain.plan import Plan
from engine.domain.rebuilt import Rebuilt


class StrategyStart(Model):
    """How a strategy's workflow begins: empty (an apply follows), or with the memory of an earlier run.

    A run whose history has grown to `most_events` continues as new. A tenth of what the server would allow: a worker
    that takes a strategy over goes through its history first, at 0.8 ms of computing for each event (measured with
    slots every second), and a post that is due waits for it. A day of a common plan stays below this number.
    """

    strategy: str
    plan: Plan | None = None
    state: State | None = None
    most_events: int = Field(default=400, ge=50)


class ApplyRequest(Model):
    """A stored revision of the plan that shall count from now on, and how the alerts of edited rules stand by history."""

    plan: Plan
    revision: int
    author: str = ""
    reason: str = ""
    rebuilt: Rebuilt = Rebuilt()


class RecordRequest(Model):
    """Journal entries to append, and the state after them; the state's plan only for a store that has lost it."""

    strategy: str
    entries: tuple[Entry, ...]
    state: State
    plan: Plan | None = None


# The error of a store that does not know the state's revision: it was lost, or is an older backup.
PLAN_MISSING = "PlanMissing"
# Types of the errors that an update may be refused with; the client maps them back.
DRAINING = "Draining"
REFUSED = "Refused"
DEFECT = "Defect"


def workflow_id(strategy: str) -> str:
    """Return the id of a strategy's workflow: `strategy/<workspace>/<name>`."""
    return f"strategy/{strategy}"
