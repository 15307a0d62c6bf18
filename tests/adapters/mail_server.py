"""A mail server on loopback (aiosmtpd) that says what it is told to say, and cuts where it is told to cut."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

PASSWORD = "hunter2-Zq8"


@dataclass
class Mailed:
    """One mail that was taken: to whom, and what."""

    sender: str
    recipients: list[str]
    raw: bytes

    @property
    def mail(self) -> EmailMessage:
        parsed = message_from_bytes(self.raw, policy=default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass
class MailServer:
    """`mail`, `rcpt` (by address) and `data` are answers other than the good one; `cut` is none, before or after."""

    port: int = 0
    taken: list[Mailed] = field(default_factory=list)
    mail: str = ""
    rcpt: dict[str, str] = field(default_factory=dict)
    data: str = ""
    cut: str = ""
    logins: list[bytes] = field(default_factory=list)

    def count(self, identity: str) -> int:
        return sum(mailed.mail["Message-ID"] == identity for mailed in self.taken)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's names
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.mail or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.cut == "before":
            _abort(server)
        if address in self.rcpt:
            return self.rcpt[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.data:
            return self.data
        content = envelope.content
        assert isinstance(content, bytes)
        self.taken.append(Mailed(str(envelope.mail_from), list(envelope.rcpt_tos), content))
        if self.cut == "after":
            _abort(server)
        return "250 OK"

    def authenticate(
        self, _server: SMTP, _session: Any, _envelope: Any, _mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append(data.password)
        good = data.password == PASSWORD.encode()
        return AuthResult(success=good, handled=good)


def _abort(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()


@asynccontextmanager
async def running(tls: ssl.SSLContext | None = None, *, implicit: bool = False) -> AsyncIterator[MailServer]:
    """Run one in this loop; with a context it wants a login, and offers STARTTLS or speaks TLS from the start."""
    server, loop = MailServer(), asyncio.get_running_loop()

    def session() -> SMTP:
        return SMTP(
            server,
            hostname="mail.a.example",
            loop=loop,
            tls_context=None if implicit else tls,
            require_starttls=tls is not None and not implicit,
            auth_required=tls is not None and not implicit,
            auth_require_tls=not implicit,
            authenticator=server.authenticate,
        )

    listening = await loop.create_server(session, "127.0.0.1", 0, ssl=tls if implicit else None)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        await asyncio.sleep(0)
