"""The daily back-test of `rules.backtest.daily`, some hundred times faster, with the very same episodes.

The facts of all days are made at once, column by column; the expressions run compiled together; and the state machine
is only asked on days on which an answer changes: until then an alert is turned by its own clocks alone.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from itertools import accumulate, chain, groupby, islice, repeat
from operator import attrgetter, itemgetter, sub
from typing import cast

from engine.domain.channel import Channel
from engine.domain.rule import Rule
from rules.backtest.daily import CONSTANT, constants, days_of
from rules.backtest.episodes import Episode
from rules.backtest.histories import History
from rules.backtest.machine import Machine
from rules.language import Facts, Schema, Value, check, compile_together
from rules.language.schema_of_facts import schema_for

_WEEK, _FOUR_WEEKS = timedelta(days=7), timedelta(days=28)
Column = Iterable["Value | None"]
Answers = tuple["bool | None", ...]
# No answer at all: other than every answer.
_NEVER = "never"
_ANSWERS = itemgetter(1)


class Days:
    """The days on which a channel is judged, and how many of its posts had come, or were so old, by each of them."""

    def __init__(self, history: History, zone: str) -> None:
        self.days = days_of(history, zone)
        self._history = history
        self._known = self._cumulated([bisect_left(self.days, post.known_at) for post in history.posts])
        self._old: dict[timedelta, list[int]] = {}

    def _cumulated(self, places: Iterable[int]) -> list[int]:
        """Return for each day how many of the places were reached by then."""
        counts = [0] * (len(self.days) + 1)
        for place in places:
            counts[place] += 1
        return list(accumulate(counts[:-1]))

    def old(self, age: timedelta) -> list[int]:
        """Return for each day how many of the posts were at least so old."""
        if age not in self._old:
            days, place, places = self.days, 0, []
            # The posts are in the order of time: each is looked for from the one before on.
            for post in self._history.posts:
                place = bisect_left(days, post.at + age, place)
                places.append(place)
            self._old[age] = self._cumulated(places)
        return self._old[age]

    def posts(self, window: timedelta) -> Column:
        """Return the posts in the window that ends on each day; unknown as far as it reaches beyond the first post."""
        return self._between(self._known, self.old(window))

    def posts_before(self, window: timedelta) -> Column:
        """Return the posts in the window before that one."""
        return self._between(self.old(window), self.old(2 * window))

    @staticmethod
    def _between(newer: Sequence[int], older: Sequence[int]) -> Column:
        unknown = bisect_left(older, 1)
        known = map(sub, islice(newer, unknown, None), islice(older, unknown, None))
        return chain(repeat(None, unknown), known)

    @cached_property
    def last(self) -> list[datetime]:
        """When the newest post was that is known on each day."""
        in_order_of_knowing = sorted(self._history.posts, key=attrgetter("known_at"))
        newest = list(accumulate((post.at for post in in_order_of_knowing), max))
        return list(map([newest[0], *newest].__getitem__, self._known))

    def silent_for(self) -> Column:
        """Return how long nothing had been posted on each day."""
        return map(sub, self.days, self.last)


_COLUMNS: Mapping[str, Callable[[Days], Column]] = {
    "now": lambda days: days.days,
    "channel.last_post_at": lambda days: days.last,
    "channel.silent_for": Days.silent_for,
    "channel.posts_7d": lambda days: days.posts(_WEEK),
    "channel.posts_28d": lambda days: days.posts(_FOUR_WEEKS),
    "channel.posts_previous_28d": lambda days: days.posts_before(_FOUR_WEEKS),
}
QUICK = CONSTANT | _COLUMNS.keys()


class Quickly:
    """Rules about channels, compiled once, for any number of channels."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """Compile the rules, whose facts are all of `QUICK`. Raises LanguageError for a wrong expression."""
        self._rules = tuple(rules)
        texts = list(dict.fromkeys(text for rule in rules for text in (rule.expr, rule.recover) if text))
        declared = schema_for("channel")
        # Only the facts that are named, so that a day is a short tuple; and `now`, so that there is one in any case.
        paths = dict.fromkeys(["now", *(name for text in texts for name in check(text, declared).facts)])
        self._schema = Schema(declared[path] for path in paths)
        # Every expression is a condition, so every answer is true, false or unknown.
        judge = compile_together([check(text, self._schema) for text in texts])
        self._judge = cast("Callable[[Facts], Answers]", judge)
        places = {text: place for place, text in enumerate(texts)}
        # A rule without `recover` recovers by its own condition; the state machine does not ask for more.
        self._places = [(places[rule.expr or ""], places[rule.recover or rule.expr or ""]) for rule in rules]
        self._nothing: Sequence[object] = (_NEVER,) * len(texts)

    def episodes(self, channel: Channel, history: History, zone: str) -> Iterator[Episode]:
        """Yield the episodes of all rules on one channel."""
        machines = [Machine(rule, f"channel/{history.channel}") for rule in self._rules]
        days = Days(history, zone)
        answers = map(self._judge, self._facts(days, channel, history))
        before: Sequence[object] = self._nothing
        # One run for each stretch of days with the same answers; nothing is kept of the days between.
        for now, run in groupby(zip(days.days, answers, strict=True), key=_ANSWERS):
            day, _ = next(run)
            for machine, (truth, recovered) in zip(machines, self._places, strict=True):
                if now[truth] is not before[truth] or now[recovered] is not before[recovered]:
                    machine.take(now[truth], now[recovered], day)
            before = now
        for machine in machines:
            machine.wait_until(history.end)
            yield from machine.episodes()

    def _facts(self, days: Days, channel: Channel, history: History) -> Iterable[tuple[Value | None, ...]]:
        fixed = constants(channel, history)
        return zip(
            *(
                _COLUMNS[path](days) if path in _COLUMNS else repeat(fixed[path])
                for path in self._schema.paths
            ),
            strict=False,
        )
