"""A local server, quick web limits and a clock that stands still."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime

import pytest

from adapters.http import Http, Limits
from adapters.testing.secrecy import assert_no_secret
from adapters.tools import Tools
from engine.domain.errors import PublishError
from engine.domain.messages import Notify
from engine.domain.records import Alert, AlertState
from engine.domain.rule import Severity
from engine.domain.workspace import NotifierConfig
from tests.adapters.local_server import Server, running

NOW = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)


async def failure(call: Callable[[], Awaitable[object]]) -> PublishError:
    """Return the error that a call of a platform ends in, which tells no secret."""
    with pytest.raises(PublishError) as caught:
        await call()
    assert_no_secret(caught.value)
    return caught.value


class StoppedClock:
    def now(self) -> datetime:
        return NOW


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture
async def tools() -> AsyncIterator[Tools]:
    http = Http(Limits(connect=2, read=1, total=2, bytes=1024 * 1024), trust_env=False)
    yield Tools(http=http, clock=StoppedClock())
    await http.aclose()


@pytest.fixture
def closed_port() -> Iterator[int]:
    """Give a port on which nobody listens: it is bound, so nobody else can, and never listened on."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@pytest.fixture
def alert_notice(config: NotifierConfig) -> Notify:
    """The news that the taco truck's blog has fallen silent."""
    alert = Alert(
        rule="ChannelSilent",
        subject="channel/blog",
        severity=Severity.WARNING,
        state=AlertState.FIRING,
        because="Nothing has happened since 5 January.",
        evidence={"days": 27},
        fired_at=datetime(2026, 1, 5, 8, 0, tzinfo=UTC),
        episode=1,
    )
    return Notify(
        notice="team/taco-truck/ChannelSilent@channel/blog/1@20260105T080000.000000Z/firing",
        strategy="team/taco-truck",
        severity=Severity.WARNING,
        title="ChannelSilent: channel/blog",
        body=alert.because,
        notifiers=(config,),
        alerts=(alert,),
    )
