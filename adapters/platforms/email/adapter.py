"""The platform `email`: a post becomes one mail to everybody on a list, in one SMTP transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import structlog

from adapters.mail import MailError, MailServer, Patience, login_problems
from adapters.media import read_image
from adapters.platforms.email.letter import letter, message_id, recipients_of, subject_of
from adapters.platforms.email.settings import EmailSettings
from adapters.settings import of_account, problems, unusable
from adapters.tools import Tools
from engine.domain.errors import Effect, PublishError
from engine.domain.items import ContentItem
from engine.domain.ports import Capabilities, Published, Secrets
from engine.domain.publication import Post
from engine.domain.workspace import Account

_MOST_BYTES = 10 << 20
_PATIENCE = Patience(answer=10, before=25, mail=25)

_log = structlog.get_logger(__name__)


class EmailAdapter:
    """Hands mails over. What was handed over cannot be looked for, so a doubtful mail is put before a person."""

    kind = "email"
    settings = EmailSettings
    secrets = "`password`, of `username`"
    # No call may outlive its timeout: it is cut off, and its connection with it. So there is nothing to wait for.
    capabilities = Capabilities(settle=timedelta(0), timeout=timedelta(seconds=55))

    def __init__(self, tools: Tools) -> None:
        self._clock = tools.clock

    def validate(self, account: Account, item: ContentItem | None) -> Sequence[str]:
        """Return what is wrong, one sentence each; pure, so the file of recipients is not looked at."""
        found = problems(EmailSettings, account.settings)
        found += login_problems(account.settings, account.secrets)
        return found if item is None else [*found, *_item_problems(item)]

    async def publish(self, post: Post, secrets: Secrets) -> Published | None:
        """Hand it over, once, to all recipients together. Raises PublishError.

        Addresses that were refused while the others were served (`on_refusal: skip`) are named in the log.
        """
        settings = of_account(EmailSettings, post.account)
        try:
            recipients = await recipients_of(settings)
        except ValueError as error:
            raise unusable(post.account, str(error)) from None
        images = [await read_image(image) for image in post.item.images]
        mail = letter(post, settings, images, self._clock.now())
        server = MailServer(settings, secrets.get("password", ""), _PATIENCE)
        try:
            refused = await server.hand_over(
                mail.as_bytes(), recipients, to_all=settings.on_refusal == "stop"
            )
        except MailError as error:
            raise _not_sent(error) from None
        if refused:
            _log.warning("email.addresses_refused", key=post.key, of=len(recipients), refused=refused)
        return Published(at=self._clock.now(), native_id=message_id(post, settings))

    async def find(self, post: Post, secrets: Secrets) -> Published | None:  # noqa: ARG002 - nobody is asked
        """Raise PublishError, effect none: nobody can look for a mail but a person."""
        settings = of_account(EmailSettings, post.account)
        raise PublishError(
            f"Nobody can ask a mail server for a mail. Look into one of the inboxes, or into the log of {settings.host} "
            f"for the Message-ID {message_id(post, settings)}.",
            effect=Effect.NONE,
        )


def _not_sent(error: MailError) -> PublishError:
    if error.doubtful:
        return PublishError(
            f"{error} It may have been sent, and no mail server can be asked.",
            effect=Effect.MAYBE,
            trouble=error.trouble,
        )
    later = " It is tried again later." if error.passing else ""
    return PublishError(
        f"{error} Nothing was sent.{later}",
        effect=Effect.NONE,
        transient=error.passing,
        trouble=error.trouble,
        raw=error.raw,
    )


def _item_problems(item: ContentItem) -> list[str]:
    found = []
    if not subject_of(item):
        found.append(f"The item {item.id!r} has no title or text; a mail needs a subject.")
    heavy = len(item.body.encode(errors="replace")) + sum(image.bytes for image in item.images)
    if heavy > _MOST_BYTES:
        found.append(
            f"The item {item.id!r} has {heavy >> 20} MiB with its images, and many mail servers refuse what is larger "
            f"than {_MOST_BYTES >> 20} MiB; make the images smaller."
        )
    return found
