"""The benchmark of the language compares equals: every implementation that is there gives the same answers."""

from __future__ import annotations

from benchmarks.rules.race import measure, ratios
from benchmarks.rules.rivals import HAND, OURS


def test_all_implementations_that_are_installed_agree_and_the_missing_are_named() -> None:
    race = measure(rounds=1)
    assert {HAND, OURS} <= set(race.medians)
    assert all("not installed" in reason for reason in race.missing.values())
    assert next(iter(ratios(race))).what == "ten conditions, compiled"
