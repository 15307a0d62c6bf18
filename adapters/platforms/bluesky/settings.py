"""The settings of a `bluesky` account."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from adapters.web_address import ServerAddress
from engine.domain.base import Model

_HANDLE = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?|did:[a-z]+:[\w.:%-]+"
)


def _handle(text: str) -> str:
    handle = text.strip().removeprefix("@")
    handle = handle if handle.startswith("did:") else handle.lower()
    if not _HANDLE.fullmatch(handle):
        raise ValueError("it must be a whole handle, such as tacos.bsky.social, or a DID")
    return handle


Handle = Annotated[str, AfterValidator(_handle)]
Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
APPVIEW = "https://public.api.bsky.app"


class BlueskySettings(Model):
    """An account on Bluesky, or on any other server of the AT Protocol."""

    handle: Handle = Field(description="the account's whole handle, such as tacos.bsky.social, or its DID.")
    service: ServerAddress = Field(
        default="https://bsky.social", description="the server on which the account logs in."
    )
    appview: ServerAddress = Field(default=APPVIEW, description="the server that counts likes and followers.")
    languages: Annotated[tuple[Language, ...], Field(max_length=3)] = Field(
        default=(), description="the languages of its posts, at most three, such as [en]."
    )
    long_posts: Literal["refuse", "thread"] = Field(
        default="refuse",
        description="what becomes of a text that is too long for one post: a finding, or a thread of several posts.",
    )
