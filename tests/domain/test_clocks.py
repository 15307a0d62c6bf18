"""Clocks that stand still: the arithmetic of pauses against a slow and simple counting of minutes."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from engine.domain.aims import Goal
from engine.domain.clocks import Standstill, deadline, intersection, merged
from engine.domain.goals import Pace, bounds, pace, planned
from tests.domain.build import START, utc

SPAN = 60
MINUTE = timedelta(minutes=1)


def spans() -> st.SearchStrategy[list[Standstill]]:
    """Return lists of intervals on a grid of minutes, some of them empty, backwards or open."""
    edge = st.integers(0, SPAN)
    end = st.none() | edge
    return st.lists(
        st.tuples(edge, end).map(
            lambda p: (START + p[0] * MINUTE, None if p[1] is None else START + p[1] * MINUTE)
        ),
        max_size=5,
    )


def covered(intervals: list[Standstill]) -> set[int]:
    """Return the minutes that lie in any of the intervals, far beyond the grid."""
    return {
        minute
        for minute in range(3 * SPAN)
        if any(
            start <= START + minute * MINUTE and (end is None or START + minute * MINUTE < end)
            for start, end in intervals
        )
    }


@given(spans())
def test_merging_keeps_the_same_time_in_order_and_apart(intervals: list[Standstill]) -> None:
    result = merged(intervals)
    assert covered(result) == covered(intervals)
    for (_, end), (start, _) in pairwise(result):
        assert end is not None
        assert end < start


@given(spans(), spans())
def test_an_intersection_is_the_time_that_both_cover(left: list[Standstill], right: list[Standstill]) -> None:
    assert covered(intersection(merged(left), merged(right))) == covered(left) & covered(right)


@given(spans(), st.integers(0, SPAN), st.integers(1, SPAN))
def test_a_deadline_is_where_so_many_running_minutes_have_been_counted(
    intervals: list[Standstill], since: int, patience: int
) -> None:
    still = covered(intervals)
    running = [minute for minute in range(since, 3 * SPAN) if minute not in still]
    found = deadline(START + since * MINUTE, patience * MINUTE, merged(intervals))
    if len(running) < patience:
        assert found is None
    else:
        assert found == START + (running[patience - 1] + 1) * MINUTE


@given(st.integers(0, SPAN), st.integers(1, SPAN), st.integers(0, SPAN), st.integers(1, SPAN))
def test_a_pause_before_the_deadline_moves_it_by_exactly_its_length(
    since: int, patience: int, into: int, length: int
) -> None:
    start = START + since * MINUTE
    due = start + patience * MINUTE
    pause = start + (into % patience) * MINUTE
    assert deadline(start, patience * MINUTE, [(pause, pause + length * MINUTE)]) == due + length * MINUTE


def goal(**more: float) -> Goal:
    """Return a goal of a hundred days across a change of clocks."""
    numbers = {"baseline": 0.0, "target": 100.0} | more
    return Goal.model_validate(
        {"name": "g", "metric": "m", "start": "2026-02-01", "due": "2026-05-11"} | numbers
    )


def test_a_goal_starts_at_local_midnight_and_is_due_at_the_end_of_its_last_local_day() -> None:
    start, due = bounds(goal(), "Europe/Berlin")
    assert (start, due) == (utc("2026-01-31 23:00"), utc("2026-05-11 22:00"))
    assert planned(goal(), due, "Europe/Berlin") == 100
    half = start + (due - start) / 2
    assert planned(goal(), half, "Europe/Berlin") == 50


def test_a_goal_that_goes_down_is_judged_like_one_that_goes_up() -> None:
    half = utc("2026-03-23 12:00")
    for value, expected in (
        (50, Pace.ON_PACE),
        (46, Pace.ON_PACE),
        (40, Pace.LAGGING),
        (10, Pace.BEHIND),
        (100, Pace.MET),
    ):
        assert pace(goal(), value, half, "UTC") is expected
        assert pace(goal(baseline=100.0, target=0.0), 100 - value, half, "UTC") is expected


def test_a_goal_knows_that_it_has_not_begun_is_missed_or_has_no_data() -> None:
    assert pace(goal(), 0, utc("2026-01-01 00:00"), "UTC") is Pace.NOT_STARTED
    assert pace(goal(), 99, utc("2026-05-12 00:00"), "UTC") is Pace.MISSED
    assert pace(goal(), None, utc("2026-05-12 00:00"), "UTC") is Pace.NO_DATA
