"""How far long work is: said on stderr, where a person watches and nothing else is printed there."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from engine.cli.output import tell

T = TypeVar("T")
_QUIET_SECONDS = 2.0


def watched(things: Iterable[T], words: Callable[[int, T], str]) -> Iterator[T]:
    """Pass things on; on a terminal say now and then how far it is, by the number of things passed and the newest."""
    seen_by_people = sys.stderr.isatty()
    told = time.monotonic()
    for count, thing in enumerate(things, 1):
        if seen_by_people and time.monotonic() - told > _QUIET_SECONDS:
            told = time.monotonic()
            tell(f"… {words(count, thing)}")
        yield thing


def counted(things: Sequence[T], noun: str) -> Iterator[T]:
    """Pass things on and say `40 of 89 channels`."""
    return watched(things, lambda count, _: f"{count} of {len(things)} {noun}")
