"""The settings of a `matrix` account."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from adapters.web_address import ServerAddress
from engine.domain.base import Model

_ROOM = re.compile(r"![^\s/?#]{1,254}")


def _room(text: str) -> str:
    if not _ROOM.fullmatch(text):
        raise ValueError("it must be the room's internal id, such as !abc:tacos.example, not an alias with #")
    return text


class MatrixSettings(Model):
    """A room in which an account speaks. The account's token is the secret `access_token`."""

    homeserver: ServerAddress = Field(
        description="the account's server, as programs reach it, such as https://matrix.org."
    )
    room: Annotated[str, AfterValidator(_room)] = Field(
        description="the room's internal id, such as !abc:tacos.example; an alias with # may move, so it will not do."
    )
    notice: bool = Field(
        default=False, description="whether posts are notices, as other programs leave alone, or messages."
    )
