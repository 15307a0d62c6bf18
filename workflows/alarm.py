"""The one timer of a strategy, kept across wake-ups and armed again only when its instant moves."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow

# Timers have the server's resolution: never wake a moment too early and find nothing to do.
_ROUND_UP = timedelta(milliseconds=1)


class Alarm:
    """A durable timer for an absolute instant. `wait_condition(timeout=…)` would make one for every wake-up."""

    def __init__(self) -> None:
        self.at: datetime | None = None
        self._timer: asyncio.Task[None] | None = None

    def set(self, at: datetime | None) -> None:
        """Arm the timer for `at`, or disarm it; nothing happens when it is armed for that instant already."""
        if at == self.at and (at is None or (self._timer is not None and not self._timer.done())):
            return
        if self._timer is not None:
            self._timer.cancel()
        self.at, self._timer = at, None
        if at is not None:
            delay = max(at - workflow.now(), timedelta(0)) + _ROUND_UP
            self._timer = asyncio.create_task(
                workflow.sleep(delay, summary=f"until {at.isoformat(timespec='seconds')}")
            )

    def rang(self) -> bool:
        """Return whether the instant has come."""
        return self._timer is not None and self._timer.done()
