"""What one evaluation asks of the past: the values of metrics, the posts of channels, and how much of them is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias, TypeVar

from engine.domain.judgement import Circumstances
from engine.domain.past import Series
from engine.domain.plan import Plan
from engine.domain.records import Activity, Sample
from engine.domain.series import BEGINNING

NO_TIME = timedelta(0)
T = TypeVar("T")


class Past:
    """The past of a strategy as it is known at the instant of one evaluation.

    Whoever asks must ask for the same windows whatever is answered: an evaluation is first rehearsed to learn what
    must be read from the store, all at once.
    """

    def __init__(self, plan: Plan, circumstances: Circumstances, series: Series) -> None:
        self.plan, self.circumstances, self.at = plan, circumstances, circumstances.at
        self._series = series
        self._values: dict[tuple[str, timedelta], Sample | None] = {}
        self._found: dict[str, Any] = {}

    def once(self, what: str, find: Callable[[], T]) -> T:
        """Return what `find` gives, computed once in an evaluation."""
        if what not in self._found:
            self._found[what] = find()
        found: T = self._found[what]
        return found

    def value(self, metric: str, ago: timedelta = NO_TIME) -> Sample | None:
        """Return the newest sample of a metric that was true so long ago."""
        key = (metric, ago)
        if key not in self._values:
            self._values[key] = self._series.value_at(metric, self.at - ago)
        return self._values[key]

    def samples(self, metric: str, window: timedelta, ago: timedelta = NO_TIME) -> Sequence[Sample]:
        """Return the samples in the window that ended so long ago, its beginning left out; oldest first."""
        end = self.at - ago
        return self._series.samples(metric, end - window, end)

    def posts(self, channel: str, window: timedelta, ago: timedelta = NO_TIME) -> Sequence[Activity]:
        """Return the posts in the window that ended so long ago, its beginning left out; oldest first."""
        end = self.at - ago
        return self._series.posts(channel, end - window, end)

    def all_posts(
        self, channel: str, window: timedelta, ago: timedelta = NO_TIME
    ) -> Sequence[Activity] | None:
        """Return the posts in the window, or None when there may be others of which nobody knows.

        A window is known from when the channel is watched, and before that as far back as posts were seen.
        """
        found = self.posts(channel, window, ago)
        end = self.at - ago
        since, until = self._watched(channel)
        if until is None or end > until:
            return None
        if since is not None and since <= end - window:
            return found
        return found if self._series.posts(channel, BEGINNING, end - window) else None

    def _watched(self, channel: str) -> tuple[datetime | None, datetime | None]:
        return self.circumstances.watched.get(channel, (None, None))


# A fact that is computed from the past, by the name of its subject; None is unknown.
Computed: TypeAlias = Callable[[Past, str], object]
