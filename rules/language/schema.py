"""Which facts there are: their paths, types and meaning; and how values become facts that the language can trust."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

from engine.domain.base import format_duration
from rules.language.errors import FactsError, did_you_mean
from rules.language.grammar import KEYWORDS
from rules.language.limits import MAX_DURATION, MAX_NUMBER
from rules.language.syntax import Facts, Value
from rules.language.types import Kind, Type

_PATH = re.compile(rf'(?!(?:{"|".join(KEYWORDS)})(?:\.|$))[A-Za-z_][A-Za-z0-9_]*(\.[^."\\\n]+)*')


@dataclass(frozen=True, slots=True)
class Field:
    """One fact: its path such as `channel.momentum`, its type, what it means (a sentence with its unit)."""

    path: str
    type: Type
    doc: str


class Schema:
    """The facts that expressions may name, in a fixed order. Two schemas never share their facts' tuples."""

    def __init__(self, fields: Iterable[Field]) -> None:
        """Declare the facts. Raises ValueError when a path is no path or stands twice."""
        self.fields = tuple(fields)
        self.slots: dict[str, int] = {}
        for slot, field in enumerate(self.fields):
            if not _PATH.fullmatch(field.path):
                raise ValueError(f"{field.path!r} is no path of a fact")
            if field.path in self.slots:
                raise ValueError(f"the fact {field.path} is declared twice")
            self.slots[field.path] = slot
        self._all_unknown = (None,) * len(self.fields)

    def __contains__(self, path: object) -> bool:
        return path in self.slots

    def __getitem__(self, path: str) -> Field:
        return self.fields[self.slots[path]]

    @property
    def paths(self) -> tuple[str, ...]:
        """Return the paths in the order of the facts' tuple."""
        return tuple(self.slots)

    def extended(self, fields: Iterable[Field]) -> Schema:
        """Return a schema with these facts after its own: what a rule document adds with its signals."""
        return Schema((*self.fields, *fields))

    def facts(self, values: Mapping[str, object]) -> Facts:
        """Return the facts tuple for these values by path; what is not given, None, NaN or beyond limits is unknown.

        Instants become UTC. Raises FactsError when a path is not declared or a value is of another type: that is
        a mistake of the program, never of the data.
        """
        known: list[Value | None] = list(self._all_unknown)
        for path, value in values.items():
            slot = self.slots.get(path)
            if slot is None:
                raise FactsError(f"{path} is no declared fact. {did_you_mean(path, self.slots)}".rstrip())
            known[slot] = trusted(value, self.fields[slot].type, path)
        return tuple(known)


def trusted(value: object, type_: Type, path: str) -> Value | None:
    """Return a value as the language keeps it, or None when it is unknown. Raises FactsError on another type."""
    if value is None:
        return None
    if isinstance(value, Enum):
        value = value.value
    kind = type_.kind
    if kind in (Kind.INT, Kind.NUMBER) and isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value, kind, path)
    if kind is Kind.BOOL and isinstance(value, bool):
        return value
    if kind is Kind.STRING and isinstance(value, str):
        return str(value)
    if kind is Kind.ENUM and isinstance(value, str) and value in type_.values:
        return str(value)
    if kind is Kind.DURATION and isinstance(value, timedelta):
        return value if abs_within(value) else None
    if kind is Kind.INSTANT and isinstance(value, datetime) and value.tzinfo is not None:
        return _utc(value)
    if kind is Kind.LIST and isinstance(value, list | tuple) and type_.item is not None:
        return tuple(trusted(item, type_.item, path) for item in value)
    raise FactsError(f"The fact {path} is declared as {type_} and cannot be {value!r}.")


def abs_within(duration: timedelta) -> bool:
    """Tell whether a duration is within the limit for facts."""
    return -MAX_DURATION <= duration <= MAX_DURATION


def _number(value: float, kind: Kind, path: str) -> Value | None:
    if not -MAX_NUMBER <= value <= MAX_NUMBER:
        return None
    if kind is Kind.NUMBER or isinstance(value, int):
        return value
    if value != math.floor(value):
        raise FactsError(f"The fact {path} is declared as int and cannot be {value!r}.")
    return int(value)


def _utc(value: datetime) -> datetime | None:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        return None


def show(value: Value | None) -> str:
    """Return a value as an explanation shows it: `7d`, `2026-01-05T09:00:00Z`, `"silent"`, `unknown`."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, timedelta):
        return f"-{format_duration(-value)}" if value < timedelta(0) else format_duration(value)
    if isinstance(value, datetime):
        spec = "microseconds" if value.microsecond else "seconds"
        return value.isoformat(timespec=spec).replace("+00:00", "Z")
    if isinstance(value, str):
        return f'"{value}"'
    return f"[{', '.join(show(item) for item in value)}]" if isinstance(value, tuple) else str(value)
