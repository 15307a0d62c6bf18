"""What an evaluation asks of the past, and what it leaves behind: the seam between rules and whoever keeps history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from pydantic import JsonValue

from engine.domain.base import Instant, Model
from engine.domain.records import Activity, DataState, Sample


class Windows(NamedTuple):
    """What an evaluation will ask of the past, so that a store reads it at once; all up to `until`.

    `samples` and `posts` say from which instant on (not included) those of a metric or channel are needed; of posts
    the newest one before is needed too. `values` are the instants at which a metric's value then is needed.
    """

    until: datetime
    samples: Mapping[str, datetime]
    values: frozenset[tuple[str, datetime]]
    posts: Mapping[str, datetime]


class Series(Protocol):
    """The past of one strategy: the values of its metrics, and the posts on its channels. All instants in UTC."""

    def samples(self, metric: str, start: datetime, end: datetime) -> Sequence[Sample]:
        """Return the latest correction of each instant in (start, end], oldest first."""
        ...

    def value_at(self, metric: str, at: datetime) -> Sample | None:
        """Return the newest sample at or before that instant, with its latest correction."""
        ...

    def posts(self, channel: str, start: datetime, end: datetime) -> Sequence[Activity]:
        """Return the posts in (start, end], own and others', each once by its `ref`, oldest first."""
        ...


class Judged(Model):
    """What a rule said of a subject at an instant, and the facts that it rested on, signals included.

    `facts` holds, by their paths, those that were known: instants as ISO texts in UTC, durations as seconds.
    `revision` is that of the plan whose rule it was.
    """

    rule: str
    subject: str
    at: Instant
    truth: bool | None
    data: DataState = DataState.OK
    facts: dict[str, JsonValue] = {}
    revision: int = 0
