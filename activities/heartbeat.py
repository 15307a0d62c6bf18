"""A pulse while an activity works, so that its worker's death is noticed within seconds, and news of such deaths."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar

from temporalio import activity

# How many attempts in a row just before this one are known to have died with their worker's process; who runs the
# activity sets it. 0 when nothing is known: after a timeout the attempt before may be alive and still at its call.
DEATHS_BEFORE: ContextVar[int] = ContextVar("deaths_before", default=0)


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
    return attempt > 1 and DEATHS_BEFORE.get() == attempt - 1
