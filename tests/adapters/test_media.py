"""The images of a post, read where the worker runs."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from adapters.media import read_image
from engine.domain.errors import Effect, PublishError, Trouble
from engine.domain.items import Image


async def test_an_image_is_read_as_it_was_when_the_plan_was_applied(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"pixels")
    image = Image(file=str(path), sha256=hashlib.sha256(b"pixels").hexdigest())
    assert await read_image(image) == b"pixels"


@pytest.mark.parametrize("content", [b"other pixels", None])
async def test_an_image_that_changed_or_is_gone_is_not_posted(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "a.png"
    if content is not None:
        path.write_bytes(content)
    image = Image(file=str(path), sha256=hashlib.sha256(b"pixels").hexdigest())
    with pytest.raises(PublishError, match=r"a\.png") as caught:
        await read_image(image)
    assert (caught.value.effect, caught.value.trouble) == (Effect.NONE, Trouble.ABSENT)
