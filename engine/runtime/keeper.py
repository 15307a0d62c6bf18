"""One child's life: started or forked, made ready, watched, and started again when it dies."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from engine.runtime.child import Child, Deaths, Patience
from engine.runtime.forking import Running, Template
from engine.runtime.processes import describe_exit, log_tail, open_log, signal_group, tethered

_PACE = 0.05
# A template forks at once unless its workers die again and again: then the pauses grow like those of any child.
_AT_ONCE_UP_TO = 1.0


class Company(Protocol):
    """What a child knows of its supervisor."""

    patience: Patience
    stopping: asyncio.Event
    hurried: asyncio.Event

    def tell_pids(self) -> None:
        """Tell who wants to know which processes run now."""
        ...

    def say(self, line: str) -> None:
        """Report a line."""
        ...

    def give_up(self) -> None:
        """End everything: a child is hopeless."""
        ...


class Keeper:
    """One child's life under its supervisor."""

    def __init__(self, child: Child, company: Company) -> None:
        self.child = child
        self.process: Running | None = None
        self.template: Template | None = None
        self.ready = asyncio.Event()
        self._company = company
        self._deaths = Deaths(company.patience)

    async def keep(self) -> None:
        """Run the child again and again until the supervisor stops or it is hopeless."""
        stopping, name = self._company.stopping, self.child.name
        while not stopping.is_set():
            began = time.monotonic()
            process = await self._next()
            if stopping.is_set():  # asked meanwhile, when there was nothing to stop yet
                await self.stop()
                return
            in_time = await self._until_ready(process, began)
            code = await process.wait()
            if stopping.is_set():
                return
            now = time.monotonic()
            delay = self._deaths.record(now, now - began)
            if delay is None:
                patience = self._company.patience
                self._give_up(f"died {patience.deaths} times within {patience.within:g} s", code)
                return
            if not in_time and not self.ready.is_set():
                self._give_up(f"was not ready within {self.child.ready_within:g} s", code)
                return
            died = f"{name} died after {now - began:.1f} s ({describe_exit(code)})"
            if self._living_template() and delay <= _AT_ONCE_UP_TO:
                self._say(f"{died}; the next one takes over")
                continue
            self._say(f"{died}; starting it again in {delay:.1f} s")
            await first(stopping.wait(), asyncio.sleep(delay))

    async def _next(self) -> Running:
        """Start the child, or have it forked."""
        self.process = await (self._start() if self.child.template is None else self._fork())
        self._company.tell_pids()
        return self.process

    async def _start(self) -> Running:
        with self._output() as output:
            return await asyncio.create_subprocess_exec(
                *tethered(self.child.argv), stdin=asyncio.subprocess.DEVNULL, **output
            )

    async def _fork(self) -> Running:
        template = self._living_template()
        if template is None:
            with self._output() as output:
                template = self.template = await Template.start(self.child.argv, **output)
            self._company.tell_pids()
        return await template.fork()

    @contextmanager
    def _output(self) -> Iterator[dict[str, Any]]:
        """Return how the process is to be made; what it says goes to its log."""
        log = open_log(self.child.log) if self.child.log else None
        try:
            # A group of its own: Ctrl-C or `timeout` signal a whole group, and the server would go first.
            yield {"env": self.child.env, "stdout": log, "stderr": log, "process_group": 0}
        finally:
            if log:
                log.close()

    def _living_template(self) -> Template | None:
        return None if self.template is None or ended(self.template.process) else self.template

    async def _until_ready(self, process: Running, began: float) -> bool:
        """Return when the child is ready or has died; False when it was killed because it took too long."""
        child, stopping = self.child, self._company.stopping
        while child.ready and not ended(process) and not stopping.is_set():
            if await asyncio.to_thread(child.ready):
                break
            if time.monotonic() - began > child.ready_within:
                self._say(f"{child.name} is not ready after {child.ready_within:g} s; killing it")
                signal_group(process.pid, signal.SIGKILL)
                return False
            await first(process.wait(), stopping.wait(), asyncio.sleep(_PACE))
        if not ended(process) and not stopping.is_set():
            self.ready.set()
            self._say(f"{child.name} runs (pid {process.pid}, {time.monotonic() - began:.1f} s)")
        return True

    def _give_up(self, what: str, code: int) -> None:
        log = self.child.log
        where = f" Its log {log} ends:{log_tail(log)}" if log else ""
        self._say(
            f"giving up: {self.child.name} {what}, at last with {describe_exit(code)}. Nothing is posted or "
            "measured until the engine is started again; what was due meanwhile is then caught up as each action's "
            f"misfire rule says. `drumbeat doctor` looks for the reason.{where}"
        )
        self._company.give_up()

    async def stop(self) -> bool:
        """End the child and its template; say whether the child went by itself within its grace."""
        by_itself = await self._stop_process()
        if self.template is not None:
            await self.template.end()
        return by_itself

    async def _stop_process(self) -> bool:
        process, child = self.process, self.child
        if process is None or ended(process):
            return True
        self._say(f"stopping {child.name} (pid {process.pid})")
        with suppress(ProcessLookupError):
            process.terminate()
        await first(process.wait(), self._company.hurried.wait(), asyncio.sleep(child.grace))
        if ended(process):
            return True
        why = "at once" if self._company.hurried.is_set() else f"it did not end within {child.grace:g} s"
        self._say(f"killing {child.name} (pid {process.pid}): {why}")
        signal_group(process.pid, signal.SIGKILL)
        await process.wait()
        return False

    def _say(self, line: str) -> None:
        self._company.say(line)


def ended(process: Running) -> bool:
    """Say whether it has ended."""
    return process.returncode is not None


async def first(*waits: Awaitable[object]) -> None:
    """Wait for whatever comes first and let go of the rest."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
