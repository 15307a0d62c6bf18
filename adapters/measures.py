"""How long a text is, as each platform counts it, and which limits an item goes beyond."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

import regex

from engine.domain.items import ContentItem, Image
from engine.domain.roles import Limits, Unit

# As a text field would take it: up to white space, without the punctuation that ends the sentence.
LINK = regex.compile(r"https?://[^\s<>\"'`]*[^\s<>\"'`.,;:!?)\]}…]")
_GRAPHEME = regex.compile(r"\X")
_EMOJI = regex.compile(r"\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3")
# X's published ranges of what counts once; everything else counts twice (configuration version 3).
_LIGHT = ((0x0000, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))
_WEIGHTED_LINK = 23


def graphemes(text: str) -> int:
    """Return how many characters a reader sees: extended grapheme clusters of Unicode."""
    return sum(1 for _ in _GRAPHEME.finditer(text))


def utf8(text: str) -> int:
    """Return how many bytes the text has in UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


def weighted(text: str) -> int:
    """Return the length as X counts it: light scripts 1, other characters and every emoji 2; links are text here."""
    return sum(_weight(cluster.group()) for cluster in _GRAPHEME.finditer(unicodedata.normalize("NFC", text)))


def _weight(cluster: str) -> int:
    if _EMOJI.search(cluster) and (len(cluster) > 1 or ord(cluster) > _LIGHT[0][1]):
        return 2
    return sum(1 if any(low <= ord(char) <= high for low, high in _LIGHT) else 2 for char in cluster)


_MEASURES = {Unit.CHARACTERS: len, Unit.GRAPHEMES: graphemes, Unit.BYTES: utf8, Unit.WEIGHTED: weighted}
_NAMES = {
    Unit.CHARACTERS: "characters",
    Unit.GRAPHEMES: "characters (graphemes)",
    Unit.BYTES: "bytes",
    Unit.WEIGHTED: "weighted characters",
}


def length(text: str, unit: Unit, link: int | None = None) -> int:
    """Return the text's length in the unit; with `link` every link counts so much instead of its own length."""
    measure = _MEASURES[unit]
    each = _WEIGHTED_LINK if link is None and unit is Unit.WEIGHTED else link
    if each is None:
        return measure(text)
    links = [found.group() for found in LINK.finditer(text)]
    return measure(LINK.sub("", text)) + each * len(links)


def exceeded(item: ContentItem, text: str, limits: Limits) -> list[str]:
    """Return what of the item, sent as `text`, goes beyond the limits, one sentence each."""
    return [*_texts(item, text, limits), *_images(item, limits)]


def _texts(item: ContentItem, text: str, limits: Limits) -> Iterator[str]:
    shown, name = repr(item.id), _NAMES[limits.unit]
    long = length(text, limits.unit, limits.link)
    if limits.text is not None and long > limits.text:
        yield (
            f"The text of {shown} has {long} {name}, and {limits.text} are taken; "
            f"shorten it by {long - limits.text}, or give this channel a variant."
        )
    heavy = utf8(text)
    if limits.text_bytes is not None and heavy > limits.text_bytes:
        yield (
            f"The text of {shown} has {heavy} bytes, and {limits.text_bytes} are taken; "
            "shorten it, or give this channel a variant."
        )
    title = length(item.title, limits.unit)
    if limits.title is not None and title > limits.title:
        yield f"The title of {shown} has {title} {name}, and {limits.title} are taken; shorten it."


def _images(item: ContentItem, limits: Limits) -> Iterator[str]:
    shown, most = repr(item.id), limits.images
    if most is not None and len(item.images) > most:
        taken = f"at most {most} are taken" if most else "none are taken here"
        yield f"The item {shown} has {len(item.images)} images, and {taken}; leave some out for this channel."
    for image in item.images:
        yield from (f"The image {image.file} of {shown} {wrong}" for wrong in _image(image, limits))


def _image(image: Image, limits: Limits) -> Iterator[str]:
    if limits.image_bytes is not None and image.bytes > limits.image_bytes:
        yield f"has {image.bytes} bytes, and {limits.image_bytes} are taken; make it smaller."
    if limits.image_types and image.type and image.type not in limits.image_types:
        yield f"is {image.type}, and only {_listed(limits.image_types)} are taken; convert it."
    if limits.alt is not None and len(image.alt) > limits.alt:
        yield f"has {len(image.alt)} characters of alt text, and {limits.alt} are taken; shorten them."


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else names[0]
