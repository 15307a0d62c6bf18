"""What the engine keeps alive: a child process, and how much patience there is with its deaths."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Child:
    """A process to keep alive.

    `env` is its whole environment (None: ours). `ready` is polled in a thread until it says True, at most
    `ready_within` seconds. `grace` is the time between SIGTERM and SIGKILL and must be longer than what the
    child itself takes to end. Its output goes to `log`, or to ours.

    With `template` the program is one of `engine.runtime.forking`, kept by that name, and the child is what it forks.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] | None = field(default=None, repr=False)
    ready: Callable[[], bool] | None = None
    ready_within: float = 60.0
    grace: float = 10.0
    log: Path | None = None
    template: str | None = None


@dataclass(frozen=True)
class Patience:
    """When a dead child is started again (seconds), and when that is given up.

    A child that has lived for `forgiven_after` has worked: whatever killed it then, the next start is neither put off
    nor counted as one more vain try. A worker is at work within 1.5 s of its start.
    """

    first: float = 0.2
    longest: float = 5.0
    forgiven_after: float = 3.0
    deaths: int = 10
    within: float = 60.0


class Deaths:
    """The recent deaths of one child: how long to wait now, and whether it is hopeless. Pure, times in seconds."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._at: deque[float] = deque(maxlen=patience.deaths)
        self._in_a_row = 0

    def record(self, now: float, lived: float) -> float | None:
        """Note a death; return the delay before the next start, or None when it is time to give up."""
        patience = self._patience
        if lived >= patience.forgiven_after:
            self._at.clear()
            self._in_a_row = 0
        self._in_a_row += 1
        self._at.append(now)
        if len(self._at) == patience.deaths and now - self._at[0] <= patience.within:
            return None
        return float(min(patience.longest, patience.first * 2 ** min(self._in_a_row - 1, 30)))
