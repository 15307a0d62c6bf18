"""The images of a post, read where the worker runs, just before they are sent."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

from engine.domain.errors import Effect, PublishError, Trouble
from engine.domain.items import Image

# Larger than any platform takes; the plan's reader refuses larger ones already.
MOST_BYTES = 50 << 20


async def read_image(image: Image) -> bytes:
    """Return the image's bytes. Raises PublishError, effect none, when it is not the one that the plan was read with."""
    return await asyncio.to_thread(_read, image)


def _read(image: Image) -> bytes:
    try:
        with Path(image.file).open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise _unusable(
            f"The image {image.file} cannot be read on the machine of the worker ({reason}). Put it there."
        ) from None
    if image.sha256 and hashlib.sha256(content).hexdigest() != image.sha256:
        raise _unusable(
            f"The image {image.file} is another one than when the plan was applied. Put the old one back, or run "
            "`drumbeat apply` again."
        )
    return content


def _unusable(why: str) -> PublishError:
    return PublishError(f"{why} Nothing was posted.", effect=Effect.NONE, trouble=Trouble.ABSENT)
