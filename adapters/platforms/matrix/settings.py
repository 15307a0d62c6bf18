"""The settings of a `matrix` account."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from adapters.web_address import ServerAddress
from engine.domain.base import Model


class MatrixSettings(Model):
    """A room in which an account speaks. The account's token is the secret `access_token`."""

    homeserver: ServerAddress = Field(
        description="the account's server, as programs reach it, such as https://matrix.org."
    )
    room: Annotated[str, StringConstraints(pattern=r"^![^\s/?#]+$", max_length=255)] = Field(
        description="the room's internal id, such as !abc:tacos.example; an alias with # may move, so it will not do."
    )
    notice: bool = Field(
        default=False, description="whether posts are notices, as other programs leave alone, or messages."
    )
