"""The record: what the heart says goes to the store in order, as much at once as there is, never lost."""

from __future__ import annotations

from collections.abc import Sequence

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

from activities import policies
from activities.record import RecordActivities
from engine.domain.journal import Entry
from engine.domain.lifecycle.state import State
from engine.domain.plan import Plan
from engine.domain.shell import PLAN_MISSING, RecordRequest

# Entries written by one record activity; keeps a long outage's journal below the server's payload limit.
BATCH = 200


class Recorder:
    """Writes one batch after the other for as long as the run lives; the newest state goes with each."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._plan: Plan | None = None
        self._unwritten: list[Entry] = []
        self._said = self._written = 0

    def take(self, plan: Plan, state: State, entries: Sequence[Entry], *, and_state: bool = False) -> None:
        """Take what a step said. `and_state` has the state written even if the step said nothing."""
        self._plan, self._state = plan, state
        self._unwritten += entries
        if entries or and_state:
            self._said += 1

    def is_idle(self) -> bool:
        """Return whether everything said so far stands in the store."""
        return self._written == self._said

    async def written(self) -> None:
        """Wait until everything said so far stands in the store."""
        said = self._said
        await workflow.wait_condition(lambda: self._written >= said)

    async def keep_writing(self) -> None:
        """Write whatever is taken, until cancelled."""
        while True:
            await workflow.wait_condition(lambda: not self.is_idle())
            batch, self._unwritten = tuple(self._unwritten[:BATCH]), self._unwritten[BATCH:]
            # A batch that leaves some for the next one settles nothing yet.
            said = self._written if self._unwritten else self._said
            await _write(
                RecordRequest(strategy=self._state.strategy, entries=batch, state=self._state), self._plan
            )
            self._written = said


async def _write(request: RecordRequest, plan: Plan | None) -> None:
    """Write one batch; a store that has lost the plan is given it, which is too large to go with every batch."""
    entries = len(request.entries)
    summary = f"record {entries}" if entries else "record the state"
    try:
        await workflow.execute_activity_method(
            RecordActivities.record, request, summary=summary, **policies.RECORD
        )
    except ActivityError as error:
        if not isinstance(error.cause, ApplicationError) or error.cause.type != PLAN_MISSING:
            raise
        whole = request.model_copy(update={"plan": plan})
        await workflow.execute_activity_method(
            RecordActivities.record, whole, summary=f"{summary} and the plan", **policies.RECORD
        )
