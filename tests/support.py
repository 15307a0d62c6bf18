"""What tests share: waiting for a condition instead of for time to pass."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(condition: Callable[[], T], *, within: float = 30.0, what: str = "", every: float = 0.02) -> T:
    """Return the condition's first truthy answer; fail when there is none within so many seconds.

    An AssertionError raised by the condition counts as "not yet" and is shown when time is up.
    """
    pace = threading.Event()
    deadline = time.monotonic() + within
    while True:
        answer, reason = _ask(condition)
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(_too_late(condition, within, what, reason))
        pace.wait(every)


async def eventually_async(
    condition: Callable[[], T], *, within: float = 30.0, what: str = "", every: float = 0.02
) -> T:
    """Do the same and let the event loop go on meanwhile."""
    deadline = time.monotonic() + within
    while True:
        answer, reason = _ask(condition)
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(_too_late(condition, within, what, reason))
        await asyncio.sleep(every)


def _ask(condition: Callable[[], T]) -> tuple[T | None, object]:
    try:
        answer = condition()
    except AssertionError as error:
        return None, error
    return answer, repr(answer)


def _too_late(condition: Callable[[], object], within: float, what: str, reason: object) -> str:
    name = what or getattr(condition, "__name__", "the condition")
    return f"not within {within:g} s: {name} (at last: {reason})"
