"""A pulse while an activity works, so that its worker's death is noticed within seconds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from temporalio import activity


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
