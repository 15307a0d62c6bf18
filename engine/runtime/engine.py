"""The engine on one machine: the embedded server and a worker under one supervisor, on one data directory."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from engine.domain.plan import Plan
from engine.runtime.children import engine_children
from engine.runtime.datadir import DataDirectory
from engine.runtime.settings import Settings
from engine.runtime.supervisor import Supervisor

Say = Callable[[str], None]
Body = Callable[[DataDirectory], Awaitable[int]]


def run_engine(
    settings: Settings, *, say: Say, body: Body | None = None, worker_log: Path | None = None
) -> int:
    """Run the engine until it is stopped, or until `body` (run once all is ready) returns its exit code.

    Raises EngineError when another engine has the data directory or the server cannot be prepared.
    """
    with DataDirectory.open(settings.home) as home:
        children = engine_children(home, settings, progress=say, worker_log=worker_log)
        supervisor = Supervisor(children, report=say, on_pids=lambda pids: home.publish(pids=pids))

        async def when_ready() -> int:
            return await body(home) if body is not None else 0

        return asyncio.run(supervisor.run(when_ready if body is not None else None))


async def apply_when_ready(settings: Settings, plans: Sequence[Plan], *, author: str, say: Say) -> None:
    """Apply plans to the engine that has just become ready."""
    from engine.runtime.operations import apply_plans

    for applied in await apply_plans(settings, plans, author=author, reason="given to `drumbeat up`"):
        what = "starts" if applied.started else "has a new revision" if applied.changed else "goes on"
        say(f"{applied.strategy} {what} (revision {applied.revision})")
