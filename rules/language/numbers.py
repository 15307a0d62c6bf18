"""Functions on numbers."""

from __future__ import annotations

import math

from rules.language.functions import Function, Signature
from rules.language.types import DURATION, INSTANT, INT, NUMBER

_SAME_NUMBER = (Signature((INT,), INT), Signature((NUMBER,), NUMBER))
_WHOLE = (Signature((NUMBER,), INT),)
_CHOICE = tuple(Signature((kind, kind), kind, variadic=True) for kind in (INT, NUMBER, DURATION, INSTANT))
_REAL = (Signature((NUMBER,), NUMBER),)

NUMBERS = (
    Function(
        "abs",
        (*_SAME_NUMBER, Signature((DURATION,), DURATION)),
        abs,
        "The distance from zero.",
        "abs(-3)",
        "3",
        inline="abs({0})",
    ),
    Function("min", _CHOICE, min, "The least of the values.", "min(3, 1.5, 2)", "1.5"),
    Function("max", _CHOICE, max, "The greatest of the values.", "max(3, 1.5, 2)", "3"),
    Function(
        "round",
        _WHOLE,
        round,
        "The nearest whole number; a half goes to the even neighbour.",
        "round(2.5)",
        "2",
    ),
    Function("floor", _WHOLE, math.floor, "The next whole number below.", "floor(-1.2)", "-2"),
    Function("ceil", _WHOLE, math.ceil, "The next whole number above.", "ceil(1.2)", "2"),
    Function(
        "sqrt",
        _REAL,
        math.sqrt,
        "The square root; unknown for a number below zero.",
        "sqrt(9)",
        "3",
    ),
    Function(
        "log",
        _REAL,
        math.log,
        "The natural logarithm; unknown for zero and below.",
        "log(1)",
        "0",
        bound=1000,
    ),
    Function(
        "pow",
        (Signature((NUMBER, NUMBER), NUMBER),),
        math.pow,
        "The first number to the power of the second; unknown where that is no number.",
        "pow(1.5, 2)",
        "2.25",
        bound=math.inf,
    ),
)
