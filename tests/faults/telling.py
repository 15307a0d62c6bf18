"""Alerts that come and go, and a receiver that counts what it is told of them."""

from __future__ import annotations

import base64
import hmac
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from engine.domain.records import Alert
from engine.domain.storage import Store
from tests.faults.evidence import whole_journal

KEY = "the hook's own key"
STRATEGY_ID = "faults/told"
FOR = timedelta(seconds=12)
WORKSPACE = """\
apiVersion: drumbeat/v1
kind: Workspace
name: faults
timezone: UTC
accounts:
  - name: site
    platform: site
    settings: {{folder: site, base_url: 'https://faults.example.com', title: Faults}}
  - name: letter-tool
    platform: manual
    settings: {{place: The letter tool, verify: false}}
notifiers:
  - {notifier}
"""
# The blog is fed every two seconds and counts as silent after one: its alert fires and ends in every round. The
# letter is never written: its alert is pending once and fires once.
STRATEGY = """\
apiVersion: drumbeat/v1
kind: Strategy
name: told
workspace: faults
title: An alert that comes and goes
notify: [somebody]
packs: []
channels:
  - {name: blog, account: site, purpose: Fall silent and come back, silence: {after: 1s, dormant_after: 1d}}
  - {name: letter, account: letter-tool, purpose: Stay silent, silence: {after: 1s, dormant_after: 300d}}
actions:
  - name: beat
    channel: blog
    kind: create
    schedule: {every: 2s, misfire: {grace: 10m, then: ask, catch_up: all}}
    content:
      repeat: true
      items: [{id: beat, title: 'Beat {number}', body: 'It is {time}.'}]
rules:
  - name: ComesAndGoes
    reason: Somebody must be told each time.
    deadline: {since: activity}
    only: [blog]
  - name: Ripens
    reason: Its clock must not begin anew.
    deadline: {since: activity}
    only: [letter]
    for: 12s
"""


def write_plan(folder: Path, notifier: str) -> Path:
    """Write the plan, which tells this notifier (a line of YAML), and the empty site folder; return its folder."""
    (folder / "site").mkdir(parents=True)
    (folder / "workspace.yaml").write_text(WORKSPACE.format(notifier=notifier), encoding="utf-8")
    (folder / "strategy.yaml").write_text(STRATEGY, encoding="utf-8")
    return folder


@dataclass(frozen=True)
class Told:
    """One delivery: the notice's identity, the whole document, and when it was there (UTC)."""

    notice: str
    document: dict[str, Any]
    at: datetime

    @property
    def alert(self) -> dict[str, Any]:
        """Return the one alert that it is about."""
        (alert,) = self.document["alerts"]
        found: dict[str, Any] = alert
        return found


class Hook(ThreadingHTTPServer):
    """Keeps every delivery that is signed as it should be. `before_answer` is called with each, before it is answered."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.told: list[Told] = []
        self.strange: list[bytes] = []
        self.before_answer: Callable[[Told], None] = lambda _told: None

    @property
    def notifier(self) -> str:
        """Return the line of a plan that tells this hook; its key is in the variable HOOK_KEY."""
        settings = f"{{url: 'http://127.0.0.1:{self.server_port}/hook'}}"
        return (
            f"{{name: somebody, kind: webhook, settings: {settings}, secrets: {{signing_key: env:HOOK_KEY}}}}"
        )

    def has_more_than(self, many: int) -> bool:
        """Return whether more than so many deliveries have come."""
        return len(self.told) > many

    def counts(self) -> Counter[str]:
        """Return how often each notice came."""
        return Counter(each.notice for each in self.told)

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that are killed are what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        promised = int(self.headers["Content-Length"])
        body = self.rfile.read(promised)
        if len(body) < promised:
            # Its sender was killed in the middle of the request, which therefore was none.
            return
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.digest(KEY.encode(), signed, "sha256")).decode()
        if self.headers["webhook-signature"] != f"v1,{expected}":
            self.server.strange.append(body)
            return
        document = json.loads(body)["data"]
        told = Told(document["notice"], document, datetime.now(UTC))
        self.server.told.append(told)
        self.server.before_answer(told)
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the standard library's
        """Keep the terminal quiet."""


@contextmanager
def listening() -> Iterator[Hook]:
    """Run the receiver in this process, which nobody kills."""
    hook = Hook()
    thread = threading.Thread(target=hook.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield hook
    finally:
        hook.shutdown()
        hook.server_close()
        thread.join()


def news(store: Store) -> list[str]:
    """Return the notice that each firing and each end in the journal must have brought, in order."""
    found = []
    for entry in whole_journal(store, STRATEGY_ID):
        if entry.type in {"alert.firing", "alert.resolved"}:
            alert = Alert.model_validate(entry.data["alert"])
            what = entry.type.removeprefix("alert.")
            fired = f"{alert.fired_at:%Y%m%dT%H%M%S.%fZ}"
            found.append(f"{STRATEGY_ID}/{alert.id}/{alert.episode}@{fired}/{what}")
    return found
