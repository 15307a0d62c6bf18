"""The settings of an `email` account."""

from __future__ import annotations

import re
from email.headerregistry import Address
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from engine.domain.base import Model

# What servers take in one transaction differs; more than this is work for mailing list software.
MOST_RECIPIENTS = 1000
_LINK = re.compile(r"(mailto:[^\s<>@]+@[^\s<>@]+|https://[^\s<>]+)", re.ASCII)


def mailbox(text: str) -> str:
    """Return the address, without white space around it. Raises ValueError when it is none in ASCII."""
    bare = text.strip()
    try:
        parsed = Address(addr_spec=bare)
    except (ValueError, IndexError):
        parsed = None
    if parsed is None or not parsed.domain or not bare.isascii() or any(char.isspace() for char in bare):
        raise ValueError("write an address such as ana@example.com, without a name")
    return bare


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("it must be one line of text")
    return text.strip()


def _link(text: str) -> str:
    if not _LINK.fullmatch(text):
        raise ValueError("it must be mailto:… or https://…, such as mailto:leave@tacos.example")
    return text


Mailbox = Annotated[str, AfterValidator(mailbox)]


class EmailSettings(Model):
    """Which mail server, from whom, and to whom. The secret `password` belongs to `username`."""

    host: Annotated[str, AfterValidator(_one_line)] = Field(
        min_length=1, description="the mail server's name."
    )
    port: int = Field(default=587, ge=1, le=65535, description="its port.")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="how the connection is encrypted; `none` only without `username`."
    )
    username: str | None = Field(default=None, min_length=1, description="the user to log in as.")
    sender: Mailbox = Field(description="the address that the mail comes from.")
    sender_name: Annotated[str, AfterValidator(_one_line)] = Field(
        default="", max_length=200, description="the name that stands before that address."
    )
    reply_to: Mailbox | None = Field(default=None, description="where answers go; by default to the sender.")
    to: Annotated[tuple[Mailbox, ...], Field(max_length=MOST_RECIPIENTS)] = Field(
        default=(), description="who gets it. Nobody sees the others: the mail is addressed to the sender."
    )
    file: str | None = Field(
        default=None, description="a file with one address a line (# starts a remark), read at each sending."
    )
    on_refusal: Literal["stop", "skip"] = Field(
        default="stop",
        description="what becomes of a mail when the server refuses some of the addresses: nobody gets it, or the others do.",
    )
    unsubscribe: Annotated[str, AfterValidator(_link)] | None = Field(
        default=None,
        description="where one leaves the list, mailto:… or https://…, for the header List-Unsubscribe.",
    )
    one_click: bool = Field(
        default=False, description="whether a POST to `unsubscribe` leaves the list at once (RFC 8058)."
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not self.to and not self.file:
            raise ValueError("Give `to` or `file`; somebody must get the mail")
        if self.username and self.security == "none":
            raise ValueError("With `username` the setting `security` must be starttls or tls")
        if self.one_click and not (self.unsubscribe or "").startswith("https://"):
            raise ValueError("`one_click` needs an `unsubscribe` that starts with https://")
        return self

    @property
    def domain(self) -> str:
        """Return the sender's domain."""
        return self.sender.rpartition("@")[2]
