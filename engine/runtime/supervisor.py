"""Keep the engine's processes alive: start them in order, restart what dies, stop them in reverse order.

It imports nothing heavy, so that it is small, starts at once and has few reasons to die itself.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress

from engine.runtime.child import Child, Patience
from engine.runtime.forking import Running
from engine.runtime.keeper import Keeper, ended, first

CLEAN = 0
GAVE_UP = 1

_ONE_PRESS = 0.5


class Supervisor:
    """Runs children until it is asked to stop, a body ends, or a child is hopeless."""

    def __init__(
        self,
        children: Sequence[Child],
        *,
        report: Callable[[str], None] | None = None,
        on_pids: Callable[[Mapping[str, int]], None] | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.children = tuple(children)
        self._report = report or _to_stderr
        self.patience = patience or Patience()
        self._on_pids = on_pids
        self._first_signal = 0.0
        self._gave_up = False

    async def run(self, body: Callable[[], Awaitable[int]] | None = None) -> int:
        """Start the children, each after the one before is ready, and keep them alive; return the exit code.

        `body` runs once all are ready; when it returns, all is stopped and its code is the answer. 0 is a clean
        end, 1 that a child was hopeless or had to be killed. SIGINT, SIGTERM and SIGHUP stop in reverse order; a
        second one kills at once.
        """
        self.stopping, self.hurried = asyncio.Event(), asyncio.Event()
        self._gave_up = False
        self._keepers: list[Keeper] = []
        tasks: list[asyncio.Task[None]] = []
        installed = self._listen()
        code = CLEAN
        try:
            await self._start_all(tasks)
            code = await self._work(body, tasks)
        finally:
            self.stopping.set()
            clean = [await keeper.stop() for keeper in reversed(self._keepers)]
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            for sign in installed:
                asyncio.get_running_loop().remove_signal_handler(sign)
        for outcome in ended:
            if isinstance(outcome, Exception):
                raise outcome
        return GAVE_UP if self._gave_up or not all(clean) else code

    def stop(self) -> None:
        """Ask for the end, as a first Ctrl-C does; a second call kills at once. Call it on the loop's thread."""
        (self.hurried if self.stopping.is_set() else self.stopping).set()

    def give_up(self) -> None:
        """End everything with exit code 1."""
        self._gave_up = True
        self.stopping.set()

    def tell_pids(self) -> None:
        """Tell who wants to know which processes run now."""
        if self._on_pids is None:
            return
        named: list[tuple[str, Running | None]] = [
            (keeper.child.name, keeper.process) for keeper in self._keepers
        ]
        named += [(k.child.template or "", k.template.process) for k in self._keepers if k.template]
        try:
            self._on_pids({name: process.pid for name, process in named if process and not ended(process)})
        except Exception as error:  # noqa: BLE001 - a full disk must not end what still runs
            self.say(f"the running processes could not be recorded ({error}); the engine goes on")

    def say(self, line: str) -> None:
        """Report a line; that nobody listens any more (a closed terminal) must not hinder an orderly stop."""
        with suppress(Exception):
            self._report(line)

    async def _start_all(self, tasks: list[asyncio.Task[None]]) -> None:
        for child in self.children:
            keeper = Keeper(child, self)
            self._keepers.append(keeper)
            task = asyncio.create_task(keeper.keep(), name=child.name)
            tasks.append(task)
            await first(keeper.ready.wait(), self.stopping.wait(), asyncio.shield(task))
            if self.stopping.is_set() or task.done():
                return

    async def _work(
        self, body: Callable[[], Awaitable[int]] | None, tasks: Sequence[asyncio.Task[None]]
    ) -> int:
        working = asyncio.ensure_future(body()) if body and not self.stopping.is_set() else None
        waits = [self.stopping.wait(), *(asyncio.shield(task) for task in tasks)]
        await first(*waits, *([working] if working else []))
        return CLEAN if working is None or working.cancelled() else working.result()

    def _listen(self) -> list[signal.Signals]:
        if threading.current_thread() is not threading.main_thread():
            return []
        wanted = [signal.SIGINT, signal.SIGTERM]
        # Under nohup the terminal's end is to be ignored.
        wanted += [signal.SIGHUP] if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN else []
        for sign in wanted:
            asyncio.get_running_loop().add_signal_handler(sign, self._on_signal)
        return wanted

    def _on_signal(self) -> None:
        # One Ctrl-C may reach us twice, from the terminal and from `make` or `timeout` above us.
        if not self.stopping.is_set():
            self._first_signal = time.monotonic()
            self.say("stopping; once more (Ctrl-C) kills at once")
        elif time.monotonic() - self._first_signal < _ONE_PRESS:
            return
        self.stop()


def _to_stderr(line: str) -> None:
    sys.stderr.write(f"drumbeat: {line}\n")
    sys.stderr.flush()
