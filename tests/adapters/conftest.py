"""A local server, quick web limits and a clock that stands still."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest

from adapters.http import Http, Limits
from adapters.tools import Tools
from tests.adapters.local_server import Server, running

NOW = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)


class StoppedClock:
    def now(self) -> datetime:
        return NOW


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture
async def tools() -> AsyncIterator[Tools]:
    http = Http(Limits(connect=1, read=0.4, total=0.8, bytes=1024 * 1024), trust_env=False)
    yield Tools(http=http, clock=StoppedClock())
    await http.aclose()


@pytest.fixture
def closed_port() -> Iterator[int]:
    """Give a port on which nobody listens: it is bound, so nobody else can, and never listened on."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]
