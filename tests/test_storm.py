"""The storm of `make bench-faults`: that it can be run, and that it judges by the platform's own list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest

from benchmarks.faults.__main__ import TARGETS
from benchmarks.faults.storm import Seen, Slot, Weather, judge, mark_in

START = datetime(2026, 1, 5, 8, tzinfo=UTC)


@pytest.mark.parametrize("name", TARGETS)
def test_every_platform_can_be_put_on_the_stage(name: str) -> None:
    assert callable(import_module(f"benchmarks.faults.targets.{name}").stage)


def test_a_storm_is_the_same_for_the_same_seed() -> None:
    assert Weather(41).moments() == Weather(41).moments() != Weather(42).moments()
    assert sum(placed for _, placed in Weather(41).moments()) == Weather(41).placed


def test_what_is_lost_doubled_unknown_and_late_is_counted_on_the_platform() -> None:
    slots = [Slot("a1", START + timedelta(seconds=second)) for second in range(4)]
    there, doubled, lost, unknown = slots
    seen = [
        Seen(there.mark, there.at + timedelta(seconds=2.5)),
        *(Seen(doubled.mark, doubled.at + timedelta(seconds=after)) for after in (1, 60)),
        Seen("a2 2026-01-05 07:59:59", START + timedelta(hours=1)),
    ]
    verdict = judge("a platform", slots, seen, {unknown.mark}, load="1 to 2", remarks=[])
    assert (verdict.lost, verdict.doubled, verdict.unknown, verdict.late) == (1, 1, 1, 2.5)
    assert not any(each.mark == lost.mark for each in seen)


def test_a_slot_is_known_again_in_whatever_a_platform_makes_of_its_text() -> None:
    slot = Slot("a3", START)
    assert mark_in(f"<p>{slot.mark}</p>") == slot.mark
    assert mark_in("something else") is None
