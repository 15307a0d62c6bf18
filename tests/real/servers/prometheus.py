"""The real Prometheus, from Debian's package: it scrapes itself and a page of numbers that the test writes."""

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

from tests.real.installing import debian
from tests.real.process import Server, answers, free_port

PINS = {"prometheus": "2.42."}


class Page(ThreadingHTTPServer):
    """What is scraped: `text`, in Prometheus's own format; None is a target that is down."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.text: str | None = ""


class _Handler(BaseHTTPRequestHandler):
    server: Page

    def do_GET(self) -> None:
        self.send_response(200 if self.server.text is not None else 503)
        self.end_headers()
        self.wfile.write((self.server.text or "").encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the standard library's
        """Keep the terminal quiet."""


@dataclass(frozen=True)
class Prometheus:
    """A running server and what it scrapes every second."""

    url: str
    page: Page
    server: Server


@contextmanager
def running() -> Iterator[Prometheus]:
    """Start it in a folder of its own; it is stopped and the folder removed afterwards."""
    program = debian("prometheus", PINS) / "usr/bin/prometheus"
    folder = Path(tempfile.mkdtemp(prefix="drumbeat-prom-"))
    page = Page()
    thread = threading.Thread(target=page.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    server = None
    try:
        port = free_port()
        target = {"targets": [f"127.0.0.1:{page.server_port}"]}
        job = {"job_name": "shop", "static_configs": [target]}
        config = {"global": {"scrape_interval": "1s", "scrape_timeout": "1s"}, "scrape_configs": [job]}
        (folder / "prometheus.yml").write_text(json.dumps(config), encoding="utf-8")
        options = [
            "--config.file=prometheus.yml",
            "--storage.tsdb.path=data",
            f"--web.listen-address=127.0.0.1:{port}",
            "--rules.alert.resend-delay=1s",
            "--web.console.libraries=.",
            "--web.console.templates=.",
        ]
        server = Server("prometheus", [program, *options], folder=folder)
        server.ready(lambda: answers(f"http://127.0.0.1:{port}/-/ready", 200))
        yield Prometheus(f"http://127.0.0.1:{port}", page, server)
    finally:
        if server is not None:
            server.stop()
        page.shutdown()
        page.server_close()
        thread.join()
        shutil.rmtree(folder, ignore_errors=True)
