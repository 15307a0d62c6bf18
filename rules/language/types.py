"""The types of the language. Every one of them can be unknown, so there is no separate nullable form."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What sort of value a type holds. `any` stands where a mistake was already reported."""

    BOOL = "bool"
    INT = "int"
    NUMBER = "number"
    STRING = "string"
    DURATION = "duration"
    INSTANT = "instant"
    ENUM = "enum"
    LIST = "list"
    NULL = "null"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Type:
    """A type: its kind, for a list the type of its items, for an enum its name and values in order."""

    kind: Kind
    item: Type | None = None
    name: str = ""
    values: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.kind is Kind.LIST:
            return f"list[{self.item}]"
        return f"enum {self.name}" if self.kind is Kind.ENUM else self.kind.value


BOOL = Type(Kind.BOOL)
INT = Type(Kind.INT)
NUMBER = Type(Kind.NUMBER)
STRING = Type(Kind.STRING)
DURATION = Type(Kind.DURATION)
INSTANT = Type(Kind.INSTANT)
NULL = Type(Kind.NULL)
ANY = Type(Kind.ANY)

NUMERIC = frozenset({Kind.INT, Kind.NUMBER})
ORDERED = frozenset({Kind.INT, Kind.NUMBER, Kind.DURATION, Kind.INSTANT})

_WORDS = {
    Kind.BOOL: "true or false",
    Kind.INT: "a whole number",
    Kind.NUMBER: "a number",
    Kind.STRING: "a text",
    Kind.DURATION: "a duration",
    Kind.INSTANT: "an instant",
    Kind.NULL: "null",
    Kind.ANY: "anything",
}


def enum(name: str, *values: str) -> Type:
    """Return the type of a text that is one of these values."""
    return Type(Kind.ENUM, name=name, values=values)


def list_of(item: Type) -> Type:
    """Return the type of a list of such items."""
    return Type(Kind.LIST, item=item)


def in_words(type_: Type) -> str:
    """Say what a type is, as part of a sentence: 'a duration', 'one of "silent", "steady"'."""
    if type_.kind is Kind.ENUM:
        return f"one of {', '.join(type_.values)}"
    if type_.kind is Kind.LIST:
        return "a list" if type_.item is None else f"a list (each item {in_words(type_.item)})"
    return _WORDS[type_.kind]


def fits(actual: Type, wanted: Type) -> bool:
    """Tell whether a value of the actual type can stand where the wanted type is asked for."""
    if actual.kind in (Kind.ANY, Kind.NULL) or wanted.kind is Kind.ANY:
        return True
    if actual.kind is Kind.LIST and wanted.kind is Kind.LIST:
        return actual.item is None or wanted.item is None or fits(actual.item, wanted.item)
    return actual == wanted or (actual.kind is Kind.INT and wanted.kind is Kind.NUMBER)


def common(left: Type, right: Type) -> Type | None:
    """Return the narrowest type that holds values of both, or None when there is none."""
    if fits(left, right):
        return right if left.kind is not Kind.ANY else left
    return left if fits(right, left) else None
