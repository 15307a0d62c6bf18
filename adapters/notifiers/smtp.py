"""The notifier `smtp`: plain mail to people, through the mail server of your house.

A notice's `Message-ID` follows from its identity. When the engine is killed in the very moment of sending, the same
mail may come twice; many mail systems keep only the first of the same id, and a person can see that it is one.
"""

from __future__ import annotations

import asyncio
import re
import smtplib
import ssl
import unicodedata
import uuid
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from adapters.credentials import hide
from adapters.settings import problems, read
from adapters.tools import Tools
from engine.domain.base import Model
from engine.domain.errors import NotifyError
from engine.domain.messages import Notify
from engine.domain.ports import Secrets
from engine.domain.rule import Severity
from engine.domain.workspace import NotifierConfig

# A line of a header: at most 78 columns (RFC 5322, 2.1.1), of which `Subject: ` takes nine.
_SUBJECT = 78 - len("Subject: ")
_MOST_SAID = 200
# Codes from here on are for good, those before may pass (RFC 5321, 4.2.1).
_FOR_GOOD = 500
_PLAIN_ADDRESS = re.compile(r"[^\s@<>(),;:\"\\\[\]]+@[^\s@<>(),;:\"\\\[\]]+")
_MARKS = {Severity.INFO: "", Severity.WARNING: "[warning] ", Severity.CRITICAL: "[critical] "}


def _address(text: str) -> str:
    if not _PLAIN_ADDRESS.fullmatch(text):
        raise ValueError("write an address such as ana@example.com, without a name")
    return text


Mailbox = Annotated[str, AfterValidator(_address)]


class SmtpSettings(Model):
    """Which mail server, and from whom to whom. The secret `password` belongs to `username`."""

    host: str = Field(min_length=1, description="the mail server's name.")
    port: int = Field(default=587, ge=1, le=65535, description="its port.")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="how the connection is encrypted; `none` only without a password."
    )
    username: str | None = Field(default=None, min_length=1, description="the user to log in as.")
    sender: Mailbox = Field(description="the address that the mail comes from.")
    to: tuple[Mailbox, ...] = Field(min_length=1, max_length=50, description="the addresses that it goes to.")
    timeout: float = Field(
        default=20, gt=0, le=25, description="how long the mail server may take, in seconds."
    )

    @model_validator(mode="after")
    def _no_password_in_the_open(self) -> Self:
        if self.username and self.security == "none":
            raise ValueError("With `username` the setting `security` must be starttls or tls")
        return self


class SmtpNotifier:
    """Sends one mail for each notice, in a thread."""

    kind = "smtp"

    def __init__(self, tools: Tools) -> None:
        self._clock = tools.clock

    def validate(self, notifier: NotifierConfig) -> Sequence[str]:
        """Return what is wrong with the settings, one sentence each; pure."""
        found = problems(SmtpSettings, notifier.settings)
        if ("username" in notifier.settings) != ("password" in notifier.secrets):
            found.append(
                "The setting `username` and the secret `password` go together; give both or neither."
            )
        strange = [name for name in notifier.secrets if name != "password"]
        return found + [f"There is no secret `{name}`; there is `password`." for name in strange]

    async def send(self, notifier: NotifierConfig, notice: Notify, secrets: Secrets) -> None:
        """Hand the mail over once. Raises NotifyError; one that only some addresses refuse is not sent again."""
        try:
            settings = read(SmtpSettings, notifier.settings)
        except ValueError as error:
            raise NotifyError(
                f"The mail {notifier.name!r} cannot be sent. {error}", transient=False
            ) from None
        mail = message(notice, settings, self._clock.now())
        try:
            async with asyncio.timeout(settings.timeout + 2):
                refused = await asyncio.to_thread(_hand_over, settings, mail, secrets.get("password"))
        except (OSError, smtplib.SMTPException, ValueError, TimeoutError) as error:
            raise _failure(notifier.name, settings, error, secrets) from None
        if refused:
            raise NotifyError(
                f"The mail server {settings.host} refused {', '.join(sorted(refused))}; the others have the mail "
                f"{notifier.name!r}. Check these addresses.",
                transient=False,
            )


