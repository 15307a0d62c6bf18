"""What a benchmark gives back, and how it is shown: always as a ratio between two things measured in one run.

Absolute numbers say more about the machine and its neighbours than about us; a ratio holds elsewhere too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Result:
    """One line: ours against the baseline, both in the same unit."""

    what: str
    ours: float
    against: str
    baseline: float
    unit: str

    @property
    def ratio(self) -> float:
        """Return how many times as long ours takes."""
        return self.baseline / self.ours if self.unit == "/s" else self.ours / self.baseline


def seconds(work: Callable[[], object], *, times: int = 5) -> float:
    """Return the median of the seconds that the work takes."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return median(taken)


def per_second(work: Callable[[], object], *, during: float = 1.0) -> float:
    """Return how often the work is done in a second, repeating it for about so many seconds."""
    began, done = time.perf_counter(), 0
    while (passed := time.perf_counter() - began) < during:
        work()
        done += 1
    return done / passed


def table(results: Sequence[Result]) -> str:
    """Return the results as aligned text."""
    rows = [
        (
            one.what,
            f"{_short(one.ours)} {one.unit}",
            one.against,
            f"{_short(one.baseline)} {one.unit}",
            _times(one.ratio),
        )
        for one in results
    ]
    rows.insert(0, ("what", "measured", "against", "measured", "takes"))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in [lines[0], "-" * len(lines[0]), *lines[1:]])


def _short(number: float) -> str:
    if number >= 100:
        return f"{number:,.0f}"
    return f"{number:.3g}"


def _times(ratio: float) -> str:
    return f"1/{1 / ratio:,.0f} of it" if ratio < 0.01 else f"{_short(ratio)} times as long"
