"""The facts of a channel on all its days at once: one column for each fact, with a value for each day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from itertools import accumulate, chain, repeat
from operator import sub

from rules.backtest.histories import History
from rules.backtest.midnights import AT_ONCE, EIGHT_WEEKS, FOUR_WEEKS, WEEK, calendar_of
from rules.language import Value

Column = Iterable["Value | None"]


class Days:
    """The days on which a channel is judged, and on which of them its posts became known, or grew so old.

    Each post is looked up in the calendar once; the columns are made of what changes on a day, not day by day. A post
    becomes known in less than a week, as one that is dated to a day does at its end: so it is not old before.
    """

    def __init__(self, history: History, zone: str) -> None:
        self._calendar, self._judged = calendar_of(history, zone)
        self.days = self._calendar.days[self._judged]
        self._made = [post.at for post in history.posts]
        self._places = self._calendar.places(self._made)
        known = self._calendar.places([post.known_at for post in history.posts])
        self._known = self._first_days(AT_ONCE, known)

    def _first_days(self, age: timedelta, places: Sequence[int]) -> list[int]:
        """Return for what comes at such places among the instants on which day of the calendar it is so old."""
        return list(map(self._calendar.first_days[age].__getitem__, places))

    def posts(self, window: timedelta) -> Column:
        """Return the posts in the window that ends on each day; unknown as far as it reaches beyond the first post."""
        return self._between(self._known, self._first_days(window, self._places))

    def posts_previous_28d(self) -> Column:
        """Return the posts in the four weeks before the last four."""
        coming, going = (self._first_days(age, self._places) for age in (FOUR_WEEKS, EIGHT_WEEKS))
        return self._between(coming, going)

    def _between(self, coming: Sequence[int], going: Sequence[int]) -> Column:
        """Return for each day how many posts had come and not gone; unknown before the first, the oldest, goes."""
        steps = [0] * (len(self._calendar.days) + 1)
        for day in coming:
            steps[day] += 1
        for day in going:
            steps[day] -= 1
        counts: list[int | None] = list(accumulate(steps[: self._judged.stop]))
        counts[: going[0]] = repeat(None, going[0])
        return counts[self._judged]

    @cached_property
    def last(self) -> Sequence[datetime]:
        """When the newest post was that is known on each day."""
        since = self._known
        if since != sorted(since):
            # A post that becomes known after a newer one is never the newest.
            since = list(accumulate(reversed(since), min))[::-1]
        lengths = map(sub, [*since[1:], self._judged.stop], [0, *since[1:]])
        return list(chain.from_iterable(map(repeat, self._made, lengths)))[self._judged]

    def silent_for(self) -> Column:
        """Return how long nothing had been posted on each day."""
        return list(map(sub, self.days, self.last))


COLUMNS: Mapping[str, Callable[[Days], Column]] = {
    "now": lambda days: days.days,
    "channel.last_post_at": lambda days: days.last,
    "channel.silent_for": Days.silent_for,
    "channel.posts_7d": lambda days: days.posts(WEEK),
    "channel.posts_28d": lambda days: days.posts(FOUR_WEEKS),
    "channel.posts_previous_28d": Days.posts_previous_28d,
}
