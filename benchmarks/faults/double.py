"""A small platform of ours behind HTTP: it keeps what it is told, as often as it is told, and shows its whole list.

Like most platforms it does not know a key twice: the same key posted again is a second post.
`POST /posts` with `{"key", "text"}` makes one; `GET /posts?key=…` lists those of a key. `POST /hook` takes a delivery of
the platform `webhook`, and `GET /hook?id=…` tells whether it has come.
"""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, urlsplit

HOOK = "/hook"


@dataclass(frozen=True)
class Made:
    """One post, and when it was made (UTC, ISO 8601)."""

    key: str
    text: str
    at: str


class Double:
    """The platform, served on loopback while the block lasts."""

    def __init__(self) -> None:
        self.posts: list[Made] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    @property
    def port(self) -> int:
        """Return where it listens."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def make(self, key: str, text: str) -> Made:
        """Add a post."""
        with self._lock:
            self.posts.append(Made(key, text, datetime.now(UTC).isoformat()))
            return self.posts[-1]

    def of(self, key: str) -> list[Made]:
        """Return the posts of a key."""
        with self._lock:
            return [post for post in self.posts if post.key == key]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        double = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if self.path == HOOK:
                    made = double.make(str(self.headers["webhook-id"]), given["data"]["title"])
                else:
                    made = double.make(given["key"], given["text"])
                self._answer(201, asdict(made))

            def do_GET(self) -> None:
                where = urlsplit(self.path)
                asked = parse_qs(where.query)
                if where.path == HOOK:
                    (identity,) = asked["id"]
                    come = bool(double.of(identity))
                    self._answer(200 if come else 404, {"id": identity} if come else {})
                else:
                    self._answer(200, [asdict(post) for post in double.of(asked["key"][0])])

            def _answer(self, status: int, content: object) -> None:
                body = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_words: object) -> None:
                return

        return Handler
