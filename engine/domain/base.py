"""The types that every other module of the heart speaks: models, instants, durations, names."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

_UNITS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)([wdhms]))")
_DURATION_TEXT = r"^\s*(\d+(\.\d+)?\s*[wdhms]\s*)+$"
_MAX = timedelta(days=36525)


class Model(BaseModel):
    """A frozen value. Unknown fields are errors, so that a typo is never silence."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
    )


def misfit(field: str, message: str) -> PydanticCustomError:
    """Return the error for a validator of a whole model to raise when one of its fields is to blame.

    `field` may be a path into the model, such as `silence.dormant_after`.
    """
    return PydanticCustomError("plan", "{message}", {"field": field, "message": message})


def parse_duration(text: object) -> timedelta:
    """Turn '90s', '15m', '36h', '10d', '2w' or a sum such as '1d12h' into a timedelta.

    Days are 24 hours of elapsed time. Raises ValueError with an example on anything else.
    """
    if isinstance(text, timedelta):
        return text
    if not isinstance(text, str) or not text.strip():
        raise ValueError("a duration is a number with a unit, such as 90s, 15m, 36h, 10d or 2w")
    compact = text.replace(" ", "")
    parts = _DURATION.findall(compact)
    if not parts or "".join(number + unit for number, unit in parts) != compact:
        raise ValueError(
            f"{text!r} is no duration: write a number with a unit, such as 90s, 15m, 36h, 10d or 2w"
        )
    try:
        return timedelta(seconds=sum(float(number) * _UNITS[unit] for number, unit in parts))
    except OverflowError:
        raise ValueError(f"{text!r} is too long: a duration is at most a hundred years") from None


def format_duration(duration: timedelta) -> str:
    """Write a duration the way a plan writes it: the inverse of `parse_duration`."""
    rest, micros = divmod(duration // timedelta(microseconds=1), 1_000_000)
    parts = []
    for unit in "dhm":
        count, rest = divmod(rest, _UNITS[unit])
        if count:
            parts.append(f"{count}{unit}")
    if rest or micros or not parts:
        fraction = f".{micros:06}".rstrip("0") if micros else ""
        parts.append(f"{rest}{fraction}s")
    return "".join(parts)


def _bounded(duration: timedelta) -> timedelta:
    if duration < timedelta(0):
        raise ValueError("a duration cannot be negative")
    if duration > _MAX:
        raise ValueError("a duration is at most a hundred years")
    return duration


def _positive(duration: timedelta) -> timedelta:
    if duration <= timedelta(0):
        raise ValueError("this duration must be longer than zero")
    return duration


def to_utc(moment: datetime) -> datetime:
    """Normalise an aware datetime to UTC; a naive one is refused, because it names no instant."""
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise ValueError("a time needs its zone: write for example 2026-03-01T09:00:00Z or …+01:00")
    return moment.astimezone(UTC)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"{name!r} is no time zone: write an IANA name such as Europe/Berlin or UTC"
        ) from None
    return name


def zone_names() -> frozenset[str]:
    """Return every IANA zone name that this machine knows, for 'did you mean'."""
    return frozenset(available_timezones())


Instant = Annotated[datetime, AfterValidator(to_utc)]
Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration, json_schema_input_type=str),
    AfterValidator(_bounded),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema(
        {"type": "string", "pattern": _DURATION_TEXT, "examples": ["90s", "15m", "36h", "10d", "2w"]}
    ),
]
PositiveDuration = Annotated[Duration, AfterValidator(_positive)]
ZoneName = Annotated[str, AfterValidator(_zone)]
# Names appear in workflow ids, file names and rule subjects; so no spaces and no slashes.
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,62}$")]
Sentence = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]
JsonDict = dict[str, Any]
