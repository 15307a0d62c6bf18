"""A process that has loaded all that a worker needs and forks one whenever it is asked: the next worker is there at once.

Starting a worker costs 1.4 s of computing, nearly all of it for loading; forking one that is loaded costs 0.06 s.

The supervisor asks by a line on the template's standard input, one worker at a time. On a pipe of its own it is told
`forked PID` and, when that worker has ended, `ended PID CODE`. On Linux a worker dies with its template.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Protocol

from engine.runtime.processes import signal_group, tethered
from engine.runtime.tether import tie

_ENDING = (signal.SIGTERM, signal.SIGINT)
_KILLED = -int(signal.SIGKILL)


class Running(Protocol):
    """A process under supervision, as asyncio shows one: `returncode` is None while it runs."""

    @property
    def pid(self) -> int: ...
    @property
    def returncode(self) -> int | None: ...
    async def wait(self) -> int: ...
    def terminate(self) -> None: ...


class Forked:
    """A worker that a template has forked. Its template tells when it has ended."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._over = asyncio.Event()

    def over(self, code: int) -> None:
        """Note its end."""
        self.returncode = code
        self._over.set()

    async def wait(self) -> int:
        """Wait for its end and return the exit code; negative codes are signals."""
        await self._over.wait()
        return _KILLED if self.returncode is None else self.returncode

    def terminate(self) -> None:
        """Ask it to end."""
        os.kill(self.pid, signal.SIGTERM)


class Template:
    """The supervisor's side of a template process."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        reports: asyncio.StreamReader,
        pipe: asyncio.ReadTransport,
    ) -> None:
        self.process = process
        self._reports, self._pipe = reports, pipe
        self._worker: Forked | None = None
        self._forked = asyncio.Event()
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def start(cls, argv: Sequence[str], **options: Any) -> Template:
        """Start it; the number of its pipe's end is one more argument."""
        reading, writing = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *tethered((*argv, str(writing))),
                stdin=asyncio.subprocess.PIPE,
                pass_fds=(writing,),
                **options,
            )
        finally:
            os.close(writing)
        reports = asyncio.StreamReader()
        pipe, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reports), os.fdopen(reading, "rb", buffering=0)
        )
        return cls(process, reports, pipe)

    async def fork(self) -> Running:
        """Return a worker as soon as there is one; the template itself if it ends before."""
        self._forked.clear()
        if self._listening.done():
            return self.process
        if self.process.stdin is not None:
            self.process.stdin.write(b"go\n")
        await self._forked.wait()
        return self._worker or self.process

    async def end(self) -> None:
        """End it; its worker must have ended."""
        signal_group(self.process.pid, signal.SIGKILL)
        await self.process.wait()
        await self._listening

    async def _listen(self) -> None:
        while line := await self._reports.readline():
            what, pid, *code = line.decode().split()
            if what == "forked":
                self._worker = Forked(int(pid))
                self._forked.set()
            elif self._worker is not None:
                self._worker.over(int(code[0]))
        self._pipe.close()
        await self.process.wait()
        if self._worker is not None and self._worker.returncode is None:
            self._worker.over(_KILLED)
        else:
            self._worker = None
        self._forked.set()


def become_workers(report: int) -> None:
    """Be a template: fork a worker for each line of the standard input, and return in each of them.

    Call it with everything loaded and no thread started. The process ends here when the input does.
    """
    # When a whole group is signalled, the workers end in order; then the supervisor ends this one.
    for sign in _ENDING:
        signal.signal(sign, signal.SIG_IGN)
    gc.collect()
    gc.freeze()  # what is never looked at again is never copied
    template = os.getpid()
    while sys.stdin.readline():
        # A worker that is to end before it has begun keeps the signal until it listens.
        signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        pid = os.fork()
        if pid == 0:
            os.close(report)
            _begin(template)
            return
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
        with suppress(OSError):
            os.setpgid(pid, pid)
        os.write(report, f"forked {pid}\n".encode())
        _, status = os.waitpid(pid, 0)
        os.write(report, f"ended {pid} {os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _begin(template: int) -> None:
    """Become a process of its own, with a group and signals like one that was started."""
    with suppress(OSError):
        os.setpgid(0, 0)
    tie(template)
    for sign in _ENDING:
        signal.signal(sign, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, sys.stdin.fileno())
    os.close(nothing)
