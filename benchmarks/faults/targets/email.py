"""A mail server (aiosmtpd). It breaks transactions by itself, because the proxy speaks HTTP only."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from benchmarks.faults.ambush import Ambush
from benchmarks.faults.storm import Seen, System, Weather, mark_in

_START_WITHIN = 10


class _Fault(StrEnum):
    """What becomes of a transaction."""

    CUT_BEFORE = "the line is cut before the text"
    NOT_NOW = "451 instead of taking it"
    CUT_WITH = "the line is cut when the text has come, and it is thrown away"
    CUT_AFTER = "the line is cut when the mail has been taken"


@dataclass
class MailTarget:
    """The server as the storm sees it, and what aiosmtpd calls."""

    breaks: Mapping[int, _Fault]
    name: str = "email"
    port: int = 0
    environ: Mapping[str, str] = field(default_factory=dict)
    _taken: list[tuple[str, datetime]] = field(default_factory=list)
    _ambush: Ambush = field(default_factory=Ambush)
    _begun: int = 0
    _broken: int = 0
    _next: dict[Session, _Fault] = field(default_factory=dict)

    @property
    def account(self) -> str:
        """Return the account in YAML."""
        settings = f"host: 127.0.0.1, port: {self.port}, security: none, sender: gale@storm.example"
        return f"    platform: email\n    settings: {{{settings}, to: [ana@storm.example]}}"

    def posts(self) -> list[Seen]:
        """Return every mail that was taken, as often as it was."""
        return [Seen(mark, at) for text, at in list(self._taken) if (mark := mark_in(text))]

    def kill_after_an_effect(self, system: System, within: float) -> bool:
        """Hold the answer to a mail that was taken until the kill."""
        return self._ambush.kill_before_the_next_answer(system.kill, within)

    def faults_made(self) -> int:
        """Return how many transactions were broken."""
        return self._broken

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's names
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take the one recipient; what becomes of the mail is decided here."""
        fault = self.breaks.get(self._begun)
        self._begun += 1
        if fault is not None:
            self._broken += 1
        if fault is _Fault.CUT_BEFORE:
            _cut(server)
        elif fault is not None:
            self._next[session] = fault
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take the mail, unless something is to go wrong."""
        fault = self._next.pop(session, None)
        if fault is _Fault.NOT_NOW:
            return "451 try again later"
        if fault is not _Fault.CUT_WITH:
            self._taken.append(
                ((envelope.original_content or b"").decode(errors="replace"), datetime.now(UTC))
            )
        if fault is not None:
            _cut(server)
        elif self._ambush.take():
            await self._ambush.spring()
            _cut(server)
        return "250 OK"


def _cut(server: SMTP) -> None:
    if isinstance(server.transport, asyncio.Transport):
        server.transport.abort()


@contextmanager
def stage(weather: Weather, place: Path) -> Iterator[MailTarget]:  # noqa: ARG001 - it needs no folder
    """Start the server in a thread of its own."""
    chance = random.Random(f"faults {weather.seed}")
    numbers = chance.sample(range(weather.slots), round(weather.slots * weather.share))
    kinds = [*_Fault]
    target = MailTarget({number: kinds[place % len(kinds)] for place, number in enumerate(numbers)})
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    starting = loop.create_server(
        lambda: SMTP(target, hostname="mail.storm.example", loop=loop), "127.0.0.1", 0
    )
    listening = asyncio.run_coroutine_threadsafe(starting, loop).result(_START_WITHIN)
    target.port = listening.sockets[0].getsockname()[1]
    try:
        yield target
    finally:
        loop.call_soon_threadsafe(listening.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_START_WITHIN)
