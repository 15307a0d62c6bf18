"""Series in promtool's notation."""

from __future__ import annotations

import pytest

from rules.testing.notation import MOST_STEPS, Mark, NotationError, steps

MISSING, STALE = Mark.MISSING, Mark.STALE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("5", [5]),
        ("0+10x3", [0, 10, 20, 30]),
        ("9-3x2", [9, 6, 3]),
        ("7x2", [7, 7, 7]),
        ("-1.5+.5x1 1e3", [-1.5, -1, 1000]),
        ("1 _ 2", [1, MISSING, 2]),
        ("1 _x3 stale 2", [1, MISSING, MISSING, MISSING, STALE, 2]),
        ("-2-2x1", [-2, -4]),
    ],
)
def test_a_series_is_what_promtool_makes_of_it(text: str, expected: list[object]) -> None:
    assert steps(text) == expected


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("1 two 3", (2, 5)),
        ("1+x3", (0, 4)),
        ("1  0+10x", (3, 8)),
        ("inf", (0, 3)),
        ("stalex3", (0, 7)),
        (f"1x{MOST_STEPS + 1}", (0, 8)),
        ("1x99999999999999999999", (0, 22)),
        (f"1x{MOST_STEPS} 1", (0, 8)),
    ],
)
def test_what_is_no_series_is_refused_at_its_place(text: str, place: tuple[int, int]) -> None:
    with pytest.raises(NotationError) as caught:
        steps(text)
    assert (caught.value.start, caught.value.end) == place
