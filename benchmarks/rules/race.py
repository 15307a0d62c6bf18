"""One race: every implementation in turn, again and again, so that a noisy machine is noisy for all; medians."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks.measure import Result
from benchmarks.rules.rivals import (
    EXPLAINED,
    FROM_DICTS,
    HAND,
    OURS,
    RIVALS,
    TOGETHER,
    WITH_CONTEXTS,
    WITH_DICTS,
    WITH_SITUATIONS,
    Calls,
    Rival,
    answers,
)

ROUNDS = 41
REPEATS = 12


@dataclass
class Race:
    """Medians in nanoseconds of CPU per evaluation, by name; and what was missing, with the reason."""

    medians: dict[str, float] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)


def measure(rounds: int = ROUNDS) -> Race:
    """Run the race. Raises AssertionError when two implementations do not agree on an answer."""
    race, ready, expected = Race(), dict[Rival, Calls](), list[object]()
    for rival in RIVALS:
        try:
            calls = rival.calls()
        except ImportError as error:
            race.missing[rival.name] = f"{error.name or error} is not installed"
            continue
        given = answers(rival, calls)
        expected = expected or given
        if given != expected:
            raise AssertionError(f"{rival.name} answers otherwise than {RIVALS[0].name}")
        ready[rival] = calls
    race.medians = _medians(ready, rounds)
    return race


def _medians(ready: dict[Rival, Calls], rounds: int) -> dict[str, float]:
    taken: dict[str, list[float]] = {rival.name: [] for rival in ready}
    gc.disable()
    try:
        for _ in range(rounds):
            for rival, calls in ready.items():
                taken[rival.name].append(_nanoseconds(calls) / rival.evaluations)
            gc.collect()
    finally:
        gc.enable()
    return {name: median(times) for name, times in taken.items()}


def _nanoseconds(calls: Calls) -> float:
    """Return the CPU time of one call; what the loop itself costs is taken off."""
    began = time.process_time_ns()
    for _ in range(REPEATS):
        for function, given in calls:
            function(given)
    middle = time.process_time_ns()
    for _ in range(REPEATS):
        for function, given in calls:  # noqa: B007 -- the empty loop is what is measured
            pass
    return ((middle - began) - (time.process_time_ns() - middle)) / (REPEATS * len(calls))


def ratios(race: Race) -> Iterator[Result]:
    """Yield ours against Python by hand, then ours against the quickest CEL, from a dict and prepared."""
    medians = race.medians
    hand, ours, joined = medians[HAND], medians[OURS], medians[TOGETHER]
    yield Result("ten conditions, compiled", ours, "Python by hand (at most 2.5)", hand, "ns")
    yield Result("ten conditions, compiled together", joined, "Python by hand", hand, "ns")
    yield Result("ten conditions, explained", medians[EXPLAINED], "Python by hand", hand, "ns")
    dicts = _quickest(medians, (*WITH_DICTS, *WITH_SITUATIONS))
    if dicts:
        yield Result(
            "quickest CEL, from a dict", dicts, "ours, together (at least 5)", medians[FROM_DICTS], "ns"
        )
    contexts = _quickest(medians, WITH_CONTEXTS)
    if contexts:
        yield Result("quickest CEL, prepared", contexts, "ours", ours, "ns")
        yield Result("quickest CEL, prepared", contexts, "ours, together", joined, "ns")


def _quickest(medians: dict[str, float], names: Sequence[str]) -> float | None:
    return min((medians[name] for name in names if name in medians), default=None)


def run() -> Iterator[Result]:
    """Measure, and yield the ratios; `python -m benchmarks.rules` also names what was not installed."""
    yield from ratios(measure())
