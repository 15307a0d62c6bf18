"""The table of functions: a new one is one entry in `numbers`, `texts` or `times`, with a signature, a doc, an example.

A function's Python body gets known values only and raises ArithmeticError or ValueError where it has no answer; the
language turns that, and every unknown argument, into unknown. `has`, `is_unknown` and `coalesce` look at
unknown itself and are part of the language (`SPECIAL`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rules.language.types import Type


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes and gives. With `variadic` the last parameter may be repeated."""

    takes: tuple[Type, ...]
    gives: Type
    variadic: bool = False

    def __str__(self) -> str:
        return f"({', '.join(map(str, self.takes))}{', …' if self.variadic else ''}) → {self.gives}"


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the language.

    `bound` limits the size of a number that it gives: a number, or None for "about as large as its largest
    argument". `example` is an expression without facts but `now`, `answer` what it gives, as text.
    `zone` is the place of an argument that names a time zone, `moment` that of a written instant.
    """

    name: str
    signatures: tuple[Signature, ...]
    body: Callable[..., Any]
    doc: str
    example: str
    answer: str
    bound: float | None = None
    zone: int | None = None
    moment: int | None = None
    inline: str = ""

    @property
    def most(self) -> int | None:
        """Return the largest number of arguments, or None when there is no limit."""
        if any(signature.variadic for signature in self.signatures):
            return None
        return max(len(signature.takes) for signature in self.signatures)

    @property
    def least(self) -> int:
        """Return the smallest number of arguments."""
        return min(len(signature.takes) for signature in self.signatures)


@dataclass(frozen=True, slots=True)
class Special:
    """A function that sees unknown instead of being unknown."""

    name: str
    signature: str
    doc: str
    example: str
    answer: str


SPECIAL = {
    special.name: special
    for special in (
        Special(
            "has",
            "(path) → bool",
            "True when the fact is known, false when it is not; never unknown.",
            "has(now)",
            "true",
        ),
        Special(
            "is_unknown",
            "(any) → bool",
            "True when the value is unknown, false when it is known; never unknown.",
            "is_unknown(1 / 0)",
            "true",
        ),
        Special(
            "coalesce",
            "(T, T, …) → T",
            "The first of the values that is known; unknown when none is.",
            "coalesce(1 / 0, 3)",
            "3",
        ),
    )
}
