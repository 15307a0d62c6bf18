"""Series in promtool's notation: `0+10x30 _ 5 stale`, one value for each step.

`5` is a value, `0+10x3` is 0 10 20 30, `9-3x2` is 9 6 3, `7x2` is 7 7 7, `_` is a step without a value, `_x3` are
three of them, and `stale` means that from this step until the next value its source cannot be read.
"""

from __future__ import annotations

import math
import re
from enum import Enum

_NUMBER = r"[-+]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?"
_RUN = re.compile(rf"(?P<first>{_NUMBER})(?:(?P<step>[-+]\d+(?:\.\d+)?|[-+]\.\d+))?x(?P<times>\d+)", re.ASCII)
_GAP = re.compile(r"_(?:x(?P<times>\d+))?", re.ASCII)
MOST_STEPS = 100_000


class Mark(Enum):
    """What stands at a step that has no value."""

    MISSING = "_"
    STALE = "stale"


Step = float | Mark


class NotationError(ValueError):
    """A part of a series is not of the notation; `start` and `end` are its place in the text."""

    def __init__(self, text: str, start: int, end: int, message: str) -> None:
        super().__init__(message)
        self.text, self.start, self.end = text, start, end


def steps(text: str) -> list[Step]:
    """Return what stands at each step. Raises NotationError."""
    found: list[Step] = []
    for word in re.finditer(r"\S+", text):
        found += _expanded(text, word)
        if len(found) > MOST_STEPS:
            raise NotationError(text, *word.span(), f"the series has more than {MOST_STEPS:,} steps")
    return found


def _expanded(text: str, word: re.Match[str]) -> list[Step]:
    part = word[0]
    if part == Mark.STALE.value:
        return [Mark.STALE]
    if gap := _GAP.fullmatch(part):
        return [Mark.MISSING] * _times(text, word, gap["times"] or "1")
    if run := _RUN.fullmatch(part):
        first, step = float(run["first"]), float(run["step"] or 0)
        return [first + step * turn for turn in range(_times(text, word, run["times"]) + 1)]
    if re.fullmatch(_NUMBER, part) and math.isfinite(float(part)):
        return [float(part)]
    raise NotationError(
        text, *word.span(), f"{part!r} is no value; write numbers, 0+10x30, _ (missing) or stale"
    )


def _times(text: str, word: re.Match[str], digits: str) -> int:
    if len(digits) > len(str(MOST_STEPS)) or int(digits) > MOST_STEPS:
        raise NotationError(text, *word.span(), f"the series has more than {MOST_STEPS:,} steps")
    return int(digits)
