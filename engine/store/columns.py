"""Column types that mean the same in SQLite and in PostgreSQL."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from pydantic_core import PydanticSerializationError, from_json, to_json
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from engine.domain.base import to_utc

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def to_micros(moment: datetime) -> int:
    """Return whole microseconds since 1970 in UTC. Raises ValueError for a naive datetime."""
    return (to_utc(moment) - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the aware UTC instant: the inverse of `to_micros`."""
    return _EPOCH + timedelta(microseconds=micros)


def storable(text: str) -> str:
    """Replace what PostgreSQL or UTF-8 cannot hold (NUL, lone surrogates) by U+FFFD.

    Such characters come from feeds and pasted links. Refusing them would stop a strategy for good at a title.
    """
    if "\x00" in text:
        text = text.replace("\x00", _REPLACEMENT)
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join(_REPLACEMENT if "\ud800" <= sign <= "\udfff" else sign for sign in text)
    return text


class Instants(TypeDecorator[datetime]):
    """An instant, stored as integer microseconds since 1970 in UTC.

    An integer sorts and compares alike in both databases, keeps every microsecond, is the smallest key, and
    knows no session time zone; SQLite has no time type at all, and its usual text form is three times as long.
    """

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> int | None:
        return None if value is None else to_micros(value)

    def process_result_value(self, value: int | None, _dialect: Dialect) -> datetime | None:
        return None if value is None else from_micros(value)


class Words(TypeDecorator[str]):
    """Text that both databases can hold and sort by code point, whatever the locale of the server."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(sa.Text(collation="C" if dialect.name == "postgresql" else None))

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


# JSON as it was written, for what is read as a whole: the order of keys means something in a strategy's memory, where
# the oldest command ids are forgotten first.
Verbatim = sa.JSON(none_as_null=True)
# JSON: text in SQLite, JSONB in PostgreSQL. Not for plans: JSONB reorders keys, and a plan's digest counts them.
Document = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def dump_json(value: Any) -> str:
    """Write JSON as pydantic does (numbers that are not finite become null), without what cannot be stored."""
    try:
        text = to_json(value, inf_nan_mode="null").decode()
    except PydanticSerializationError:
        text = to_json(_cleaned(value), inf_nan_mode="null").decode()
    return to_json(_cleaned(value), inf_nan_mode="null").decode() if "\\u0000" in text else text


def load_json(text: str | bytes) -> Any:
    """Read JSON that `dump_json` wrote."""
    return from_json(text)


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
