"""How values from outside become facts that the language can trust: one reader for each type.

Facts are read for every rule of every subject, so a reader first asks for the one Python type that is usual.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, TypeAlias

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
    carefully = _careful(type_, bool, bool)
    return lambda value, path: value if value is True or value is False else carefully(value, path)


def _number(type_: Type) -> Reader:
    def read(value: float) -> Value | None:
        return value if -MAX_NUMBER <= value <= MAX_NUMBER else None

    carefully = _careful(type_, read, int, float)

    low, high = -MAX_NUMBER, MAX_NUMBER

    def number(value: Any, path: str) -> Value | None:
        if (type(value) is float or type(value) is int) and low <= value <= high:
            return value
        return carefully(value, path)

    return number


def _int(type_: Type) -> Reader:
    def read(value: float) -> Value | None:
        if not -MAX_NUMBER <= value <= MAX_NUMBER:
            return None
        if value != math.floor(value):
            raise ValueError
        return int(value)

    carefully = _careful(type_, read, int, float)

    low, high = -MAX_NUMBER, MAX_NUMBER

    def whole(value: Any, path: str) -> Value | None:
        return value if type(value) is int and low <= value <= high else carefully(value, path)

    return whole


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

    carefully = _careful(type_, read, timedelta)
    low, high = -MAX_DURATION, MAX_DURATION

    def duration(value: Any, path: str) -> Value | None:
        return value if type(value) is timedelta and low <= value <= high else carefully(value, path)

    return duration


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
