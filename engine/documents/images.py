"""The images that content names: found, measured and known by their digest when a plan is read."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.documents.source import Document, Steps
from engine.documents.validate import describe
from engine.documents.words import choose, quoted
from engine.domain.errors import Problem
from engine.domain.items import ContentItem, Image, Variant

MOST_BYTES = 20 << 20
# What a file begins with, and where in it, by media type. The name's ending says nothing that can be relied on.
_MAGIC = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (4, b"ftypavif", "image/avif"),
)


@dataclass
class Completing:
    """Completes the items of one document: image files made absolute and measured, variants checked."""

    document: Document
    channels: Collection[str]
    problems: list[Problem] = field(default_factory=list)

    def item(self, item: ContentItem, steps: Steps) -> ContentItem:
        """Return the item, which stands at `steps`, with its images filled in; what is wrong goes to `problems`."""
        variants = {}
        for channel, variant in item.variants.items():
            if channel not in self.channels:
                message = f"there is no channel {quoted(channel)}, so nothing would ever read like this"
                mend = choose(channel, self.channels, "Remove this variant.")
                self.problems.append(
                    self.document.problem((*steps, "variants", channel), message, mend, key=True)
                )
            variants[channel] = self._variant(variant, (*steps, "variants", channel))
        images = self._images(item.images, (*steps, "images"))
        return item.model_copy(update={"images": images, "variants": variants})

    def _variant(self, variant: Variant, steps: Steps) -> Variant:
        if variant.images is None:
            return variant
        return variant.model_copy(update={"images": self._images(variant.images, (*steps, "images"))})

    def _images(self, images: Sequence[Image], steps: Steps) -> tuple[Image, ...]:
        return tuple(self._image(image, (*steps, index)) for index, image in enumerate(images))

    def _image(self, image: Image, steps: Steps) -> Image:
        path = os.path.normpath(self.document.folder.absolute() / image.file)
        try:
            content = _read(Path(path))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "this is no path"
            self._wrong(
                steps,
                f"the image {quoted(image.file)} cannot be read: {reason}",
                "Correct the path: it starts at the file that names it.",
            )
            return image
        kind = _kind(content)
        if len(content) > MOST_BYTES:
            self._wrong(
                steps,
                f"the image {quoted(image.file)} is larger than {MOST_BYTES >> 20} MiB",
                "Make it smaller.",
            )
        elif kind is None:
            self._wrong(
                steps,
                f"{quoted(image.file)} is no image that is known here",
                "Save it as PNG, JPEG, GIF, WebP or AVIF.",
            )
        digest = hashlib.sha256(content).hexdigest()
        changes = {"file": path, "type": kind or "", "bytes": len(content), "sha256": digest}
        return image.model_copy(update=changes)

    def _wrong(self, steps: Steps, message: str, mend: str) -> None:
        self.problems.append(
            self.document.problem((*steps, "file"), f"{describe(self.document, steps[:-2])}: {message}", mend)
        )


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)


def _kind(content: bytes) -> str | None:
    return next((kind for at, mark, kind in _MAGIC if content[at : at + len(mark)] == mark), None)
