"""One SMTP transaction, and what it did to the world: nothing before the text was handed over, perhaps afterwards."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

import aiosmtplib

from adapters.platforms.email.settings import EmailSettings
from engine.domain.errors import Effect, PublishError, Trouble

# How long one answer, all before the mail, and the mail itself may take, in seconds.
_PATIENCE = 10
_PATIENCE_BEFORE_THE_MAIL = 25
_PATIENCE_FOR_THE_MAIL = 25
_FOR_GOOD = 500
_MOST_SAID = 200
_MOST_NAMED = 5
_LOGIN_REFUSED = {530, 534, 535, 538}


@dataclass(frozen=True)
class Delivery:
    """A way to a mail server. `secret` is what no error may repeat."""

    settings: EmailSettings
    secret: str

    async def hand_over(self, recipients: Sequence[str], mail: bytes) -> dict[str, str]:
        """Hand the mail over for all recipients at once; return those that were refused, with the server's words.

        Raises PublishError: effect none until the text was sent, and when the server refused it in words; maybe when
        the connection broke before the server had answered.
        """
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(_PATIENCE_BEFORE_THE_MAIL):
                    server = await stack.enter_async_context(self._connected())
                    refused = await self._addressed(server, recipients)
            except TimeoutError as error:
                raise self._cut(error) from None
            try:
                await server.data(mail, timeout=_PATIENCE_FOR_THE_MAIL)
            except aiosmtplib.SMTPDataError as error:
                raise self._refusal("it does not take the mail", error.code, error.message) from None
            except (aiosmtplib.SMTPException, OSError) as error:
                raise PublishError(
                    f"{self._where} had the mail when the connection broke ({type(error).__name__}): it may have been "
                    "sent, and no mail server can be asked.",
                    effect=Effect.MAYBE,
                    trouble=Trouble.BROKEN,
                ) from None
            # From here on the mail is in other hands; what goes wrong with saying good-bye is nobody's failure.
            with suppress(aiosmtplib.SMTPException, OSError):
                await server.quit(timeout=1)
        return refused

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[aiosmtplib.SMTP]:
        """Give a connection on which we are logged in, and close it whatever happens."""
        settings = self.settings
        encrypted = settings.security != "none"
        server = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
            tls_context=ssl.create_default_context() if encrypted else None,
            username=settings.username,
            password=self.secret if settings.username else None,
            # Not the machine's own name, which is nobody's business.
            local_hostname=settings.domain,
            timeout=_PATIENCE,
        )
        try:
            try:
                await server.connect()
            except (aiosmtplib.SMTPException, OSError, ValueError) as error:
                raise self._not_connected(error) from None
            yield server
        finally:
            server.close()

    async def _addressed(self, server: aiosmtplib.SMTP, recipients: Sequence[str]) -> dict[str, str]:
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
            raise self._refusal("it refuses the sender", error.code, error.message) from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise self._cut(error) from None
        if len(refused) == len(recipients) or (refused and self.settings.on_refusal == "stop"):
            raise self._some_refused(refused, len(recipients))
        return {address: self._said(error.code, error.message) for address, error in refused.items()}

    @property
    def _where(self) -> str:
        return f"The mail server {self.settings.host}:{self.settings.port}"

    def _said(self, code: int, message: str) -> str:
        text = " ".join("".join(char if char.isprintable() else " " for char in message).split())
        return f"{code} {text.replace(self.secret, '…') if self.secret else text}"[:_MOST_SAID]

    def _refusal(self, why: str, code: int, message: str, trouble: Trouble | None = None) -> PublishError:
        """Return the error for an answer of the server: whoever says no has not sent it."""
        passing = code < _FOR_GOOD
        later = " It is tried again later." if passing else ""
        return PublishError(
            f"{self._where}: {why}. Nothing was sent.{later}",
            effect=Effect.NONE,
            transient=passing,
            trouble=trouble or Trouble.CONTENT,
            raw=self._said(code, message),
        )

    def _some_refused(
        self, refused: dict[str, aiosmtplib.SMTPResponseException], wanted: int
    ) -> PublishError:
        shown = [f"{address} ({self._said(error.code, error.message)})" for address, error in refused.items()]
        more = f" and {len(shown) - _MOST_NAMED} more" if len(shown) > _MOST_NAMED else ""
        passing = any(error.code < _FOR_GOOD for error in refused.values())
        then = (
            "It is tried again later."
            if passing
            else "Take them out of the list, or set `on_refusal: skip` to send to the others."
        )
        return PublishError(
            f"{self._where} refuses {len(refused)} of {wanted} addresses: {', '.join(shown[:_MOST_NAMED])}{more}. "
            f"Nothing was sent to anybody. {then}",
            effect=Effect.NONE,
            transient=passing,
            trouble=Trouble.SETTINGS,
        )

    def _cut(self, error: Exception) -> PublishError:
        return PublishError(
            f"{self._where} cannot be reached, is too slow, or broke off ({type(error).__name__}). Nothing was "
            "sent. Check `host`, `port` and the network.",
            effect=Effect.NONE,
            transient=True,
            trouble=Trouble.UNREACHABLE,
        )

    def _not_connected(self, error: Exception) -> PublishError:
        """Say why there is no connection, in our own words: the library's may quote the login."""
        match error:
            case aiosmtplib.SMTPAuthenticationError():
                words = "it refuses the login. Check `username` and the secret `password`"
                wrong = Trouble.CREDENTIAL if error.code in _LOGIN_REFUSED else None
                return self._refusal(words, error.code, error.message, wrong)
            case aiosmtplib.SMTPResponseException():
                return self._refusal("it does not let us in", error.code, error.message, Trouble.FORBIDDEN)
            case _ if "CERTIFICATE" in str(error).upper():
                why = "shows a certificate that is not valid for it."
            case ssl.SSLError():
                why = "speaks no TLS there. Check `port` and `security`."
            case aiosmtplib.SMTPTimeoutError() | aiosmtplib.SMTPConnectError() | OSError():
                return self._cut(error)
            case _:
                why = "does not offer what the account asks for. Check `security`, `port` and `username`."
        return PublishError(
            f"{self._where} {why} Nothing was sent.", effect=Effect.NONE, trouble=Trouble.SETTINGS
        )
