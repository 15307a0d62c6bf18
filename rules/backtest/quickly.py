"""The daily back-test of `rules.backtest.daily`, some hundred times faster, with the very same episodes.

The facts of all days are made at once, column by column; the expressions run compiled together; and the state machine
is only asked on days on which an answer changes: until then an alert is turned by its own clocks alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import repeat
from typing import cast

from engine.domain.channel import Channel
from engine.domain.rule import Rule
from rules.backtest.columns import COLUMNS, Column, Days
from rules.backtest.daily import CONSTANT, constants
from rules.backtest.episodes import Episode
from rules.backtest.histories import History
from rules.backtest.machine import Machine
from rules.language import Schema, check, compile_changes
from rules.language.schema_of_facts import schema_for

QUICK = CONSTANT | COLUMNS.keys()
# A day's place, what the rule says from there on, and what its `recover` says.
Change = tuple[int, "bool | None", "bool | None"]


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
        checked = {text: check(text, self._schema) for text in texts}
        # A rule without `recover` recovers by its own condition; the state machine does not ask for more.
        pairs = [(checked[rule.expr or ""], checked[rule.recover or rule.expr or ""]) for rule in rules]
        # Every expression is a condition, so every answer is true, false or unknown.
        self._changes = cast("Callable[[Iterable[Column]], Sequence[list[Change]]]", compile_changes(pairs))

    def episodes(self, channel: Channel, history: History, zone: str) -> Iterator[Episode]:
        """Yield the episodes of all rules on one channel."""
        days = Days(history, zone)
        changes = self._changes(self._columns(days, channel, history))
        for rule, changes_of_rule in zip(self._rules, changes, strict=True):
            machine = Machine(rule, f"channel/{history.channel}")
            for place, truth, recovered in changes_of_rule:
                machine.take(truth, recovered, days.days[place])
            machine.wait_until(history.end)
            yield from machine.episodes()

    def _columns(self, days: Days, channel: Channel, history: History) -> list[Column]:
        fixed = constants(channel, history)
        return [
            COLUMNS[path](days) if path in COLUMNS else repeat(fixed[path]) for path in self._schema.paths
        ]
