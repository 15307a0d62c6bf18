"""A text that is too long for one post, as the posts of a thread."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

import regex

from adapters.measures import graphemes, utf8
from adapters.platforms.bluesky.text import RichText

MOST_GRAPHEMES = 300
MOST_BYTES = 3000
_GRAPHEME = regex.compile(r"\X")
# Where a text is cut, the best place first; each match ends where the next post begins.
_PLACES = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n"),
    re.compile(r"[.!?\u2026][\"'\u201d\u2019\u00bb)\]]*\s+|[\u3002\uff01\uff1f]"),
    re.compile(r"\s+"),
)
# White space at the very limit belongs to no post, so a cut may lie behind it.
_OVER = 2


def fits(text: str) -> bool:
    """Tell whether the text fits into one post: 300 graphemes (what a reader calls a character), 3,000 bytes."""
    return utf8(text) <= MOST_BYTES and graphemes(text) <= MOST_GRAPHEMES


def split(whole: RichText) -> tuple[RichText, ...]:
    """Return the posts of a thread: cut at paragraphs, else lines, sentences, words; never inside a link.

    A word that is longer than a post is cut between graphemes. A link that is longer stays whole, and its post does
    not fit.
    """
    parts, start = [], 0
    while start < len(whole.text):
        end = _end(whole, start)
        part = whole.part(start, end)
        if part.text:
            parts.append(part)
        start = end
    return tuple(parts)


def _end(whole: RichText, start: int) -> int:
    """Return where the post that begins at `start` ends."""
    if fits(whole.text[start:].strip()):
        return len(whole.text)
    # One character with thousands of accents fills a post alone; it is cut anywhere.
    limit = start + (_room(whole.text[start:]) or MOST_BYTES // 4)
    near = whole.touching(start, limit + _OVER)
    held = next((span for span in near if span.start < limit < span.end), None)
    if held is not None and held.start <= start:
        return held.end
    if held is not None:
        limit = held.start
    # A post that is not at least half full would make a thread of crumbs; the next worse place is better then.
    least = start + (limit - start) // 2
    for place in _PLACES:
        cuts = [cut for cut in _cuts(whole.text, place, start, limit) if cut > least]
        for cut in reversed(cuts):
            if not any(span.start < cut < span.end for span in near):
                return cut
    return limit


def _cuts(text: str, place: re.Pattern[str], start: int, limit: int) -> Iterator[int]:
    for found in place.finditer(text, start, limit + _OVER):
        if start + len(text[start : found.end()].rstrip()) > limit:
            return
        yield found.end()


def _room(text: str) -> int:
    """Return how many characters of the text fit into one post, cut between graphemes."""
    characters = size = 0
    # No post holds more characters than bytes.
    for cluster in islice(_GRAPHEME.finditer(text[:MOST_BYTES]), MOST_GRAPHEMES):
        size += utf8(cluster.group())
        if size > MOST_BYTES:
            break
        characters = cluster.end()
    return characters
