"""An ambush: the next answer is held until whoever waits for it has been killed, and is never delivered."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

_PATIENCE = 60.0


class Ambush:
    """Laid by the thread that kills, sprung in the event loop of a server. One at a time."""

    def __init__(self) -> None:
        self._laid, self._sprung, self._killed = threading.Event(), threading.Event(), threading.Event()

    def kill_before_the_next_answer(self, kill: Callable[[], None], within: float) -> bool:
        """Let the next post appear and kill while its answer is held. Say whether one came within these seconds."""
        self._sprung.clear()
        self._killed.clear()
        self._laid.set()
        came = self._sprung.wait(within)
        self._laid.clear()
        if came:
            kill()
        self._killed.set()
        return came

    def take(self) -> bool:
        """Say whether this effect is the one that is waited for; it is for nobody else then."""
        laid = self._laid.is_set()
        self._laid.clear()
        return laid

    async def spring(self) -> None:
        """Have the killing done, and return after it."""
        self._sprung.set()
        await asyncio.to_thread(self._killed.wait, _PATIENCE)
