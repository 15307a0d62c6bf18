"""The daily back-test of `rules.backtest.daily`, some hundred times faster, with the very same episodes.

The facts of all days are made at once, column by column; the expressions run compiled together; and the state machine
is only asked on days on which an answer changes: until then an alert is turned by its own clocks alone.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from itertools import accumulate, repeat
from math import inf
from operator import attrgetter
from typing import cast

from engine.domain.channel import Channel
from engine.domain.rule import Rule
from rules.backtest.daily import CONSTANT, constants
from rules.backtest.episodes import Episode
from rules.backtest.histories import History
from rules.backtest.machine import Machine
from rules.backtest.midnights import midnights
from rules.language import Facts, Schema, Value, check, compile_changes
from rules.language.schema_of_facts import schema_for

_WEEK, _FOUR_WEEKS = timedelta(days=7), timedelta(days=28)
Column = Iterable["Value | None"]
Answers = tuple["bool | None", ...]
# No answer at all: other than every answer.
_NEVER = "never"


class Days:
    """The days on which a channel is judged, and how many of its posts had come, or were so old, by each of them."""

    def __init__(self, history: History, zone: str) -> None:
        self.days, self._stamps = midnights(history, zone)
        self._posts = history.posts
        self._made = [post.at.timestamp() for post in history.posts]
        self._known = self._reached(sorted(post.known_at.timestamp() for post in history.posts))
        self._old: dict[timedelta, list[int]] = {}

    def _reached(self, instants: Sequence[float]) -> list[int]:
        """Return for each day how many of the instants, which are in order, had been reached."""
        ahead, number, counts = [*instants, inf], 0, []
        for stamp in self._stamps:
            while ahead[number] <= stamp:
                number += 1
            counts.append(number)
        return counts

    def old(self, age: timedelta) -> list[int]:
        """Return for each day how many of the posts were at least so old."""
        if age not in self._old:
            seconds = age.total_seconds()
            self._old[age] = self._reached([made + seconds for made in self._made])
        return self._old[age]

    def posts(self, window: timedelta) -> Column:
        """Return the posts in the window that ends on each day; unknown as far as it reaches beyond the first post."""
        return _between(self._known, self.old(window))

    def posts_before(self, window: timedelta) -> Column:
        """Return the posts in the window before that one."""
        return _between(self.old(window), self.old(2 * window))

    @cached_property
    def last(self) -> list[datetime]:
        """When the newest post was that is known on each day."""
        in_order_of_knowing = sorted(self._posts, key=attrgetter("known_at"))
        newest = list(accumulate((post.at for post in in_order_of_knowing), max))
        return [newest[known - 1] for known in self._known]

    def silent_for(self) -> Column:
        """Return how long nothing had been posted on each day."""
        return [day - last for day, last in zip(self.days, self.last, strict=True)]


def _between(newer: Sequence[int], older: Sequence[int]) -> Column:
    unknown = bisect_left(older, 1)
    known = zip(newer[unknown:], older[unknown:], strict=True)
    return [None] * unknown + [new - old for new, old in known]


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
        changes = compile_changes([check(text, self._schema) for text in texts])
        self._changes = cast("Callable[[Iterable[Facts]], list[tuple[int, Answers]]]", changes)
        places = {text: place for place, text in enumerate(texts)}
        # A rule without `recover` recovers by its own condition; the state machine does not ask for more.
        self._places = [(places[rule.expr or ""], places[rule.recover or rule.expr or ""]) for rule in rules]
        self._nothing: Sequence[object] = (_NEVER,) * len(texts)

    def episodes(self, channel: Channel, history: History, zone: str) -> Iterator[Episode]:
        """Yield the episodes of all rules on one channel."""
        machines = [Machine(rule, f"channel/{history.channel}") for rule in self._rules]
        days = Days(history, zone)
        before: Sequence[object] = self._nothing
        for place, now in self._changes(self._facts(days, channel, history)):
            for machine, (truth, recovered) in zip(machines, self._places, strict=True):
                if now[truth] is not before[truth] or now[recovered] is not before[recovered]:
                    machine.take(now[truth], now[recovered], days.days[place])
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
