"""A real engine in processes of its own, and the hand that kills them: always by the pid in its record."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from engine.domain.storage import Store
from engine.runtime.datadir import EngineRecord, look
from engine.runtime.processes import command_line, is_alive, untethered
from engine.runtime.settings import Settings, load_settings
from engine.store import open_store
from tests.support import eventually

ROOT = Path(__file__).parents[2]
DRUMBEAT = (sys.executable, "-m", "engine.cli.main")
READY = "The engine is ready"


def bare_environment(home: Path, **more: str) -> dict[str, str]:
    """Return an environment that knows nothing of the machine's own settings."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "DRUMBEAT_HOME": str(home),
        **more,
    }


class Program:
    """A command of ours in a process of its own; what it says goes into a file."""

    def __init__(self, log: Path, *words: str, environ: Mapping[str, str]) -> None:
        self.log = log
        self._from = log.stat().st_size if log.exists() else 0
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [*DRUMBEAT, *words],
                stdout=out,
                stderr=out,
                env=dict(environ),
                cwd=ROOT,
                start_new_session=True,
            )

    def said(self) -> str:
        """Return what this run has said so far."""
        return self.log.read_bytes()[self._from :].decode(errors="replace")

    def says(self, words: str, within: float = 60) -> None:
        """Wait until it has said these words."""

        def has_said() -> bool:
            return words in self.said() or self.process.poll() is not None

        eventually(has_said, within=within, what=f"{words!r} in {self.log}")
        assert words in self.said(), self.said()

    def end(self, sign: signal.Signals = signal.SIGINT, within: float = 45) -> int:
        """Send a signal and wait for the end; return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(sign)
        return self.process.wait(timeout=within)


class Engine:
    """`drumbeat up` on a data directory of its own, with a plan."""

    def __init__(self, place: Path, plan: Path, **environ: str) -> None:
        self.home, self._plan = place / "home", plan
        self.site = plan / "site"
        self.log = place / "engine.log"
        self._environ = bare_environment(self.home, **environ)
        self.settings: Settings = load_settings(self._environ)
        self.program = self._up()

    def _up(self) -> Program:
        return Program(self.log, "up", str(self._plan), environ=self._environ)

    def ready(self) -> None:
        """Wait until the engine says that all of it runs."""
        self.program.says(READY)

    def start_again(self) -> None:
        """Start it by hand on the same data directory."""
        self.program = self._up()

    def store(self) -> Store:
        """Open the engine's store; the caller closes it."""
        return open_store(self.settings.database_url.get_secret_value())

    def record(self) -> EngineRecord | None:
        """Return what the running engine says of itself."""
        state = look(self.home)
        return state.record if state.running else None

    def pid_of(self, name: str) -> int | None:
        """Return the pid of a child that is alive, and certainly that child."""
        record = self.record()
        process = record.processes.get(name) if record else None
        if process is None or not is_alive(process.pid):
            return None
        same = untethered(command_line(process.pid)) == process.command
        return process.pid if same else None

    def pids_of(self, *names: str) -> list[int]:
        """Return the pids of these children as soon as all of them are there."""

        def all_there() -> list[int]:
            pids = [pid for name in names if (pid := self.pid_of(name)) is not None]
            return pids if len(pids) == len(names) else []

        return eventually(all_there, within=30, what=f"{' and '.join(names)} to kill")

    def kill(self, *names: str) -> None:
        """Kill the children with SIGKILL."""
        for pid in self.pids_of(*names):
            os.kill(pid, signal.SIGKILL)

    def kill_supervisor(self) -> None:
        """Kill the engine's own process; its children follow by themselves or are stopped by the next start."""
        self.program.end(signal.SIGKILL)

    def clear_up(self) -> None:
        """Leave nothing running, whatever the test did."""
        if self.program.process.poll() is None:
            self.program.end(signal.SIGTERM)
