"""Keep the engine's processes alive: start them in order, restart what dies, stop them in reverse order.

It imports nothing heavy, so that it is small, starts at once and has few reasons to die itself.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from engine.runtime.processes import describe_exit, log_tail, open_log, signal_group, tethered

CLEAN = 0
GAVE_UP = 1

_PACE = 0.05
_ONE_PRESS = 0.5


@dataclass(frozen=True)
class Child:
    """A process to keep alive.

    `env` is its whole environment (None: ours). `ready` is polled in a thread until it says True, at most
    `ready_within` seconds. `grace` is the time between SIGTERM and SIGKILL and must be longer than what the
    child itself takes to end. Its output goes to `log`, or to ours.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] | None = field(default=None, repr=False)
    ready: Callable[[], bool] | None = None
    ready_within: float = 60.0
    grace: float = 10.0
    log: Path | None = None


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


class _Keeper:
    """One child's life under its supervisor."""

    def __init__(self, child: Child, supervisor: Supervisor) -> None:
        self.child = child
        self.process: asyncio.subprocess.Process | None = None
        self.ready = asyncio.Event()
        self._supervisor = supervisor
        self._deaths = Deaths(supervisor.patience)

    async def keep(self) -> None:
        """Run the child again and again until the supervisor stops or it is hopeless."""
        stopping, name = self._supervisor.stopping, self.child.name
        while not stopping.is_set():
            began = time.monotonic()
            process = await self._start()
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
                patience = self._supervisor.patience
                self._give_up(f"died {patience.deaths} times within {patience.within:g} s", code)
                return
            if not in_time and not self.ready.is_set():
                self._give_up(f"was not ready within {self.child.ready_within:g} s", code)
                return
            how = describe_exit(code)
            self._say(f"{name} died after {now - began:.1f} s ({how}); starting it again in {delay:.1f} s")
            await _first(stopping.wait(), asyncio.sleep(delay))

    async def _start(self) -> asyncio.subprocess.Process:
        log = open_log(self.child.log) if self.child.log else None
        try:
            self.process = await asyncio.create_subprocess_exec(
                *tethered(self.child.argv),
                env=self.child.env,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # A group of its own: Ctrl-C or `timeout` signal a whole group, and the server would go first.
                process_group=0,
            )
        finally:
            if log:
                log.close()
        self._supervisor.tell_pids()
        return self.process

    async def _until_ready(self, process: asyncio.subprocess.Process, began: float) -> bool:
        """Return when the child is ready or has died; False when it was killed because it took too long."""
        child, stopping = self.child, self._supervisor.stopping
        while child.ready and not _ended(process) and not stopping.is_set():
            if await asyncio.to_thread(child.ready):
                break
            if time.monotonic() - began > child.ready_within:
                self._say(f"{child.name} is not ready after {child.ready_within:g} s; killing it")
                signal_group(process.pid, signal.SIGKILL)
                return False
            await _first(process.wait(), stopping.wait(), asyncio.sleep(_PACE))
        if not _ended(process) and not stopping.is_set():
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
        self._supervisor.give_up()

    async def stop(self) -> bool:
        """End the child; say whether it went by itself within its grace."""
        process, child = self.process, self.child
        if process is None or _ended(process):
            return True
        self._say(f"stopping {child.name} (pid {process.pid})")
        with suppress(ProcessLookupError):
            process.terminate()
        await _first(process.wait(), self._supervisor.hurried.wait(), asyncio.sleep(child.grace))
        if _ended(process):
            return True
        why = "at once" if self._supervisor.hurried.is_set() else f"it did not end within {child.grace:g} s"
        self._say(f"killing {child.name} (pid {process.pid}): {why}")
        signal_group(process.pid, signal.SIGKILL)
        await process.wait()
        return False

    def _say(self, line: str) -> None:
        self._supervisor.say(line)


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
        self._keepers: list[_Keeper] = []
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
        living = [k for k in self._keepers if k.process and not _ended(k.process)]
        try:
            self._on_pids({keeper.child.name: keeper.process.pid for keeper in living if keeper.process})
        except Exception as error:  # noqa: BLE001 - a full disk must not end what still runs
            self.say(f"the running processes could not be recorded ({error}); the engine goes on")

    def say(self, line: str) -> None:
        """Report a line; that nobody listens any more (a closed terminal) must not hinder an orderly stop."""
        with suppress(Exception):
            self._report(line)

    async def _start_all(self, tasks: list[asyncio.Task[None]]) -> None:
        for child in self.children:
            keeper = _Keeper(child, self)
            self._keepers.append(keeper)
            task = asyncio.create_task(keeper.keep(), name=child.name)
            tasks.append(task)
            await _first(keeper.ready.wait(), self.stopping.wait(), asyncio.shield(task))
            if self.stopping.is_set() or task.done():
                return

    async def _work(
        self, body: Callable[[], Awaitable[int]] | None, tasks: Sequence[asyncio.Task[None]]
    ) -> int:
        working = asyncio.ensure_future(body()) if body and not self.stopping.is_set() else None
        waits = [self.stopping.wait(), *(asyncio.shield(task) for task in tasks)]
        await _first(*waits, *([working] if working else []))
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


def _ended(process: asyncio.subprocess.Process) -> bool:
    return process.returncode is not None


async def _first(*waits: Awaitable[object]) -> None:
    """Wait for whatever comes first and let go of the rest."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _to_stderr(line: str) -> None:
    sys.stderr.write(f"drumbeat: {line}\n")
    sys.stderr.flush()
