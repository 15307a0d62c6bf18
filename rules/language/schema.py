"""Which facts there are: their paths, types and meaning; and how values become their tuple."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from engine.domain.base import format_duration
from rules.language.errors import FactsError, did_you_mean
from rules.language.grammar import KEYWORDS
from rules.language.syntax import Facts, Value
from rules.language.trusting import plain, reader
from rules.language.types import Type

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
        self._readers = {
            field.path: (slot, *plain(field.type), reader(field.type))
            for slot, field in enumerate(self.fields)
        }

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

    def facts(self, values: Mapping[str, Any]) -> Facts:
        """Return the facts tuple for these values by path; what is not given, None, NaN or beyond limits is unknown.

        Instants become UTC. Raises FactsError when a path is not declared or a value is of another type: that is
        a mistake of the program, never of the data.
        """
        known: list[Value | None] = list(self._all_unknown)
        readers = self._readers
        for path, value in values.items():
            try:
                slot, usual, low, high, read = readers[path]
            except KeyError:
                raise FactsError(
                    f"{path} is no declared fact. {did_you_mean(path, self.slots)}".rstrip()
                ) from None
            if type(value) is usual and low <= value <= high:
                known[slot] = value
            else:
                known[slot] = read(value, path)
        return tuple(known)

    def trusted(self, path: str, value: Any) -> Value | None:
        """Return the value of one declared fact as the language keeps it; see `facts`."""
        _, usual, low, high, read = self._readers[path]
        if type(value) is usual and low <= value <= high:
            kept: Value = value
            return kept
        return read(value, path)


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
