"""A rule test made ready to run: instants instead of texts, and for each check the place where it stands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.domain.base import parse_duration
from engine.domain.plan import Plan
from engine.domain.records import Activity, Sample
from engine.domain.wallclock import parse_instant
from rules.testing.model import Expectation
from rules.testing.notation import Mark, Step

Span = tuple[datetime, datetime | None]
_DISTANCE = re.compile(r"\s*(\d+(\.\d+)?\s*[wdhms]\s*)+", re.ASCII)


@dataclass(frozen=True)
class Spot:
    """Where something stands: file, line and column from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Check:
    """What must be so `at` an instant; `subject` is the alert's, for checks of alerts."""

    spot: Spot
    at: datetime
    wanted: Expectation
    subject: str = ""


@dataclass(frozen=True)
class Case:
    """One test: a plan, a world, and checks in the order of time. During an outage a source cannot be read."""

    name: str
    spot: Spot
    plan: Plan
    start: datetime
    checks: tuple[Check, ...]
    posts: Mapping[str, Sequence[Activity]] = field(default_factory=dict)
    samples: Mapping[str, Sequence[Sample]] = field(default_factory=dict)
    outages: Mapping[str, Sequence[Span]] = field(default_factory=dict)
    silent_from: Mapping[str, datetime] = field(default_factory=dict)


def moment_of(text: str, start: datetime, zone: str) -> datetime:
    """Return the instant of `3d` after the start, or of a time in the zone. Raises ValueError with examples."""
    if _DISTANCE.fullmatch(text):
        return start + parse_duration(text)
    try:
        return parse_instant(text, zone)
    except ValueError as error:
        raise ValueError(f"{error}, or as a distance from the start such as 36h or 3d") from None
    except OverflowError:
        raise ValueError(f"{text!r} is too far away; write a nearer time") from None


def samples_at(metric: str, steps: Sequence[Step], start: datetime, every: timedelta) -> list[Sample]:
    """Return the values of a series, one step after the other from the start on."""
    return [
        Sample(metric=metric, at=start + every * place, value=step, seen=start + every * place)
        for place, step in enumerate(steps)
        if not isinstance(step, Mark)
    ]


def outages_at(steps: Sequence[Step], start: datetime, every: timedelta) -> list[Span]:
    """Return from when until when the source of a series cannot be read: from `stale` until the next value."""
    found: list[Span] = []
    since: datetime | None = None
    for place, step in enumerate(steps):
        at = start + every * place
        if step is Mark.STALE:
            since = since or at
        elif since is not None and not isinstance(step, Mark):
            found.append((since, at))
            since = None
    return [*found, (since, None)] if since is not None else found


def posts_at(channel: str, steps: Sequence[Step], start: datetime, every: timedelta) -> list[Activity]:
    """Return so many posts at each step as its number says. Raises ValueError for a number that is no count."""
    found: list[Activity] = []
    for place, step in enumerate(steps):
        if isinstance(step, Mark):
            continue
        if step != int(step) or not 0 <= step <= 1000:  # noqa: PLR2004 - more is a slip of the pen
            raise ValueError(f"{step:g} is no number of posts; write a whole number from 0 to 1000")
        at = start + every * place
        found += [Activity(at=at, ref=f"{channel}-{place}-{number}") for number in range(int(step))]
    return found
