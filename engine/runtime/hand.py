"""What a worker has in hand, in a file that outlives it: who comes after a killed worker need not wait for timeouts.

One line for each activity begun, one for each ended. The lock on the file ends with its process, however that ends:
a file that can be locked belongs to a dead worker.
"""

from __future__ import annotations

import asyncio
import fcntl
import glob
import json
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

# The server is told of an activity's end after it has ended here: until then it counts as in hand.
_TOLD_AFTER = 0.5
_LARGEST = 1_000_000
# A dead worker may have been given more by the server than it had begun, most likely for what it served just before.
_RECENT_LINES = 200


@dataclass(frozen=True)
class Run:
    """One run of a workflow."""

    workflow: str
    run: str


@dataclass(frozen=True)
class Held:
    """One attempt of an activity (counted from 1), and how many attempts just before it died with their workers."""

    workflow: str
    run: str
    activity: str
    attempt: int
    deaths: int

    @property
    def deaths_with_it(self) -> int:
        """Return how many attempts in a row have died when this one has too; 0 when one before it may live."""
        return self.deaths + 1 if self.deaths == self.attempt - 1 else 0


@dataclass(frozen=True)
class Estate:
    """What a dead worker left: its identity, what it had in hand, and the runs that it served last, newest first."""

    identity: str
    held: tuple[Held, ...]
    recent: tuple[Run, ...]


class Hand:
    """The file of a living worker. Use it on the event loop that runs the worker."""

    def __init__(self, folder: Path) -> None:
        """Begin an empty file. Raises OSError when the folder cannot be written."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.identity = f"{_of_this_machine()}{os.getpid()}-{secrets.token_hex(4)}"
        self._path = folder / self.identity
        self._file = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._held: dict[Held, None] = {}
        self._size = 0

    @contextmanager
    def holding(self, held: Held) -> Iterator[None]:
        """Have it in hand while the block lasts, and until the server has been told of its end."""
        self._held[held] = None
        self._write("begun", held)
        try:
            yield
        finally:
            asyncio.get_running_loop().call_later(_TOLD_AFTER, self._end, held)

    def inherits(self, run: Run) -> None:
        """Note a run that a dead worker served: the server may give it to this one, which may die at once as well."""
        self._write("ended", Held(run.workflow, run.run, activity="", attempt=0, deaths=0))

    def close(self) -> None:
        """Leave nothing: the worker ended in order."""
        if self._file >= 0:
            self._path.unlink(missing_ok=True)
            os.close(self._file)
            self._file = -1

    def _end(self, held: Held) -> None:
        self._held.pop(held, None)
        self._write("ended", held)

    def _write(self, what: str, held: Held) -> None:
        """Write a line. A full disk costs the next worker some seconds of waiting, never a post."""
        if self._file < 0:
            return
        with suppress(OSError):
            if self._size > _LARGEST:
                os.ftruncate(self._file, 0)
                lines = b"".join(_line("begun", each) for each in self._held)
                self._size = os.write(self._file, lines) if lines else 0
            self._size += os.write(self._file, _line(what, held))


@contextmanager
def estates(folder: Path) -> Iterator[tuple[Estate, ...]]:
    """Return what dead workers left in the folder; it is nobody else's meanwhile, and gone when the block has ended well.

    Only those of this machine: over a network a lock may say nothing.
    """
    taken: list[tuple[Path, int]] = []
    try:
        for path in sorted(folder.glob(f"{glob.escape(_of_this_machine())}*")):
            with suppress(OSError):
                file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    os.close(file)
                else:
                    taken.append((path, file))
        yield tuple(_read(path) for path, _ in taken)
        for path, _ in taken:
            path.unlink(missing_ok=True)
    finally:
        for _, file in taken:
            os.close(file)


def _of_this_machine() -> str:
    return f"drumbeat-{socket.gethostname()}-"


def _line(what: str, held: Held) -> bytes:
    return json.dumps({what: asdict(held)}).encode() + b"\n"


def _read(path: Path) -> Estate:
    held: dict[Held, None] = {}
    lines: list[Held] = []
    for line in path.read_bytes().splitlines():
        with suppress(ValueError, TypeError):  # the last line may be torn
            ((what, fields),) = json.loads(line).items()
            one = Held(**fields)
            lines.append(one)
            if what == "begun":
                held[one] = None
            else:
                held.pop(one, None)
    recent = dict.fromkeys(Run(one.workflow, one.run) for one in reversed(lines[-_RECENT_LINES:]))
    return Estate(path.name, tuple(held), tuple(recent))
