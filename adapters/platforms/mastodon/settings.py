"""The settings of a `mastodon` account, and of a source that reads one."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from adapters.web_address import ServerAddress
from engine.domain.base import Model


class MastodonSettings(Model):
    """An account on Mastodon, or on a server that speaks its interface. Its token is the secret `access_token`."""

    server: ServerAddress = Field(description="the account's server, such as https://mastodon.social.")
    visibility: Literal["public", "unlisted", "private"] = Field(
        default="public", description="who sees the posts: everybody, everybody but timelines, or followers."
    )
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")] | None = Field(
        default=None, description="the language of the posts, such as en; by default the account's own."
    )
