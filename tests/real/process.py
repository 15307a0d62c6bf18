"""A real server in a process of its own, on loopback, stopped by its process id."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import httpx

from tests.support import eventually

_PATIENCE = 20


def free_port() -> int:
    """Return a port on which nobody listens just now."""
    with socket.socket() as spare:
        spare.bind(("127.0.0.1", 0))
        port: int = spare.getsockname()[1]
        return port


def answers(url: str, status: int | None = None) -> bool:
    """Return whether there is any answer at the address, or one of this status."""
    try:
        answer = httpx.get(url, timeout=20, follow_redirects=False, trust_env=False)
    except httpx.HTTPError:
        return False
    return status is None or answer.status_code == status


class Server:
    """One process: started at once, awaited by `ready`; what it says goes into a file of its folder."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        folder: Path,
        environ: Mapping[str, str] | None = None,
        stop_by: signal.Signals = signal.SIGTERM,
    ) -> None:
        """Start it in `folder`, with an environment that knows nothing of this machine's settings."""
        self.name, self.log, self._stop_by = name, folder / f"{name}.log", stop_by
        bare = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", "TZ": "UTC"}
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [str(word) for word in command],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env={**bare, **(environ or {})},
                start_new_session=True,
            )

    def ready(self, condition: Callable[[], bool], within: float = 60) -> None:
        """Wait for the condition; fail with the end of the log when the server dies or takes too long."""

        def settled() -> bool:
            return self.process.poll() is not None or condition()

        try:
            eventually(settled, within=within, what=f"{self.name} is ready", every=0.1)
            assert self.process.poll() is None, f"{self.name} ended at once"
        except AssertionError as error:
            self.stop()
            raise AssertionError(f"{error}\n{self.said()[-3000:]}") from None

    def said(self) -> str:
        """Return what it has said."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def stop(self) -> None:
        """Stop it, with the children of its group, by its process id."""
        if self.process.poll() is None:
            self._signal(self._stop_by)
            try:
                self.process.wait(timeout=_PATIENCE)
            except subprocess.TimeoutExpired:
                self._signal(signal.SIGKILL)
                self.process.wait()

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            return
