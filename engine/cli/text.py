"""Text for a terminal: widths, columns, wrapping, and instants as people say them."""

from __future__ import annotations

import re
import shutil
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from engine.domain.words import span

_SGR = re.compile(r"\x1b\[[0-9;]*m")
# Everything that moves a cursor, rings a bell or reverses the text: titles come from strangers' feeds.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_NARROWEST = 40


def terminal_width() -> int:
    """Return how many cells a line has: the terminal's, or 80 where there is none."""
    return max(_NARROWEST, shutil.get_terminal_size(fallback=(80, 24)).columns)


def cells(text: str) -> int:
    """Return how many cells a text takes; colours take none, wide letters two."""
    plain = _SGR.sub("", text)
    if plain.isascii():
        return len(plain)
    return sum(_cells_of(letter) for letter in plain)


@lru_cache(maxsize=4096)
def _cells_of(letter: str) -> int:
    if unicodedata.combining(letter) or unicodedata.category(letter) in ("Cf", "Me", "Mn"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def clean(text: str) -> str:
    """Take out what would steer the terminal; line breaks and our own colours stay."""
    kept = _SGR.split(text)
    colours = _SGR.findall(text)
    parts = [_CONTROL.sub("", part.replace("\t", " ")) for part in kept]
    return "".join(part + colour for part, colour in zip(parts, [*colours, ""], strict=True))


def one_line(text: str) -> str:
    """Join a text to one line."""
    return " ".join(text.split())


def clipped(text: str, room: int) -> str:
    """Return the text on one line, cut with … where it takes more than `room` cells."""
    line = one_line(text)
    if cells(line) <= room:
        return line
    kept, used = [], 1
    for letter in line:
        used += _cells_of(letter)
        if used > room:
            break
        kept.append(letter)
    return "".join(kept).rstrip() + "…"


def padded(text: str, room: int) -> str:
    """Fill a text with blanks up to `room` cells."""
    return text + " " * max(0, room - cells(text))


def wrapped(text: str, room: int, *, first: str = "", rest: str | None = None) -> list[str]:
    """Break a text at blanks into lines of at most `room` cells; a longer word, such as a link, stays whole.

    `first` begins the first line, `rest` (default: as many blanks) every further one.
    """
    hang = " " * cells(first) if rest is None else rest
    lines: list[str] = []
    line, empty = first, True
    for word in text.split():
        if not empty and cells(line) + 1 + cells(word) > room:
            lines.append(line)
            line, empty = hang, True
        line += word if empty else f" {word}"
        empty = False
    return [*lines, line.rstrip()]


def columns(rows: Sequence[Sequence[str]], room: int, *, indent: str = "  ", gap: int = 2) -> list[str]:
    """Set rows in columns as wide as their widest cell; the last one takes the rest and wraps under itself."""
    if not rows:
        return []
    fixed = [max(cells(row[place]) for row in rows) for place in range(len(rows[0]) - 1)]
    lines = []
    for row in rows:
        head = indent + "".join(
            padded(cell, wide) + " " * gap for cell, wide in zip(row[:-1], fixed, strict=True)
        )
        lines += wrapped(row[-1], room, first=head) if row[-1].strip() else [head.rstrip()]
    return lines


def stamp(instant: datetime, zone: str) -> str:
    """Write an instant in a zone, always equally wide: 'Mon 05 Jan 2026 09:00'."""
    return f"{instant.astimezone(ZoneInfo(zone)):%a %d %b %Y %H:%M}"


def short_stamp(instant: datetime, zone: str, now: datetime) -> str:
    """Write an instant as 'Mon 5 Jan 09:00', with its year where that is another one than now's."""
    local, here = instant.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
    year = "" if local.year == here.year else f" {local.year}"
    return f"{local:%a} {local.day} {local:%b}{year} {local:%H:%M}"


def ago(instant: datetime, now: datetime) -> str:
    """Say how far an instant is, with its largest unit: '3 days ago', 'in 2 hours', 'now'."""
    distance = abs(now - instant)
    words = " ".join(span(distance).split()[:2])
    if words == "0 seconds":
        return "now"
    return f"{words} ago" if instant < now else f"in {words}"
