"""The past of one strategy in memory: what a store has read at once, what a simulation lived through."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import TypeVar

from engine.domain.past import Windows
from engine.domain.records import Activity, Sample

Dated = TypeVar("Dated", Sample, Activity)
# The start of a window without a start.
BEGINNING = datetime.min.replace(tzinfo=UTC)
_at = attrgetter("at")


class MemorySeries:
    """Keeps the Protocol `Series`. What is asked beyond what it was given is answered as if it had not happened."""

    def __init__(
        self,
        samples: Mapping[str, Iterable[Sample]] | None = None,
        posts: Mapping[str, Iterable[Activity]] | None = None,
    ) -> None:
        """Take the samples of each metric, with their corrections, and the posts on each channel, in any order."""
        self._samples = {metric: _corrected(given) for metric, given in (samples or {}).items()}
        self._posts = {channel: _each_once(given) for channel, given in (posts or {}).items()}
        self._refs = {(channel, post.ref) for channel, known in self._posts.items() for post in known}

    def add_sample(self, sample: Sample) -> None:
        """Add a value, or the correction of one."""
        known = self._samples.setdefault(sample.metric, [])
        place = bisect_left(known, sample.at, key=_at)
        if place == len(known) or known[place].at != sample.at:
            known.insert(place, sample)
        elif sample.seen >= known[place].seen:
            known[place] = sample

    def add_post(self, channel: str, post: Activity) -> None:
        """Add a post, unless one with its `ref` is there."""
        if (channel, post.ref) not in self._refs:
            self._refs.add((channel, post.ref))
            known = self._posts.setdefault(channel, [])
            known.insert(bisect_right(known, post.at, key=_at), post)

    def samples(self, metric: str, start: datetime, end: datetime) -> Sequence[Sample]:
        return _within(self._samples.get(metric, ()), start, end)

    def value_at(self, metric: str, at: datetime) -> Sample | None:
        known = self._samples.get(metric, ())
        place = bisect_right(known, at, key=_at)
        return known[place - 1] if place else None

    def posts(self, channel: str, start: datetime, end: datetime) -> Sequence[Activity]:
        return _within(self._posts.get(channel, ()), start, end)


class Asked:
    """Keeps the Protocol `Series` of a strategy without a past, and remembers what it was asked."""

    def __init__(self) -> None:
        self._samples: dict[str, datetime] = {}
        self._values: set[tuple[str, datetime]] = set()
        self._posts: dict[str, datetime] = {}

    def samples(self, metric: str, start: datetime, end: datetime) -> Sequence[Sample]:  # noqa: ARG002 - of the Protocol
        self._samples[metric] = min(start, self._samples.get(metric, start))
        return ()

    def value_at(self, metric: str, at: datetime) -> Sample | None:
        self._values.add((metric, at))
        return None

    def posts(self, channel: str, start: datetime, end: datetime) -> Sequence[Activity]:  # noqa: ARG002 - of the Protocol
        if start != BEGINNING:  # whether there was one before; the newest before a window is read with it
            self._posts[channel] = min(start, self._posts.get(channel, start))
        return ()

    def windows(self, until: datetime) -> Windows:
        """Return what was asked so far."""
        return Windows(until, self._samples, frozenset(self._values), self._posts)


def _within(known: Sequence[Dated], start: datetime, end: datetime) -> Sequence[Dated]:
    return known[bisect_right(known, start, key=_at) : bisect_right(known, end, key=_at)]


def _corrected(given: Iterable[Sample]) -> list[Sample]:
    return list(
        {sample.at: sample for sample in sorted(given, key=lambda each: (each.at, each.seen))}.values()
    )


def _each_once(given: Iterable[Activity]) -> list[Activity]:
    first: dict[str, Activity] = {}
    for post in sorted(given, key=lambda each: (each.at, each.ref)):
        first.setdefault(post.ref, post)
    return list(first.values())
