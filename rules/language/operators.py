"""What the operators take, give and do: the one place that both ways of running an expression look at."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from rules.language.limits import MAX_RESULT
from rules.language.syntax import Value
from rules.language.types import DURATION, INSTANT, INT, NUMBER, NUMERIC, Kind, Type

ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
}
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
ORDER = frozenset({"<", "<=", ">", ">="})
# What a body may raise to say that it has no answer. OverflowError and ZeroDivisionError are ArithmeticErrors.
NO_ANSWER = (ArithmeticError, ValueError)

_N, _D, _T = Kind.NUMBER, Kind.DURATION, Kind.INSTANT
_RESULTS: dict[tuple[str, Kind, Kind], Type] = {
    ("+", _N, _N): NUMBER,
    ("-", _N, _N): NUMBER,
    ("*", _N, _N): NUMBER,
    ("/", _N, _N): NUMBER,
    ("%", _N, _N): NUMBER,
    ("+", _D, _D): DURATION,
    ("-", _D, _D): DURATION,
    ("*", _D, _N): DURATION,
    ("*", _N, _D): DURATION,
    ("/", _D, _N): DURATION,
    ("/", _D, _D): NUMBER,
    ("+", _T, _D): INSTANT,
    ("+", _D, _T): INSTANT,
    ("-", _T, _D): INSTANT,
    ("-", _T, _T): DURATION,
}


def result_type(op: str, left: Type, right: Type) -> Type | None:
    """Return the type of `left op right`, or None when the units do not go together. int / int is number."""
    if left == right == INT and op != "/":
        return INT
    return _RESULTS.get((op, _plain(left.kind), _plain(right.kind)))


def _plain(kind: Kind) -> Kind:
    return Kind.NUMBER if kind in NUMERIC else kind


def settled(value: Value | None) -> Value | None:
    """Return a result, or None where it is beyond the limit for results or no number at all."""
    if value is True or value is False:
        return value
    if isinstance(value, (int, float)) and not -MAX_RESULT <= value <= MAX_RESULT:
        return None
    return value


def compute(body: Callable[..., Any], *args: Value | None) -> Value | None:
    """Return what the body gives for these arguments; unknown when one is unknown or there is no answer."""
    for arg in args:
        # By identity: `None in args` would compare every instant with None, which is slow.
        if arg is None:
            return None
    try:
        return settled(body(*args))
    except NO_ANSWER:
        return None


def member(item: Value | None, items: tuple[Value | None, ...] | None) -> bool | None:
    """Return whether the item is in the list; unknown when it is not seen and something is unknown."""
    if item is None or items is None:
        return None
    if item in items:
        return True
    return None if None in items else False


def negative(value: float | timedelta) -> float | timedelta:
    """Return the value below zero."""
    return -value


def difference(left: Value | None, right: Value | None) -> float | timedelta | None:
    """Return how far two numbers, durations or instants lie apart; None when that has no meaning."""
    if isinstance(left, bool) or isinstance(right, bool):
        return None
    if isinstance(left, int | float) and isinstance(right, int | float):
        return abs(left - right)
    if isinstance(left, timedelta) and isinstance(right, timedelta):
        return abs(left - right)
    if isinstance(left, datetime) and isinstance(right, datetime):
        return abs(left - right)
    return None
