"""The text of a post, and how it is known again in the HTML that a server makes of it."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser

from engine.domain.items import ContentItem

# One level of round brackets may stand in an address, as Wikipedia's have it.
_ADDRESS = r"https?://(?:[^\s()<>]|\([^\s()<>]*\))+"
_MARKED = re.compile(rf"(?<!!)\[(?P<words>[^\[\]\n]+)\]\((?P<to>{_ADDRESS})\)|<(?P<bare>{_ADDRESS})>")
# Of a person elsewhere only the name counts, and only the name is shown.
_MENTION = re.compile(r"(?<![\w@/])@(\w+)@[\w.-]+\w")
_HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_MANY_LINES = re.compile(r"\n(?:[ \t]*\n){2,}")
_BREAKS = {"p", "br", "div", "li", "blockquote", "pre"}
# What stays the same in every rendering: letters, marks, digits, money and pictures.
_LASTING = ("L", "M", "N", "Sc", "So")
_VARIATION = re.compile("[\ufe00-\ufe0f]")


def status_text(item: ContentItem) -> str:
    """Return the text as it is sent: the body (or the title), the item's link, its tags as hashtags.

    Mastodon shows plain text. A Markdown link becomes its words and its address; other Markdown stays as it is written.
    What the text holds already is not repeated.
    """
    text = _plain(_MARKED.sub(_shown, item.body if item.body.strip() else item.title))
    link = (item.link or "").strip()
    parts = [text, link if link not in text else "", _hashtags(item, text)]
    return "\n\n".join(part for part in parts if part)


def _shown(marked: re.Match[str]) -> str:
    address = marked["to"] or marked["bare"]
    return address if marked["words"] in {None, address} else f"{marked['words']} ({address})"


def _plain(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _MANY_LINES.sub("\n\n", _HARMFUL.sub("", lines)).strip()


def _hashtags(item: ContentItem, text: str) -> str:
    there = {word.casefold() for word in re.findall(r"#(\w+)", text)}
    made = dict.fromkeys(re.sub(r"\W", "", _joined(tag)) for tag in item.tags)
    return " ".join(f"#{tag}" for tag in made if tag and tag.casefold() not in there)


def _joined(tag: str) -> str:
    """Return the words of a tag as one, each but a single one with a capital, as screen readers want it."""
    words = tag.split()
    return words[0] if len(words) == 1 else "".join(word[:1].upper() + word[1:] for word in words)


def countable(text: str) -> str:
    """Return the text as Mastodon counts it: of a mention of somebody elsewhere the server does not count."""
    return _MENTION.sub(r"@\1", text)


def likeness(text: str) -> str:
    """Return what of a plain text lasts whatever a server makes of it; equal for equal posts."""
    kept = unicodedata.normalize("NFC", _VARIATION.sub("", countable(text)))
    return "".join(char for char in kept if unicodedata.category(char).startswith(_LASTING))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - a hook
        if tag in _BREAKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def text_of(html: str) -> str:
    """Return the text in a server's HTML."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return "".join(reader.parts).strip()
