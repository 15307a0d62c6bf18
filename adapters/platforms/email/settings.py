"""The settings of an `email` account."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from adapters.mail import Mailbox, MailServerSettings, one_line

# What servers take in one transaction differs; more than this is work for mailing list software.
MOST_RECIPIENTS = 1000
_LINK = re.compile(r"(mailto:[^\s<>@]+@[^\s<>@]+|https://[^\s<>]+)", re.ASCII)


def _link(text: str) -> str:
    if not _LINK.fullmatch(text):
        raise ValueError("it must be mailto:… or https://…, such as mailto:leave@tacos.example")
    return text


class EmailSettings(MailServerSettings):
    """Which mail server, from whom, and to whom. The secret `password` belongs to `username`."""

    sender_name: Annotated[str, AfterValidator(one_line)] = Field(
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
        if self.one_click and not (self.unsubscribe or "").startswith("https://"):
            raise ValueError("`one_click` needs an `unsubscribe` that starts with https://")
        return self
