"""Every function by its name."""

from __future__ import annotations

from rules.language.functions import SPECIAL, Function
from rules.language.numbers import NUMBERS
from rules.language.texts import TEXTS
from rules.language.times import TIMES

FUNCTIONS: dict[str, Function] = {function.name: function for function in (*NUMBERS, *TEXTS, *TIMES)}
NAMES = (*SPECIAL, *FUNCTIONS)
