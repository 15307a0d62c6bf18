"""A pulse while an activity works, so that its worker's death is noticed within seconds, and news of such deaths."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from datetime import datetime
from typing import NamedTuple

from temporalio import activity


class Deaths(NamedTuple):
    """How many attempts in a row just before this one are known to have died with their worker's process.

    0 when nothing is known: after a timeout the attempt before may be alive and still at its call. `seen_at` is the instant
    (UTC, by this machine's clock) at which the last of them was dead for certain, where this process saw it itself.
    """

    number: int = 0
    seen_at: datetime | None = None


_NONE_KNOWN = Deaths()
# Who runs the activity sets it.
DEATHS_BEFORE: ContextVar[Deaths] = ContextVar("deaths_before", default=_NONE_KNOWN)


@asynccontextmanager
async def heartbeating() -> AsyncIterator[None]:
    """Send heartbeats at a third of the activity's heartbeat timeout until the block is left."""
    timeout = activity.info().heartbeat_timeout
    if timeout is None:
        yield
        return
    pulse = asyncio.create_task(_pulse(timeout.total_seconds() / 3))
    try:
        yield
    finally:
        pulse.cancel()
        with suppress(asyncio.CancelledError):
            await pulse


async def _pulse(seconds: float) -> None:
    while True:
        activity.heartbeat()
        await asyncio.sleep(seconds)


def all_before_died() -> bool:
    """Say whether no earlier attempt of this activity can still be at work."""
    attempt = activity.info().attempt
    return attempt > 1 and DEATHS_BEFORE.get().number == attempt - 1
