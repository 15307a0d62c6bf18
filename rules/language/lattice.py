"""Numbers, durations and instants as whole numbers in their order, so that a border can be found by halving, exactly."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta

from rules.language.limits import MAX_DURATION, MAX_NUMBER
from rules.language.syntax import Value
from rules.language.types import Kind

_TICK = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SIGN = 1 << 63


def _float_place(value: float) -> int:
    (bits,) = struct.unpack("<q", struct.pack("<d", value))
    return int(bits) if bits >= 0 else -(bits + _SIGN)


def _float_at(place: int) -> float:
    bits = place if place >= 0 else -place - _SIGN
    return float(struct.unpack("<d", struct.pack("<q", bits))[0])


def place_of(value: Value, kind: Kind) -> int:
    """Return the place of a value among all values of its kind, in order."""
    if isinstance(value, timedelta):
        return value // _TICK
    if isinstance(value, datetime):
        return (value - _EPOCH) // _TICK
    if isinstance(value, int | float):
        return int(value) if kind is Kind.INT else _float_place(float(value))
    raise TypeError(value)


def value_at(place: int, kind: Kind) -> Value:
    """Return the value at a place: the inverse of `place_of`."""
    if kind is Kind.DURATION:
        return place * _TICK
    if kind is Kind.INSTANT:
        return _EPOCH + place * _TICK
    return place if kind is Kind.INT else _float_at(place)


def real_of(value: Value | None) -> float | None:
    """Return a value on the real line (durations and instants in seconds), or None when it has no place there."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, datetime):
        return (value - _EPOCH).total_seconds()
    return float(value) if isinstance(value, int | float) else None


def from_real(real: float, kind: Kind) -> int:
    """Return the place nearest to a point of the real line, within the ends of the kind."""
    low, high = ENDS[kind]
    if kind is Kind.NUMBER:
        place = _float_place(max(-MAX_NUMBER, min(MAX_NUMBER, real)))
    else:
        place = round(max(-1e40, min(1e40, real)) * (1 if kind is Kind.INT else 1_000_000))
    return max(low, min(high, place))


ENDS: dict[Kind, tuple[int, int]] = {
    Kind.INT: (-int(MAX_NUMBER), int(MAX_NUMBER)),
    Kind.NUMBER: (_float_place(-MAX_NUMBER), _float_place(MAX_NUMBER)),
    Kind.DURATION: (-MAX_DURATION // _TICK, MAX_DURATION // _TICK),
    Kind.INSTANT: (
        (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _TICK,
        (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _TICK,
    ),
}
