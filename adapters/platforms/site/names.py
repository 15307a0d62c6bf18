"""Text from people made safe for file names, addresses and front matter. Letters of every script are kept."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import datetime

from engine.domain.items import ContentItem
from engine.domain.publication import Post

# Sorts by time as text, and tells our posts from others in the same folder.
FILE_NAME = re.compile(r"\d{4}-\d{2}-\d{2}-\d{6}-[^/]+-[0-9a-f]{12}\.md")
_SLUG_BYTES = 80
_HEADLINE = 80
_LONGEST_TITLE = 1000
# Control characters but tab and line feed, line separators, surrogates, and what Unicode calls noncharacters: XML,
# YAML and TOML each forbid some of them. A pattern, because it is run over every post for every feed.
_NONCHARACTERS = "".join(
    f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
)
_HARMFUL = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{_NONCHARACTERS}]")


def clean_line(text: str) -> str:
    """Return the text as one line without control characters, surrogates and line separators, in NFC."""
    return unicodedata.normalize("NFC", " ".join(_HARMFUL.sub(" ", text).split()))


def clean_text(text: str) -> str:
    """Return the text with plain line ends and without characters that no XML or YAML may hold."""
    return _HARMFUL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip("\n")


def slugify(text: str, limit: int = _SLUG_BYTES) -> str:
    """Return lower-case letters and digits of any script, joined by hyphens, at most `limit` bytes in UTF-8."""
    lowered = unicodedata.normalize("NFC", clean_line(text).lower())
    kept = "".join(
        char if char.isalnum() or unicodedata.category(char).startswith("M") else " " for char in lowered
    )
    joined = "-".join(kept.split())
    return joined.encode()[:limit].decode(errors="ignore").strip("-") or "post"


def digest(key: str, length: int) -> str:
    """Return the first hex digits of the key's sha256."""
    return hashlib.sha256(key.encode()).hexdigest()[:length]


def file_name(post: Post) -> str:
    """Return the file's name: `2026-01-05-080000-tuesdays-1f2e3d4c5b6a.md`, the same for ever for one key."""
    return f"{_stamp(post.slot)}-{slugify(post.action, 40)}-{digest(post.key, 12)}.md"


def _stamp(slot: datetime) -> str:
    return f"{slot.year:04}-{slot:%m-%d-%H%M%S}"


def headline(item: ContentItem) -> str:
    """Return the item's title, or the beginning of its first line."""
    title = clean_line(item.title)
    if title:
        return title[:_LONGEST_TITLE].strip()
    first = next((line for line in clean_text(item.body).splitlines() if line.strip(" #*>\t")), item.id)
    return clean_line(first.lstrip(" #*>\t"))[:_HEADLINE].strip()


def page_slug(post: Post) -> str:
    """Return the post's part of the address: its headline, and digits that make it unique."""
    return f"{slugify(headline(post.item))}-{digest(post.key, 8)}"
