"""What the language says when a text is wrong, or when facts do not fit their schema.

DrumbeatError
├── LanguageError   an expression is wrong; carries Faults with line, column and the nearest name
└── FactsError      facts do not fit the schema that declares them: a fault of the program that gives them
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.domain.errors import DrumbeatError

_WIDTH = 76
_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an expression: its place (line and column from 1, `start` and `end` as offsets)."""

    line: int
    column: int
    start: int
    end: int
    message: str
    hint: str = ""

    def render(self, text: str) -> str:
        """Return the fault with the line it is in and a caret below the place."""
        line, caret = self.excerpt(text)
        parts = [f"line {self.line}, column {self.column}: {self.message}", f"    {line}", f"    {caret}"]
        return "\n".join([*parts, f"    {self.hint}"] if self.hint else parts)

    def excerpt(self, text: str) -> tuple[str, str]:
        """Return the line of the text that the fault is in, cut to a width that can be read, and the line with the caret."""
        begin = self.start - (self.column - 1)
        stop = text.find("\n", begin)
        line = text[begin : len(text) if stop < 0 else stop]
        # What cannot be printed would move the caret away from its place.
        line = "".join(char if char.isprintable() else " " for char in line)
        at, cut = self.column - 1, 0
        if len(line) > _WIDTH:
            cut = max(0, min(at - _WIDTH // 2, len(line) - _WIDTH))
            line = line[cut : cut + _WIDTH]
        length = max(1, min(self.end - self.start, len(line) - (at - cut)))
        return line.rstrip(), " " * (at - cut) + "^" * length


class LanguageError(DrumbeatError):
    """An expression is wrong; nothing that uses it runs. Mend the places named."""

    def __init__(self, text: str, faults: Sequence[Fault]) -> None:
        self.text = text
        self.faults = tuple(faults)
        super().__init__("\n".join(fault.render(text) for fault in self.faults))


class FactsError(DrumbeatError):
    """Facts do not fit their schema; nothing was judged with them."""


def fault_at(text: str, start: int, end: int, message: str, hint: str = "") -> Fault:
    """Return the fault of the characters from `start` to before `end`, with its line and column."""
    start = max(0, min(start, len(text)))
    line = text.count("\n", 0, start) + 1
    column = start - (text.rfind("\n", 0, start) + 1) + 1
    return Fault(line, column, start, max(start, min(end, len(text))), message, hint)


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the name that `name` was probably meant to be, or None when nothing is near."""
    if len(name) > _LONGEST_NAME:
        return None
    known = list(names)
    folded = {other.lower(): other for other in known}
    if name.lower() in folded:
        return folded[name.lower()]
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return close[0] if close else None


def did_you_mean(name: str, names: Iterable[str], otherwise: str = "") -> str:
    """Return 'Did you mean …?' for the nearest name, or what else to say when none is near."""
    close = nearest(name, names)
    return f"Did you mean {close}?" if close else otherwise


def shortened(text: str, limit: int = 40) -> str:
    """Return the text on one printable line, cut in the middle when it is long."""
    plain = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    if len(plain) <= limit:
        return plain
    return f"{plain[: limit - 12]}…{plain[-10:]}"
