"""Mail servers: how they are told of, reached and spoken with, and what goes wrong there, in our own words.

One SMTP transaction. Nothing has happened before the text was handed over; perhaps something has afterwards.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from typing import Annotated, Any, Literal, NamedTuple, Self

import aiosmtplib
from pydantic import AfterValidator, Field, model_validator

from adapters.credentials import hide
from engine.domain.base import Model
from engine.domain.errors import Trouble

# Codes from here on are for good, those before may pass (RFC 5321, 4.2.1).
_FOR_GOOD = 500
_LOGIN_REFUSED = {530, 534, 535, 538}
_MOST_SAID = 200
_MOST_NAMED = 5


def mailbox(text: str) -> str:
    """Return the address, without white space around it. Raises ValueError when it is none in ASCII."""
    bare = text.strip()
    try:
        parsed = Address(addr_spec=bare)
    except (ValueError, IndexError, MessageError):
        parsed = None
    if parsed is None or not parsed.domain or not bare.isascii() or any(char.isspace() for char in bare):
        raise ValueError("write an address such as ana@example.com, without a name")
    return bare


def one_line(text: str) -> str:
    """Return a text without white space around it. Raises ValueError when it is more than one line."""
    if not text.isprintable():
        raise ValueError("it must be one line of text")
    return text.strip()


Mailbox = Annotated[str, AfterValidator(mailbox)]


class MailServerSettings(Model):
    """Which mail server, and from whom. The secret `password` belongs to `username`."""

    host: Annotated[str, AfterValidator(one_line)] = Field(
        min_length=1, description="the mail server's name."
    )
    port: int = Field(default=587, ge=1, le=65535, description="its port.")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="how the connection is encrypted; `none` only without `username`."
    )
    username: str | None = Field(default=None, min_length=1, description="the user to log in as.")
    sender: Mailbox = Field(description="the address that the mail comes from.")

    @model_validator(mode="after")
    def _no_password_in_the_open(self) -> Self:
        if self.username and self.security == "none":
            raise ValueError("With `username` the setting `security` must be starttls or tls")
        return self

    @property
    def domain(self) -> str:
        """Return the sender's domain."""
        return self.sender.rpartition("@")[2]


def login_problems(settings: Mapping[str, Any], secrets: Iterable[str]) -> list[str]:
    """Return what is wrong with the login as a whole, in sentences; pure."""
    if ("username" in settings) == ("password" in secrets):
        return []
    return ["The setting `username` and the secret `password` go together; give both or neither."]


class MailError(Exception):
    """A mail server did not take a mail; the text says why and what to do. `raw` is what it said itself.

    `doubtful`: it had the mail when the line broke. `passing`: the same mail may be taken later.
    """

    def __init__(
        self, why: str, trouble: Trouble, *, passing: bool = False, doubtful: bool = False, raw: str = ""
    ) -> None:
        super().__init__(why)
        self.trouble, self.passing, self.doubtful, self.raw = trouble, passing, doubtful, raw


class Patience(NamedTuple):
    """How long one answer, all before the mail, and the mail itself may take, in seconds."""

    answer: float
    before: float
    mail: float


