"""Numbers and instants as documents and databases write them.

A missing value is None and never 0: null, an empty text, and what is not a finite number. Everything else that is no
number is a mistake, with words that continue 'it …' and never repeat the value: it may be secret.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from engine.domain.base import to_utc
from engine.domain.wallclock import day_start, instant_of

_PLAIN = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_NO_NUMBERS = {"nan", "inf", "+inf", "-inf", "infinity", "-infinity", "null", "none"}
# Seconds since 1970 stay below this for three thousand years, milliseconds are above it since 1973.
_MILLISECONDS_FROM = 1e11


def number(value: Any) -> float | None:
    """Return the value as a number, None where there is none. Raises ValueError when it is something else."""
    if isinstance(value, str):
        text = value.strip()
        if not text or text.lower() in _NO_NUMBERS:
            return None
        if not _PLAIN.fullmatch(text):
            raise ValueError("is a text that is no plain number such as 1234.5")
        value = text
    elif value is not None and (isinstance(value, bool) or not isinstance(value, int | float | Decimal)):
        raise ValueError(f"is {named(value)}, not a number")
    if value is None:
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def instant(value: Any, zone: str) -> datetime:
    """Return when something was true, in UTC. Raises ValueError when it is no time.

    Understood are texts such as 2026-01-05T09:30 and numbers of seconds or milliseconds since 1970. A time without
    its own zone is meant in `zone`. A date alone stands for the whole day, which is over at the start of the next.
    """
    try:
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            seconds = float(value)
            return datetime.fromtimestamp(
                seconds / 1000 if abs(seconds) >= _MILLISECONDS_FROM else seconds, UTC
            )
        if isinstance(value, str):
            text = value.strip()
            value = (
                date.fromisoformat(text) if len(text) <= len("2026-01-05") else datetime.fromisoformat(text)
            )
        if isinstance(value, datetime):
            return to_utc(value) if value.tzinfo else instant_of(zone, value)
        if isinstance(value, date):
            return day_start(zone, value + timedelta(days=1))
    except (ValueError, OverflowError, OSError):
        value = None
    raise ValueError("is no time; write 2026-01-05, 2026-01-05T09:30 or seconds since 1970")


def named(value: Any) -> str:
    """Return what kind of thing a value is, in the words of a JSON document."""
    if isinstance(value, bool):
        return "a yes or no"
    kinds: dict[type, str] = {dict: "an object", list: "a list", str: "a text", type(None): "null"}
    return kinds.get(type(value), f"a value of type {type(value).__name__}")
