"""What one of the ready conditions finds out about a subject."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import JsonValue

from engine.domain.records import DataState


class Finding(NamedTuple):
    """Whether the condition is true (None: cannot be told), one sentence for people, and the values behind it."""

    truth: bool | None
    because: str
    evidence: dict[str, JsonValue]

    @property
    def data(self) -> DataState:
        """Return whether it could be judged."""
        return DataState.UNKNOWN if self.truth is None else DataState.OK
