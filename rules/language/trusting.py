"""How values from outside become facts that the language can trust: one reader for each type.

Facts are read for every rule of every subject. So the usual values are told by `plain` and need no call of a reader.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, NamedTuple, TypeAlias

from rules.language.errors import FactsError
from rules.language.limits import MAX_DURATION, MAX_NUMBER
from rules.language.syntax import Value
from rules.language.types import Kind, Type

Reader: TypeAlias = Callable[[Any, str], "Value | None"]


def reader(type_: Type) -> Reader:
    """Return the function that takes a value and the path of its fact, and gives the value as the language keeps it.

    None, NaN and what is beyond the limits is unknown. Instants become UTC. It raises FactsError for a value of
    another type: that is a mistake of the program, never of the data.
    """
    return _READERS[type_.kind](type_)


class Plain(NamedTuple):
    """The Python type whose values, from the lowest to the highest, are kept as they are, without any reading."""

    usual: Any
    low: Any
    high: Any


def plain(type_: Type) -> Plain:
    """Return which values of a type need no reader; of some types none."""
    return _PLAIN.get(type_.kind, _NONE_PLAIN)


def _careful(type_: Type, read: Callable[[Any], Value | None], *expected: type) -> Reader:
    """Return a reader for the less usual: None, members of enums, subclasses; and for what is of another type."""

    def carefully(value: object, path: str) -> Value | None:
        if isinstance(value, Enum):
            value = value.value
        if value is None:
            return None
        if isinstance(value, expected) and isinstance(value, bool) is (bool in expected):
            try:
                return read(value)
            except ValueError:
                pass
        raise FactsError(f"The fact {path} is declared as {type_} and cannot be {value!r}.")

    return carefully


def _bool(type_: Type) -> Reader:
    return _careful(type_, bool, bool)


def _number(type_: Type) -> Reader:
    def read(value: float) -> Value | None:
        return value if -MAX_NUMBER <= value <= MAX_NUMBER else None

    return _careful(type_, read, int, float)


def _int(type_: Type) -> Reader:
    def read(value: float) -> Value | None:
        if not -MAX_NUMBER <= value <= MAX_NUMBER:
            return None
        if value != math.floor(value):
            raise ValueError
        return int(value)

    return _careful(type_, read, int, float)


def _string(type_: Type) -> Reader:
    carefully = _careful(type_, str, str)
    return lambda value, path: value if type(value) is str else carefully(value, path)


def _enum(type_: Type) -> Reader:
    values = {value: value for value in type_.values}
    # `index` raises ValueError where there is no such value.
    carefully = _careful(type_, lambda value: type_.values[type_.values.index(value)], str)

    def choice(value: Any, path: str) -> Value | None:
        return values[value] if type(value) is str and value in values else carefully(value, path)

    return choice


def _duration(type_: Type) -> Reader:
    def read(value: timedelta) -> Value | None:
        return value if abs_within(value) else None

    return _careful(type_, read, timedelta)


def _instant(type_: Type) -> Reader:
    carefully = _careful(type_, _utc, datetime)

    def instant(value: Any, path: str) -> Value | None:
        return value if type(value) is datetime and value.tzinfo is UTC else carefully(value, path)

    return instant


def _list(type_: Type) -> Reader:
    if type_.item is None:
        return _nothing(type_)
    read = reader(type_.item)

    def items(value: Any, path: str) -> Value | None:
        if isinstance(value, list | tuple):
            return tuple(read(item, path) for item in value)
        return none(value, path)

    none = _nothing(type_)
    return items


def _nothing(type_: Type) -> Reader:
    """Return the reader of a type that has no values of its own."""
    return _careful(type_, lambda _: None)


def abs_within(duration: timedelta) -> bool:
    """Tell whether a duration is within the limit for facts."""
    return -MAX_DURATION <= duration <= MAX_DURATION


def _utc(value: datetime) -> datetime | None:
    if value.tzinfo is None:
        raise ValueError
    try:
        return value.astimezone(UTC)
    except OverflowError:
        return None


class _Nobody:
    """The type of no value."""


_NONE_PLAIN = Plain(_Nobody, None, None)
# Whole numbers have whole bounds: Python compares an int with a float three times as slowly.
_PLAIN = {
    Kind.BOOL: Plain(bool, low=False, high=True),
    Kind.INT: Plain(int, -int(MAX_NUMBER), int(MAX_NUMBER)),
    Kind.NUMBER: Plain(float, -MAX_NUMBER, MAX_NUMBER),
    Kind.DURATION: Plain(timedelta, -MAX_DURATION, MAX_DURATION),
}
_READERS: dict[Kind, Callable[[Type], Reader]] = {
    Kind.BOOL: _bool,
    Kind.INT: _int,
    Kind.NUMBER: _number,
    Kind.STRING: _string,
    Kind.ENUM: _enum,
    Kind.DURATION: _duration,
    Kind.INSTANT: _instant,
    Kind.LIST: _list,
    Kind.NULL: _nothing,
    Kind.ANY: _nothing,
}
