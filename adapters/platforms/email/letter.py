"""The mail itself: text and HTML from Markdown, headers that let it be known again, and who gets it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from pathlib import Path

from adapters.keys import digest
from adapters.mail import mailbox
from adapters.markup import html_of
from adapters.platforms.email.settings import MOST_RECIPIENTS, EmailSettings
from engine.domain.items import ContentItem
from engine.domain.publication import Post

_SUBJECT = 150
# Not every server takes bytes beyond ASCII, so there are none.
_POLICY = SMTP.clone(cte_type="7bit")
_MOST_FILE_BYTES = 1 << 20
_LEADING = re.compile(r"^[\s#*>\-+]+")


def subject_of(item: ContentItem) -> str:
    """Return the title, or the beginning of the first line of the body, in one line."""
    first = next((line for line in item.body.splitlines() if _LEADING.sub("", line)), "")
    text = item.title if item.title.strip() else _LEADING.sub("", first)
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= _SUBJECT else f"{line[: _SUBJECT - 1]}…"


def message_id(post: Post, settings: EmailSettings) -> str:
    """Return the mail's `Message-ID`: the same for the same post, so that it can be looked for in a mail server's log."""
    return f"<{digest(post.key)}@{settings.domain}>"


def letter(post: Post, settings: EmailSettings, images: Sequence[bytes], now: datetime) -> EmailMessage:
    """Return the mail of a post, with its images inside the HTML."""
    mail = EmailMessage(policy=_POLICY)
    sender = Address(settings.sender_name, addr_spec=settings.sender)
    mail["From"] = sender
    mail["To"] = sender
    mail["Subject"] = subject_of(post.item)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id(post, settings)
    if settings.reply_to:
        mail["Reply-To"] = settings.reply_to
    if settings.unsubscribe:
        mail["List-Unsubscribe"] = f"<{settings.unsubscribe}>"
    if settings.one_click:
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    # No answering machine should answer this (RFC 3834).
    mail["Auto-Submitted"] = "auto-generated"
    mail["Precedence"] = "bulk"
    text = _text(post.item)
    mail.set_content(text)
    ids = [f"{digest(f'{post.key}/{number}')}@{settings.domain}" for number in range(len(images))]
    mail.add_alternative(_html(post.item, text, ids), subtype="html")
    _attach(mail, post.item, images, ids)
    return mail


def _text(item: ContentItem) -> str:
    link = (item.link or "").strip()
    parts = [item.body.strip() or item.title.strip(), "" if link in item.body else f"<{link}>"]
    # Halves of characters cannot be sent.
    return "\n\n".join(part for part in parts if part).encode(errors="replace").decode() + "\n"


def _html(item: ContentItem, text: str, ids: Iterable[str]) -> str:
    pictures = "".join(
        f'<p><img src="cid:{identity}" alt="{escape(image.alt)}" style="max-width:100%"></p>\n'
        for image, identity in zip(item.images, ids, strict=True)
    )
    return (
        '<!doctype html>\n<html>\n<head><meta charset="utf-8">'
        f"<title>{escape(subject_of(item))}</title></head>\n<body>\n{pictures}{html_of(text)}\n</body>\n</html>\n"
    )


def _attach(mail: EmailMessage, item: ContentItem, images: Sequence[bytes], ids: Sequence[str]) -> None:
    body = mail.get_body(("html",))
    for image, content, identity in zip(item.images, images, ids, strict=True):
        if isinstance(body, EmailMessage):
            kind, _, subtype = (image.type or "application/octet-stream").partition("/")
            body.add_related(content, kind, subtype, cid=f"<{identity}>")


async def recipients_of(settings: EmailSettings) -> list[str]:
    """Return who gets the mail, each once. Raises ValueError, in words for people."""
    listed = await asyncio.to_thread(_read, Path(settings.file)) if settings.file else []
    found = {address.casefold(): address for address in (*settings.to, *listed)}
    if not found:
        raise ValueError(f"{settings.file} lists no address.")
    if len(found) > MOST_RECIPIENTS:
        raise ValueError(
            f"It would go to {len(found):,} addresses, and {MOST_RECIPIENTS:,} are the most for one mail. Use the "
            "address of a mailing list instead."
        )
    return list(found.values())


def _read(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            lines = file.read(_MOST_FILE_BYTES).decode("utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise ValueError(f"{path} cannot be read ({reason}). Check `file`.") from None
    found = []
    for number, line in enumerate(lines, 1):
        address = line.partition("#")[0].strip()
        try:
            found += [mailbox(address)] if address else []
        except ValueError as error:
            raise ValueError(f"{path}:{number}: {error}.") from None
    return found
