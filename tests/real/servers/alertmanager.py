"""The real Alertmanager, from Debian's package: whom it notifies, and of what, is kept for the test."""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.real.installing import debian
from tests.real.process import Server, answers, free_port

PINS = {"prometheus-alertmanager": "0.25."}
# Debian's program looks for its templates here, and nothing of the machine is changed; so its copy is told to look in
# the folder in which it runs: the same length, and no other folder once the slashes are put together.
_TEMPLATES = b"/usr/share/prometheus/alertmanager"
_HERE = b"." + b"/" * (len(_TEMPLATES) - 1)


class Receiver(ThreadingHTTPServer):
    """Where Alertmanager sends its notifications."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.heard: list[dict[str, Any]] = []

    def has_more_than(self, many: int) -> bool:
        """Return whether more than so many notifications have come."""
        return len(self.heard) > many

    def told(self) -> list[tuple[str, str]]:
        """Return of each alert in each notification its state and its name."""
        return [(each["status"], each["labels"]["alertname"]) for one in self.heard for each in one["alerts"]]


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        self.server.heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the standard library's
        """Keep the terminal quiet."""


@dataclass
class Alertmanager:
    """A running server, and who hears of its alerts."""

    url: str
    receiver: Receiver
    folder: Path
    server: Server

    def restart(self) -> None:
        """Stop it and start it on the same data."""
        self.server.stop()
        self.server = _start(self.folder, self.url)


@contextmanager
def running(resolve_timeout: str = "2s") -> Iterator[Alertmanager]:
    """Start it in a folder of its own; it is stopped and the folder removed afterwards.

    `resolve_timeout` is how soon it ends by itself what nobody repeats: much sooner than its default of five minutes.
    """
    folder = Path(tempfile.mkdtemp(prefix="drumbeat-alerts-"))
    receiver = Receiver()
    thread = threading.Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    found = None
    try:
        _prepare(folder, receiver, resolve_timeout)
        url = f"http://127.0.0.1:{free_port()}"
        found = Alertmanager(url, receiver, folder, _start(folder, url))
        yield found
    finally:
        if found is not None:
            found.server.stop()
        receiver.shutdown()
        receiver.server_close()
        thread.join()
        shutil.rmtree(folder, ignore_errors=True)


def _prepare(folder: Path, receiver: Receiver, resolve_timeout: str) -> None:
    root = debian("alertmanager", PINS)
    for template in (root / "usr/share/prometheus/alertmanager").glob("*.tmpl"):
        shutil.copy(template, folder)
    original = (root / "usr/bin/prometheus-alertmanager").read_bytes()
    program = folder / "alertmanager"
    program.write_bytes(original.replace(_TEMPLATES, _HERE))
    program.chmod(0o755)
    hook = {"url": f"http://127.0.0.1:{receiver.server_port}/", "send_resolved": True}
    route = {
        "receiver": "test",
        "group_by": ["..."],
        "group_wait": "0s",
        "group_interval": "1s",
        "repeat_interval": "1h",
    }
    config = {
        "global": {"resolve_timeout": resolve_timeout},
        "route": route,
        "receivers": [{"name": "test", "webhook_configs": [hook]}],
    }
    (folder / "alertmanager.yml").write_text(json.dumps(config), encoding="utf-8")


def _start(folder: Path, url: str) -> Server:
    options = [
        "--config.file=alertmanager.yml",
        "--storage.path=data",
        f"--web.listen-address={url.removeprefix('http://')}",
        "--cluster.listen-address=",
    ]
    server = Server("alertmanager", [folder / "alertmanager", *options], folder=folder)
    server.ready(lambda: answers(f"{url}/-/ready", 200))
    return server
