"""The data directory of one engine: who owns it, and what other commands may know of the running one."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from engine.domain.errors import EngineError
from engine.runtime.processes import command_line, is_alive, stop_process, untethered

_LOCK = "engine.lock"
_RECORD = "engine.json"
# Long enough to outlast the instant in which another command looks whether the lock is held.
_PATIENCE = 1.0
_ORPHAN_GRACE = 5.0
_EXEC_WITHIN = 0.5


class DirectoryInUseError(EngineError):
    """Another engine uses this data directory. Stop it, or give this one a DRUMBEAT_HOME of its own."""


class Process(BaseModel):
    """A child of the engine and the command line that proves that a pid is still that child."""

    model_config = ConfigDict(frozen=True)
    pid: int
    command: str


class EngineRecord(BaseModel):
    """What engine.json says: the engine that owns, or last owned, the directory."""

    model_config = ConfigDict(frozen=True)
    pid: int
    host: str
    version: str
    started_at: AwareDatetime
    address: str | None = None
    ui_address: str | None = None
    processes: dict[str, Process] = {}


class EngineState(BaseModel):
    """What a look at a data directory found; `stale` is a record whose engine was killed."""

    model_config = ConfigDict(frozen=True)
    running: bool
    record: EngineRecord | None

    @property
    def stale(self) -> bool:
        """Say whether an engine ended here without clearing up."""
        return self.record is not None and not self.running


class DataDirectory:
    """An open data directory: while it is open, no other engine can open it."""

    def __init__(self, path: Path, lock: FileLock, record: EngineRecord) -> None:
        self.path = path
        self._lock = lock
        self._record = record

    @classmethod
    def open(cls, path: Path) -> Self:
        """Create the directory (mode 0700) if needed, lock it and clear what a killed engine left behind.

        Raises DirectoryInUseError naming the engine that holds it, EngineError when it cannot be written.
        """
        try:
            _make_private(path)
            lock = _lock_of(path)
            lock.acquire(timeout=_PATIENCE, poll_interval=0.02)
        except Timeout:
            raise DirectoryInUseError(_in_use(path)) from None
        except OSError as error:
            raise EngineError(
                f"The data directory {path} cannot be used ({error.strerror}), so the engine did not start. "
                "Make it writable for this user, or set DRUMBEAT_HOME to another place."
            ) from error
        _stop_orphans(_read(path))
        now = datetime.now(UTC)
        record = EngineRecord(
            pid=os.getpid(), host=socket.gethostname(), version=metadata.version("drumbeat"), started_at=now
        )
        directory = cls(path, lock, record)
        directory._write(record)
        return directory

    @property
    def temporal(self) -> Path:
        """Return the embedded server's own directory, made if needed."""
        place = self.path / "temporal"
        place.mkdir(mode=0o700, exist_ok=True)
        return place

    @property
    def record(self) -> EngineRecord:
        """Return what engine.json says of this engine."""
        return self._record

    def publish(
        self,
        *,
        address: str | None = None,
        ui_address: str | None = None,
        pids: Mapping[str, int] | None = None,
    ) -> None:
        """Let other commands know where the engine is; what is not given stays as it was."""
        given = {"address": address, "ui_address": ui_address}
        update: dict[str, object] = {name: value for name, value in given.items() if value is not None}
        if pids is not None:
            update["processes"] = {
                name: Process(pid=pid, command=_own_words(pid)) for name, pid in pids.items()
            }
        self._write(self._record.model_copy(update=update))

    def close(self) -> None:
        """Remove the record and let go of the directory; a second call does nothing."""
        if self._lock.is_locked:
            (self.path / _RECORD).unlink(missing_ok=True)
            self._lock.release()

    def _write(self, record: EngineRecord) -> None:
        write_atomically(self.path / _RECORD, record.model_dump_json(indent=2) + "\n")
        self._record = record

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def look(path: Path) -> EngineState:
    """Say truthfully whether an engine runs on this directory. Changes nothing."""
    record = _read(path)
    # From inside another container the pid says nothing, but the lock does.
    alive = record is None or record.host != socket.gethostname() or is_alive(record.pid)
    return EngineState(running=alive and _is_locked(path), record=record)


def write_atomically(path: Path, text: str) -> None:
    """Replace a file as a whole: a reader sees the old text or the new one, also after a kill."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.chmod(0o600)
    draft.replace(path)


def _make_private(path: Path) -> None:
    fresh = not path.exists()
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A directory with other things in it is somebody's: its mode is not ours to change.
    ours = fresh or (path / _LOCK).exists() or not any(path.iterdir())
    if ours and path.stat().st_uid == os.geteuid():
        path.chmod(0o700)


def _lock_of(path: Path) -> FileLock:
    return FileLock(path / _LOCK, mode=0o600, thread_local=False)


def _is_locked(path: Path) -> bool:
    if not (path / _LOCK).exists():
        return False
    probe = _lock_of(path)
    try:
        probe.acquire(timeout=0)
    except Timeout:
        return True
    probe.release()
    return False


def _read(path: Path) -> EngineRecord | None:
    try:
        return EngineRecord.model_validate_json((path / _RECORD).read_bytes())
    except (OSError, ValidationError):
        return None


def _in_use(path: Path) -> str:
    record = _read(path)
    who = "Another engine"
    mend = "Stop it"
    if record is not None:
        who = f"Another engine (pid {record.pid} on {record.host}, since {record.started_at:%Y-%m-%d %H:%M} UTC)"
        mend = f"Stop it with Ctrl-C in its terminal or `kill {record.pid}`"
    return (
        f"{who} uses the data directory {path}; two would damage each other's data, so this one did not start. "
        f"{mend}, or set DRUMBEAT_HOME to another directory."
    )


def _own_words(pid: int) -> str:
    """Return a child's command line. While it becomes its program it shows none for an instant: that is waited out."""
    deadline = time.monotonic() + _EXEC_WITHIN
    while not (words := untethered(command_line(pid))) and is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.002)
    return words


def _stop_orphans(record: EngineRecord | None) -> None:
    """Stop children that outlived their killed engine; a pid that now belongs to someone else is left alone."""
    if record is None or record.host != socket.gethostname():
        return
    for process in record.processes.values():
        if process.command and untethered(command_line(process.pid)) == process.command:
            stop_process(process.pid, within=_ORPHAN_GRACE)
