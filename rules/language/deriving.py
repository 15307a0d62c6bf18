"""Facts from the models of the plan: the same names, the same meaning, no second place to forget."""

from __future__ import annotations

import types
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from rules.language.schema import Field
from rules.language.types import BOOL, DURATION, INSTANT, INT, NUMBER, STRING, Type, enum, list_of

_PLAIN: dict[Any, Type] = {
    bool: BOOL,
    int: INT,
    float: NUMBER,
    str: STRING,
    timedelta: DURATION,
    datetime: INSTANT,
}


def enum_of(values: type[StrEnum], without: Collection[str] = ()) -> Type:
    """Return the type of an enumeration, without the values that only say that nothing is known."""
    return enum(values.__name__.lower(), *(one.value for one in values if one.value not in without))


def derived(model: type[BaseModel], prefix: str, *names: str) -> tuple[Field, ...]:
    """Return facts for these fields of a model, as `<prefix>.<name>`. Optional ones may be unknown.

    Raises KeyError when the model has no such field, TypeError when the language has no type for it.
    """
    return tuple(_field(model, prefix, name) for name in names)


def _field(model: type[BaseModel], prefix: str, name: str) -> Field:
    info = model.model_fields[name]
    # What the field means stands in the reference of the plan; said twice it would drift apart.
    doc = f"The {model.__name__.lower()}'s own `{name}`."
    return Field(f"{prefix}.{name}", type_of(info.annotation, f"{prefix}_{name}"), doc)


def type_of(annotation: Any, name: str) -> Type:
    """Return the type of the language for a Python annotation. Raises TypeError when there is none."""
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return enum_of(annotation)
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return type_of(args[0], name)
    if origin is Literal:
        return enum(name, *args)
    if origin in (Union, types.UnionType):
        return type_of(next(arg for arg in args if arg is not type(None)), name)
    if origin is tuple:
        return list_of(type_of(args[0], name))
    raise TypeError(f"{name}: no type of the language for {annotation}")