@dataclass(frozen=True)
class MailServer:
    """A way to a mail server. No error repeats the password."""

    settings: MailServerSettings
    password: str = field(repr=False)
    patience: Patience

    async def hand_over(self, mail: bytes, recipients: Sequence[str], *, to_all: bool) -> dict[str, str]:
        """Hand a mail over, once, for all recipients; return those that were refused, with the server's words.

        With `to_all` nobody gets it when one of them is refused. Raises MailError.
        """
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(self.patience.before):
                    server = await stack.enter_async_context(self._connected())
                    refused = await self._addressed(server, recipients, to_all=to_all)
            except TimeoutError as error:
                raise self._cut(error) from None
            try:
                await server.data(mail, timeout=self.patience.mail)
            except aiosmtplib.SMTPDataError as error:
                raise self._refusal("does not take the mail", error.code, error.message) from None
            except (aiosmtplib.SMTPException, OSError) as error:
                why = f"{self.where} had the mail when the connection broke ({type(error).__name__})."
                raise MailError(why, Trouble.BROKEN, passing=True, doubtful=True) from None
            # From here on the mail is in other hands; what goes wrong with saying good-bye is nobody's failure.
            with suppress(aiosmtplib.SMTPException, OSError):
                await server.quit(timeout=1)
        return refused

    @property
    def where(self) -> str:
        """Return the server for people."""
        return f"The mail server {self.settings.host}:{self.settings.port}"

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[aiosmtplib.SMTP]:
        """Give a connection on which we are logged in, and close it whatever happens."""
        settings = self.settings
        server = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
            tls_context=ssl.create_default_context() if settings.security != "none" else None,
            username=settings.username,
            password=self.password if settings.username else None,
            # Not the machine's own name, which is nobody's business.
            local_hostname=settings.domain,
            timeout=self.patience.answer,
        )
        try:
            try:
                await server.connect()
            except (aiosmtplib.SMTPException, OSError, ValueError) as error:
                raise self._not_connected(error) from None
            yield server
        finally:
            server.close()

    async def _addressed(
        self, server: aiosmtplib.SMTP, recipients: Sequence[str], *, to_all: bool
    ) -> dict[str, str]:
        """Name sender and recipients; return those that the server refused, if the others are to get it all the same."""
        refused = dict[str, aiosmtplib.SMTPResponseException]()
        try:
            await server.mail(self.settings.sender)
            for address in recipients:
                try:
                    await server.rcpt(address)
                except aiosmtplib.SMTPRecipientRefused as error:
                    refused[address] = error
        except aiosmtplib.SMTPResponseException as error:
            raise self._refusal("refuses the sender", error.code, error.message) from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise self._cut(error) from None
        if refused and (to_all or len(refused) == len(recipients)):
            raise self._some_refused(refused, len(recipients))
        return {address: self._said(error.code, error.message) for address, error in refused.items()}

    def _said(self, code: int, message: str) -> str:
        secrets = {"password": self.password} if self.password else {}
        return f"{code} {hide(message, secrets, self.settings.username, most=_MOST_SAID)}"

    def _refusal(self, why: str, code: int, message: str, trouble: Trouble = Trouble.CONTENT) -> MailError:
        """Return the error for an answer of the server: whoever says no has not sent it."""
        return MailError(
            f"{self.where} {why}.", trouble, passing=code < _FOR_GOOD, raw=self._said(code, message)
        )

    def _some_refused(self, refused: dict[str, aiosmtplib.SMTPResponseException], wanted: int) -> MailError:
        shown = [f"{address} ({self._said(error.code, error.message)})" for address, error in refused.items()]
        more = f" and {len(shown) - _MOST_NAMED} more" if len(shown) > _MOST_NAMED else ""
        named = f"{', '.join(shown[:_MOST_NAMED])}{more}"
        passing = any(error.code < _FOR_GOOD for error in refused.values())
        why = f"{self.where} refuses {len(refused)} of {wanted} addresses: {named}."
        return MailError(why, Trouble.SETTINGS, passing=passing)

    def _cut(self, error: Exception) -> MailError:
        return MailError(
            f"{self.where} cannot be reached, is too slow, or broke off ({type(error).__name__}). Check `host`, `port` "
            "and the network.",
            Trouble.UNREACHABLE,
            passing=True,
        )

    def _not_connected(self, error: Exception) -> MailError:
        """Say why there is no connection, in our own words: the library's may quote the login."""
        match error:
            case aiosmtplib.SMTPAuthenticationError():
                why = "refuses the login. Check `username` and the secret `password`"
                wrong = Trouble.CREDENTIAL if error.code in _LOGIN_REFUSED else Trouble.CONTENT
                return self._refusal(why, error.code, error.message, wrong)
            case aiosmtplib.SMTPResponseException():
                return self._refusal("does not let us in", error.code, error.message, Trouble.FORBIDDEN)
            case _ if "CERTIFICATE" in str(error).upper():
                why = "shows a certificate that is not valid for it."
            case ssl.SSLError():
                why = "speaks no TLS there. Check `port` and `security`."
            case aiosmtplib.SMTPTimeoutError() | aiosmtplib.SMTPConnectError() | OSError():
                return self._cut(error)
            case _:
                why = "does not offer what the settings ask for. Check `security`, `port` and `username`."
        return MailError(f"{self.where} {why}", Trouble.SETTINGS)
