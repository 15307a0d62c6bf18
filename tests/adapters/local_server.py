"""A tiny web server on loopback that misbehaves on purpose; each route is one function."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

Route = Callable[["Handler"], None]


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.routes: dict[str, Route] = {}
        self.fallback: Route = lambda handler: handler.answer(b"nothing here", 404, {})
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self.stopping = threading.Event()

    def url(self, path: str, userinfo: str = "") -> str:
        return f"http://{userinfo}127.0.0.1:{self.server_port}{path}"

    def add(self, path: str, route: Route) -> str:
        self.routes[path] = route
        return self.url(path)

    def say(self, path: str, body: bytes | str = b"", status: int = 200, **headers: str) -> str:
        content = body.encode() if isinstance(body, str) else body
        return self.add(path, lambda handler: handler.answer(content, status, headers))

    def paths(self) -> list[str]:
        return [f"{method} {path}" for method, path, _headers, _body in self.seen]

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are what these tests are about."""


class Handler(BaseHTTPRequestHandler):
    server: Server
    body: bytes

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length)
        self.server.seen.append((self.command, self.path, dict(self.headers), self.body))
        self.server.routes.get(self.path.partition("?")[0], self.server.fallback)(self)

    do_HEAD = do_POST = do_PUT = do_GET  # noqa: N815 - as above

    def answer(self, content: bytes, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def json(self, value: object, status: int = 200) -> None:
        """Answer with JSON."""
        self.answer(json.dumps(value).encode(), status, {"Content-Type": "application/json"})

    def query(self) -> dict[str, str]:
        """Return what stands behind the question mark, one value for each name."""
        return dict(parse_qsl(urlsplit(self.path).query))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the standard library's
        """Keep the terminal quiet."""


def tell_tale(status: int) -> Route:
    """Refuse, and say in full what was asked: address, headers and body, as debug pages do."""

    def route(handler: Handler) -> None:
        _method, path, headers, body = handler.server.seen[-1]
        handler.answer(f"{path} {headers} {body.decode()}".encode(), status, {"Content-Type": "text/plain"})

    return route


def drip(handler: Handler) -> None:
    """Send a byte now and then, for ever: each read succeeds, the whole never ends."""
    handler.send_response(200)
    handler.end_headers()
    while not handler.server.stopping.wait(0.05):
        handler.wfile.write(b" ")


def silent(handler: Handler) -> None:
    """Never answer."""
    handler.server.stopping.wait(30)


def truncated(handler: Handler) -> None:
    """Promise more than is sent."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"<rss")


def reset(handler: Handler) -> None:
    """Cut the connection hard, before any answer."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def flood(handler: Handler) -> None:
    """Send without end, as fast as the client reads."""
    handler.send_response(200)
    handler.end_headers()
    while not handler.server.stopping.is_set():
        handler.wfile.write(b"x" * 65536)


def redirect(to: str, status: int = 302) -> Route:
    return lambda handler: handler.answer(b"", status, {"Location": to})


@contextmanager
def running() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()
