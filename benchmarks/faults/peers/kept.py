"""What all peers share: their orders, the one call to the platform, and processes that are started again when they die."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx

from benchmarks.faults.storm import Slot
from tests.faults.engines import ROOT, bare_environment

# As long as Drumbeat's own supervisor waits.
_PAUSE = 0.2
_TIMEOUT = 20.0


@dataclass(frozen=True)
class Order:
    """One post to make: its mark, and when (UTC)."""

    mark: str
    at: datetime


def post(url: str, mark: str) -> None:
    """Make the post by one call; whatever breaks it is raised, and becomes the system's own affair."""
    answer = httpx.post(f"{url}/posts", json={"key": mark, "text": mark}, timeout=_TIMEOUT, trust_env=False)
    answer.raise_for_status()


def write_orders(place: Path, url: str, slots: Sequence[Slot]) -> None:
    """Write what a worker finds at its start."""
    orders = [{"mark": slot.mark, "at": slot.at.isoformat()} for slot in slots]
    draft = place / "orders.draft"
    draft.write_text(json.dumps({"url": url, "orders": orders}), encoding="utf-8")
    draft.replace(place / "orders.json")


def read_orders(place: Path) -> tuple[str, list[Order]]:
    """Return the platform's address and what is to be posted."""
    given = json.loads((place / "orders.json").read_text(encoding="utf-8"))
    return given["url"], [Order(one["mark"], datetime.fromisoformat(one["at"])) for one in given["orders"]]


class Kept:
    """One process with all its children, started again a moment after each death."""

    def __init__(self, place: Path, *argv: str, environ: Mapping[str, str] | None = None) -> None:
        self._argv, self._log = argv, place / "worker.log"
        self._environ = {**bare_environment(place), "PYTHONPATH": str(ROOT), **(environ or {})}
        self._ending = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()

    def kill(self) -> None:
        """Kill it, and the processes that it has made."""
        while not self._ending.is_set():
            process = self._process
            if process is not None and process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                return
            time.sleep(0.01)

    def end(self) -> None:
        """Kill it for good."""
        self._ending.set()
        self._thread.join(5)
        process = self._process
        if process is not None and process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _keep(self) -> None:
        while not self._ending.is_set():
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(
                    [sys.executable, *self._argv],
                    stdout=log,
                    stderr=log,
                    env=self._environ,
                    cwd=self._log.parent,
                    start_new_session=True,
                )
            while self._process.poll() is None and not self._ending.is_set():
                time.sleep(0.01)
            self._ending.wait(_PAUSE)


class Peer:
    """A system whose whole worker is one kept process, which takes its orders at its start."""

    name = ""
    module = ""

    def __init__(self, place: Path, url: str) -> None:
        self.place, self.url = place, url
        self.kept: Kept | None = None

    def start(self) -> None:
        """Prepare what must run before there are orders; by default nothing."""

    def schedule(self, slots: Sequence[Slot]) -> None:
        """Write the orders and start the worker."""
        write_orders(self.place, self.url, slots)
        self.kept = Kept(self.place, "-m", self.module, str(self.place))

    def kill(self) -> None:
        """Kill the worker."""
        if self.kept is not None:
            self.kept.kill()

    def unknown(self) -> set[str]:
        """Return nothing: none of them asks a person."""
        return set()

    def close(self) -> list[str]:
        """End it."""
        if self.kept is not None:
            self.kept.end()
        return []
