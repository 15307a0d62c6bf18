"""The notifier `smtp`: plain mail to people, through the mail server of your house.

A notice's `Message-ID` follows from its identity. When the engine is killed in the very moment of sending, the same
mail may come twice; many mail systems keep only the first of the same id, and a person can see that it is one.
"""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from pydantic import Field

from adapters.mail import Mailbox, MailError, MailServer, MailServerSettings, Patience, login_problems
from adapters.settings import problems, read
from adapters.tools import Tools
from engine.domain.errors import NotifyError
from engine.domain.messages import Notify
from engine.domain.ports import Secrets
from engine.domain.rule import Severity
from engine.domain.workspace import NotifierConfig

# A line of a header: at most 78 columns (RFC 5322, 2.1.1), of which `Subject: ` takes nine.
_SUBJECT = 78 - len("Subject: ")
_MARKS = {Severity.INFO: "", Severity.WARNING: "[warning] ", Severity.CRITICAL: "[critical] "}


class SmtpSettings(MailServerSettings):
    """Which mail server, and from whom to whom. The secret `password` belongs to `username`."""

    to: tuple[Mailbox, ...] = Field(min_length=1, max_length=50, description="the addresses that it goes to.")
    timeout: float = Field(
        default=20, gt=0, le=25, description="how long the mail server may take, in seconds."
    )


class SmtpNotifier:
    """Sends one mail for each notice."""

    kind = "smtp"
    settings = SmtpSettings
    secrets = "`password`, which belongs to `username`"

    def __init__(self, tools: Tools) -> None:
        self._clock = tools.clock

    def validate(self, notifier: NotifierConfig) -> Sequence[str]:
        """Return what is wrong with the settings, one sentence each; pure."""
        found = problems(SmtpSettings, notifier.settings)
        found += login_problems(notifier.settings, notifier.secrets)
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
        patience = Patience(settings.timeout, settings.timeout, settings.timeout)
        server = MailServer(settings, secrets.get("password", ""), patience)
        try:
            refused = await server.hand_over(mail.as_bytes(), settings.to, to_all=False)
        except MailError as error:
            said = f" It says: {error.raw}." if error.raw else ""
            text = f"The mail {notifier.name!r} was not delivered. {error}{said}"
            raise NotifyError(text, transient=error.passing) from None
        if refused:
            raise NotifyError(
                f"The mail server {settings.host} refused {', '.join(sorted(refused))}; the others have the mail "
                f"{notifier.name!r}. Check these addresses.",
                transient=False,
            )


def message(notice: Notify, settings: SmtpSettings, now: datetime) -> EmailMessage:
    """Return the mail of a notice: the same notice gives the same `Message-ID`, one alert one conversation."""
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = fitting(f"{_MARKS[notice.severity]}{notice.title}", _SUBJECT)
    mail["From"] = settings.sender
    mail["To"] = ", ".join(settings.to)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{_name(notice.notice)}@{settings.domain}>"
    if len(notice.alerts) == 1:
        (alert,) = notice.alerts
        mail["References"] = f"<{_name(f'{notice.strategy}/{alert.id}@{alert.fired_at}')}@{settings.domain}>"
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
