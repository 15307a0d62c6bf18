"""A proxy before a real server that breaks the requests it is told to break, in the ways of `faults`.

    with FaultProxy("127.0.0.1:8080") as proxy:
        proxy.inject(Fault.CUT_AFTER, at=1)  # the second request from now
        …  # speak with proxy.url

Plain HTTP/1.1 on loopback, one request a connection. It reads each request and each answer whole, so it knows what the
server has done. It runs in a thread of its own and needs nothing but the standard library.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from types import TracebackType
from typing import Self

from adapters.testing.faults import EXPIRED, Fault, Reply, reply

_RESET = struct.pack("ii", 1, 0)
_HEAD_END = b"\r\n\r\n"
_PATIENCE = 60.0
_DRIP_SECONDS = 0.05


@dataclass(frozen=True)
class Request:
    """One request that came to the proxy, as it came."""

    method: str
    path: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    fault: Fault | None = None


Match = Callable[[Request], bool]


class FaultProxy:
    """Passes requests on and breaks those it was told to; `seen` holds all that came, `strays` those sent elsewhere."""

    def __init__(self, upstream: str, expired: Reply = EXPIRED) -> None:
        """Take the server's `host:port`, and how this platform says that a token has expired."""
        host, _, port = upstream.rpartition(":")
        self._host, self._port, self._expired = host, int(port), expired
        self.seen: list[Request] = []
        self.strays: list[Request] = []
        self._plans: list[tuple[Fault, int, Match | None]] = []
        self._lock = threading.Lock()
        self._under_way = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._given_up = asyncio.Event()
        self.url = self.elsewhere = ""

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(_PATIENCE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(_PATIENCE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE)
        self._loop.close()

    def inject(self, fault: Fault, *, at: int = 0, where: Match | None = None) -> None:
        """Break one request: the one that comes after `at` others (of those that fit `where`)."""
        with self._lock:
            self._plans.append((fault, at, where))

    def clear(self) -> None:
        """Break nothing more, and forget what was seen."""
        with self._lock:
            self._plans.clear()
            self.seen.clear()
            self.strays.clear()

    async def quiet(self) -> None:
        """Wait until nothing is on its way any more; what waits for its sender to give up goes on now."""
        self._loop.call_soon_threadsafe(self._given_up.set)
        async with asyncio.timeout(_PATIENCE):
            while self._under_way:  # noqa: ASYNC110 - counted in another thread
                await asyncio.sleep(0.01)
        self._loop.call_soon_threadsafe(self._given_up.clear)

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 26)
        self._stray_server = await asyncio.start_server(self._stray, "127.0.0.1", 0, limit=1 << 26)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        self.elsewhere = f"http://127.0.0.1:{self._stray_server.sockets[0].getsockname()[1]}/"

    async def _close(self) -> None:
        self._given_up.set()
        self._server.close()
        self._stray_server.close()
        mine = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not mine]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._under_way += 1
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                request = await _read(reader)
                await self._handle(self._planned(request), writer)
        finally:
            self._under_way -= 1
            writer.close()

    async def _stray(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            self.strays.append(await _read(reader))
            writer.write(_answer(Reply(200, (), b"{}")))
            await writer.drain()
        writer.close()

    def _planned(self, request: Request) -> Request:
        """Note the request, with the fault that is planned for it."""
        with self._lock:
            chosen = None
            for number, (fault, at, where) in enumerate(self._plans):
                if where is not None and not where(request):
                    continue
                if at == 0 and chosen is None:
                    chosen = number
                else:
                    self._plans[number] = (fault, at - 1, where)
            made = self._plans.pop(chosen)[0] if chosen is not None else None
            noted = replace(request, fault=made)
            self.seen.append(noted)
        return noted

    async def _handle(self, request: Request, writer: asyncio.StreamWriter) -> None:
        fault = request.fault
        if fault is None:
            writer.write(await self._forward(request))
            await writer.drain()
        elif fault is Fault.CUT_BEFORE:
            _cut(writer)
        elif fault is Fault.DELIVERED_LATE:
            await self._given_up.wait()
            await self._forward(request)
        elif fault.reaches_the_server:
            await self._break(fault, await self._forward(request), writer)
        else:
            writer.write(_answer(reply(fault, datetime.now(UTC), self.elsewhere, self._expired)))
            await writer.drain()

    async def _break(self, fault: Fault, answer: bytes, writer: asyncio.StreamWriter) -> None:
        head, _, body = answer.partition(_HEAD_END)
        if fault is Fault.CUT_AFTER:
            _cut(writer)
        elif fault is Fault.LATE:
            await self._given_up.wait()
        elif fault is Fault.TRUNCATED:
            writer.write(head + _HEAD_END + body[: len(body) // 2])
            await writer.drain()
        elif fault is Fault.DRIP:
            writer.write(head + _HEAD_END)
            for byte in body:
                writer.write(bytes([byte]))
                await writer.drain()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._given_up.wait(), _DRIP_SECONDS)
                    return
        else:
            writer.write(_answer(reply(fault, datetime.now(UTC), self.elsewhere, self._expired)))
            await writer.drain()

    async def _forward(self, request: Request) -> bytes:
        """Give the request to the server; return its whole answer, with the length of its body."""
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            writer.write(_outgoing(request, f"{self._host}:{self._port}"))
            await writer.drain()
            status_line, headers, body = await _read_answer(reader, request.method)
        finally:
            writer.close()
        own = {"connection", "content-length", "transfer-encoding", "keep-alive"}
        kept = [line for line in headers if line.partition(":")[0].strip().lower() not in own]
        lines = [status_line, *kept, "Connection: close"]
        # An answer to HEAD names the length of a body that it does not bring.
        length = [line for line in headers if line.lower().startswith("content-length:")]
        lines += length if request.method == "HEAD" else [f"Content-Length: {len(body)}"]
        return "\r\n".join(lines).encode("latin-1") + _HEAD_END + body


def _cut(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(_HEAD_END)).decode("latin-1")
    first, *lines = head.rstrip("\r\n").split("\r\n")
    method, path, _version = first.split(" ", 2)
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    body = await _body(reader, headers)
    return Request(method, path, headers, body)


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return await _chunks(reader)
    return await reader.readexactly(int(headers.get("content-length") or 0))


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    content = bytearray()
    while size := int((await reader.readline()).partition(b";")[0], 16):
        content += await reader.readexactly(size)
        await reader.readline()
    while (await reader.readline()).strip():
        pass
    return bytes(content)


async def _read_answer(reader: asyncio.StreamReader, method: str) -> tuple[str, list[str], bytes]:
    status_line, *lines = (await reader.readuntil(_HEAD_END)).decode("latin-1").rstrip("\r\n").split("\r\n")
    if status_line.split(" ", 2)[1] == "100":
        return await _read_answer(reader, method)
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    if method == "HEAD" or status_line.split(" ", 2)[1] in {"204", "304"}:
        return status_line, lines, b""
    if "content-length" in headers or "transfer-encoding" in headers:
        return status_line, lines, await _body(reader, headers)
    return status_line, lines, await reader.read()


def _outgoing(request: Request, host: str) -> bytes:
    own = {"host", "connection", "transfer-encoding", "content-length", "expect"}
    kept = [f"{name}: {value}" for name, value in request.headers.items() if name not in own]
    lines = [f"{request.method} {request.path} HTTP/1.1", f"Host: {host}", "Connection: close", *kept]
    if request.body or request.method not in {"GET", "HEAD"}:
        lines.append(f"Content-Length: {len(request.body)}")
    return "\r\n".join(lines).encode("latin-1") + _HEAD_END + request.body


def _answer(given: Reply) -> bytes:
    lines = [f"HTTP/1.1 {given.status} Fault", f"Date: {format_datetime(datetime.now(UTC), usegmt=True)}"]
    lines += [f"{name}: {value}" for name, value in given.headers]
    lines += [f"Content-Length: {len(given.body)}", "Connection: close"]
    return "\r\n".join(lines).encode("latin-1") + _HEAD_END + given.body