def message(notice: Notify, settings: SmtpSettings, now: datetime) -> EmailMessage:
    """Return the mail of a notice: the same notice gives the same `Message-ID`, one alert one conversation."""
    domain = settings.sender.rpartition("@")[2]
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = fitting(f"{_MARKS[notice.severity]}{notice.title}", _SUBJECT)
    mail["From"] = settings.sender
    mail["To"] = ", ".join(settings.to)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{_name(notice.notice)}@{domain}>"
    if len(notice.alerts) == 1:
        (alert,) = notice.alerts
        mail["References"] = f"<{_name(f'{notice.strategy}/{alert.id}@{alert.fired_at}')}@{domain}>"
    # No answering machine should answer this (RFC 3834).
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(
        f"{notice.title}\n\n{notice.body}\n\n-- \nDrumbeat, {notice.strategy}\n{notice.notice}\n"
    )
    return mail


def _name(identity: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"drumbeat:{identity}"))


def fitting(text: str, columns: int) -> str:
    """Return the text in one line of at most so many columns; letters of the far East and pictures take two."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    if _columns(line) <= columns:
        return line
    # Plain letters stay plain, so that the line need not be coded.
    end = "..." if line.isascii() else "…"
    while _columns(line) > columns - len(end):
        line = line[:-1]
    return f"{line.rstrip()}{end}"


def _columns(text: str) -> int:
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


def _hand_over(settings: SmtpSettings, mail: EmailMessage, password: str | None) -> list[str]:
    """Return the addresses that were refused while others were taken."""
    trusting = ssl.create_default_context() if settings.security != "none" else None
    if settings.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            settings.host, settings.port, timeout=settings.timeout, context=trusting
        )
    else:
        server = smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout)
    try:
        if settings.security == "starttls":
            server.starttls(context=trusting)
        if settings.username:
            server.login(settings.username, password or "")
        refused = list(server.send_message(mail))
        # From here on the mail is in other hands; what goes wrong with saying good-bye is nobody's failure.
        _leave(server)
    finally:
        server.close()
    return refused


def _leave(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        return


def _failure(name: str, settings: SmtpSettings, error: Exception, secrets: Secrets) -> NotifyError:
    """Say what happened in our own words; the server's are quoted without the password."""
    where = f"The mail server {settings.host}:{settings.port} did not take the mail {name!r}"

    def told(code: int, said: bytes | str) -> str:
        text = said.decode(errors="replace") if isinstance(said, bytes) else said
        return f"{code} {hide(text, secrets, settings.username, most=_MOST_SAID)}"

    match error:
        case smtplib.SMTPAuthenticationError():
            return NotifyError(
                f"{where}: it refuses the login ({error.smtp_code}). Check `username` and the secret `password`.",
                transient=error.smtp_code < _FOR_GOOD,
            )
        case smtplib.SMTPRecipientsRefused():
            codes = [code for code, _ in error.recipients.values()]
            said = "; ".join(dict.fromkeys(told(*answer) for answer in error.recipients.values()))
            return NotifyError(
                f"{where}: it refuses every address ({said}).", transient=min(codes) < _FOR_GOOD
            )
        case smtplib.SMTPResponseException():
            said = told(error.smtp_code, error.smtp_error)
            return NotifyError(f"{where}: it says {said}.", transient=error.smtp_code < _FOR_GOOD)
        case smtplib.SMTPNotSupportedError():
            return NotifyError(
                f"{where}: it does not offer what the settings ask for. Check `port`, `security` and `username`.",
                transient=False,
            )
        case ssl.SSLCertVerificationError():
            return NotifyError(f"{where}: its certificate is not valid for that name.", transient=False)
        case ssl.SSLError():
            return NotifyError(
                f"{where}: it speaks no TLS there. Check `port` and `security`.", transient=False
            )
        case TimeoutError():
            return NotifyError(f"{where} within {settings.timeout:g} s.")
        case UnicodeError():
            return NotifyError(
                f"{where}: the login or an address holds letters it cannot take.", transient=False
            )
        case _:
            kind = type(error).__name__
            return NotifyError(
                f"{where}: it cannot be reached or broke off ({kind}). Check `host`, `port` and the network."
            )
