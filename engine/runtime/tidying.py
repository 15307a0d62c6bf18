"""What need not be kept for ever is deleted once a day, while a worker runs."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import structlog

from engine.domain.errors import DrumbeatError
from engine.domain.storage import Store

log = structlog.get_logger(__name__)
EVERY = timedelta(days=1)


def tidy(store: Store, keep: timedelta, now: datetime) -> int:
    """Delete what rules said longer ago than `keep`, strategy by strategy. Returns how many rows went."""
    return sum(store.forget_judged(name, now - keep) for name in store.latest_revisions())


async def keep_tidy(store: Store, keep: timedelta) -> None:
    """Tidy now and once a day, for as long as the worker lives. Several workers that do so do no harm."""
    while True:
        try:
            gone = await asyncio.to_thread(tidy, store, keep, datetime.now(UTC))
        except DrumbeatError as error:
            log.warning("what rules said long ago could not be deleted", error=str(error))
        else:
            if gone:
                log.info("what rules said long ago was deleted", rows=gone, older_than_days=keep.days)
        await asyncio.sleep(EVERY.total_seconds())
