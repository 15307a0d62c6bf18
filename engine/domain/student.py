"""The upper tail of Student's t distribution, in plain Python: the heart carries no numerical library.

The tail is half a regularised incomplete beta function (Abramowitz & Stegun 26.7.1), which is computed by its
continued fraction (A&S 26.5.8) with Lentz's method; about eleven digits for the freedoms that occur here.
"""

from __future__ import annotations

from math import exp, lgamma, log

_TINY = 1e-300
_PRECISION = 1e-12
_STEPS = 500


class StudentTail:
    """The tail for one number of degrees of freedom (positive, not necessarily whole); call it with a value."""

    __slots__ = ("_a", "_scale", "freedom")

    def __init__(self, freedom: float) -> None:
        """Prepare what does not depend on the value. Raise ValueError for a freedom that is not positive."""
        if not freedom > 0:
            raise ValueError(f"degrees of freedom must be positive, not {freedom}")
        self.freedom = freedom
        self._a = freedom / 2
        self._scale = lgamma(self._a + 0.5) - lgamma(self._a) - lgamma(0.5)

    def __call__(self, value: float) -> float:
        """Return the probability of exceeding `value`, between 0 and 1."""
        square = value * value
        share = self.freedom / (self.freedom + square)
        tail = 0.5 * self._beta(share, square / (self.freedom + square))
        return tail if value >= 0 else 1.0 - tail

    def _beta(self, x: float, rest: float) -> float:
        """Return the regularised incomplete beta function I_x(freedom / 2, 1/2), where `rest` is 1 - x."""
        a, b = self._a, 0.5
        if rest <= 0.0:
            return 1.0
        if x <= 0.0:
            return 0.0
        front = exp(self._scale + a * log(x) + b * log(rest))
        if x < (a + 1) / (a + b + 2):
            return front * _fraction(a, b, x) / a
        return 1.0 - front * _fraction(b, a, rest) / b


def _fraction(a: float, b: float, x: float) -> float:
    """Return the continued fraction of the incomplete beta function; it converges fast for x < (a+1)/(a+b+2).

    Written out without helpers: it is the innermost loop of every back-test. `or _TINY` keeps Lentz's method from
    dividing by nothing.
    """
    c = 1.0
    d = 1.0 / (1.0 - (a + b) * x / (a + 1.0) or _TINY)
    value = d
    for step in range(1, _STEPS):
        at = a + 2 * step
        numerator = step * (b - step) * x / ((at - 1.0) * at)
        d = 1.0 / (1.0 + numerator * d or _TINY)
        c = 1.0 + numerator / c or _TINY
        value *= d * c
        numerator = -(a + step) * (a + b + step) * x / (at * (at + 1.0))
        d = 1.0 / (1.0 + numerator * d or _TINY)
        c = 1.0 + numerator / c or _TINY
        change = d * c
        value *= change
        if -_PRECISION < change - 1.0 < _PRECISION:
            break
    return value
