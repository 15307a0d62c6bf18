"""The Student t tail against values from tables and from a numerical library."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.student import StudentTail

KNOWN = [
    # freedom, value, upper tail
    (1, 1, 0.25),  # Cauchy: 1/2 - atan(1)/pi
    (2, 2, 0.09175170953613698),  # closed form: 1/2 - 1/sqrt(6)
    (4, 2.776445105, 0.02500000000505973),  # the table's 97.5 % point
    (5, 0.5, 0.31914943582046457),
    (7.5, 3, 0.009195469304102253),
    (24, -1.2, 0.8790743234488295),
    (24, 10, 2.4577627638376496e-10),
    (100, 1.66, 0.050023625675631886),
    (3, 0, 0.5),
]


@pytest.mark.parametrize(("freedom", "value", "tail"), KNOWN)
def test_the_tail_agrees_with_tables(freedom: float, value: float, tail: float) -> None:
    assert StudentTail(freedom)(value) == pytest.approx(tail, rel=1e-10)


@given(st.floats(0.5, 500), st.floats(-200, 200))
def test_both_tails_together_are_everything(freedom: float, value: float) -> None:
    tail = StudentTail(freedom)
    assert tail(value) + tail(-value) == pytest.approx(1, abs=1e-11)
    assert 0 <= tail(value) <= 1


@given(st.floats(0.5, 500), st.floats(-50, 50), st.floats(0, 50))
def test_a_larger_value_is_never_more_probable(freedom: float, value: float, more: float) -> None:
    tail = StudentTail(freedom)
    assert tail(value + more) <= tail(value) + 1e-11


def test_a_value_beyond_all_bounds_has_no_tail_left() -> None:
    assert StudentTail(24)(1e200) == 0
    assert StudentTail(24)(-1e200) == 1


@pytest.mark.parametrize("freedom", [0, -1, float("nan")])
def test_freedom_that_is_not_positive_is_refused(freedom: float) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        StudentTail(freedom)
