"""A post's text and what in it is a link, a mention or a hashtag.

Bluesky shows plain text; which part of it leads where stands beside it, in facets that count bytes of UTF-8. A
Markdown link becomes its words, with the address in a facet. Other Markdown is left as it was written.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

# One level of round brackets may stand in an address, as Wikipedia's have it.
_ADDRESS = r"(?i:https?)://[\w\[](?:[^\s()<>]|\([^\s()<>]*\))*"
_MARKED = re.compile(rf"(?<!!)\[(?P<words>[^\[\]\n]+)\]\((?P<to>{_ADDRESS})\)|<(?P<bare>{_ADDRESS})>")
_LINK = re.compile(_ADDRESS)
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_TOP_LABEL = r"[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_MENTION = re.compile(rf"(?<![\w@./:-])@(?P<handle>(?:{_LABEL}\.)+{_TOP_LABEL})(?![\w@-])")
_TAG = re.compile(r"(?<![^\s(])[#\uff03](?!\ufe0f)(?P<tag>[^\s#\u00ad\u200b-\u200d\u2060\u20e2]+)")
_LONGEST_TAG = 64
_AFTER_ADDRESS = ".,;:!?'\"*_~"
# What no record may hold or nobody can see: control characters but line feed and tab, and halves of characters.
_HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_MANY_LINES = re.compile(r"\n(?:[ \t]*\n){2,}")


class Leads(StrEnum):
    """Where a part of the text leads."""

    LINK = "link"
    MENTION = "mention"
    TAG = "tag"


@dataclass(frozen=True)
class Span:
    """A part of the text, in characters, and where it leads: an address, a handle or a tag without its sign."""

    start: int
    end: int
    leads: Leads
    to: str


@dataclass(frozen=True)
class RichText:
    """Plain text and its spans, in order and apart from each other."""

    text: str
    spans: tuple[Span, ...] = ()

    def ending_in(self, address: str) -> RichText:
        """Return the text with a link in a paragraph of its own at its end."""
        start = len(self.text) + 2 if self.text else 0
        text = f"{self.text}\n\n{address}" if self.text else address
        return RichText(text, (*self.spans, Span(start, len(text), Leads.LINK, address)))

    def part(self, start: int, end: int) -> RichText:
        """Return the characters from `start` to `end` without the white space around them."""
        cut = self.text[start:end]
        start += len(cut) - len(cut.lstrip())
        end = start + len(cut.strip())
        spans = tuple(
            Span(span.start - start, span.end - start, span.leads, span.to)
            for span in self.touching(start, end)
            if start <= span.start and span.end <= end
        )
        return RichText(self.text[start:end], spans)

    def touching(self, start: int, end: int) -> tuple[Span, ...]:
        """Return the spans that share a character with the part from `start` to `end`."""
        first = bisect_right(self.spans, start, key=lambda span: span.end)
        return self.spans[first : bisect_left(self.spans, end, key=lambda span: span.start)]

    @property
    def handles(self) -> tuple[str, ...]:
        """Return the handles that are mentioned, each once."""
        return tuple(dict.fromkeys(span.to for span in self.spans if span.leads is Leads.MENTION))

    def facets(self, dids: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return the facets of a record. A mention of a handle that `dids` does not know stays plain text."""
        return [
            {"index": self._bytes(span), "features": [feature]}
            for span in self.spans
            if (feature := _feature(span, dids)) is not None
        ]

    def _bytes(self, span: Span) -> dict[str, int]:
        start = len(self.text[: span.start].encode())
        return {"byteStart": start, "byteEnd": start + len(self.text[span.start : span.end].encode())}


def _feature(span: Span, dids: Mapping[str, str]) -> dict[str, str] | None:
    kind = f"app.bsky.richtext.facet#{span.leads}"
    match span.leads:
        case Leads.LINK:
            return {"$type": kind, "uri": span.to}
        case Leads.TAG:
            return {"$type": kind, "tag": span.to}
        case Leads.MENTION:
            return {"$type": kind, "did": dids[span.to]} if span.to in dids else None


def plain(text: str) -> str:
    """Return the text without characters that a record must not hold, with at most one empty line in a row."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _MANY_LINES.sub("\n\n", _HARMFUL.sub("", lines)).strip()


def rich_text(markdown: str) -> RichText:
    """Return the text as people see it, with its links, mentions and hashtags."""
    source, text, done = plain(markdown), "", 0
    spans, kept = list[Span](), list[Span]()
    for marked in _MARKED.finditer(source):
        text += source[done : marked.start()]
        words, to = marked["words"] or marked["bare"], marked["to"] or marked["bare"]
        spans.append(Span(len(text), len(text) + len(words), Leads.LINK, to))
        text += words
        done = marked.end()
    text += source[done:]
    taken = bytearray(len(text))
    for span in (*spans, *_links(text), *_mentions(text), *_tags(text)):
        if not any(taken[span.start : span.end]):
            taken[span.start : span.end] = b"\1" * (span.end - span.start)
            kept.append(span)
    return RichText(text, tuple(sorted(kept, key=lambda span: span.start)))


def _links(text: str) -> Iterator[Span]:
    for found in _LINK.finditer(text):
        address = found[0].rstrip(_AFTER_ADDRESS)
        yield Span(found.start(), found.start() + len(address), Leads.LINK, address)


def _mentions(text: str) -> Iterator[Span]:
    for found in _MENTION.finditer(text):
        yield Span(found.start(), found.end(), Leads.MENTION, found["handle"].lower())


def _tags(text: str) -> Iterator[Span]:
    for found in _TAG.finditer(text):
        tag = found["tag"]
        while tag and unicodedata.category(tag[-1]).startswith("P"):
            tag = tag[:-1]
        if len(tag) <= _LONGEST_TAG and any(unicodedata.category(char)[0] in "LSM" for char in tag):
            yield Span(found.start(), found.start() + 1 + len(tag), Leads.TAG, tag)
