"""A back-test over many channels that are known by their posts alone, each by itself.

Rules that have a clock are judged to the second, expressions about channels once a day at midnight.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from engine.domain.channel import Channel
from engine.domain.rule import Rule
from engine.domain.signal import Signal, SignalFunction
from rules.backtest.clocks import clock_of, episodes_by_clock
from rules.backtest.daily import CONSTANT, OF_POSTS, carefully
from rules.backtest.episodes import Episode
from rules.backtest.histories import History
from rules.backtest.quickly import QUICK, Quickly
from rules.backtest.replayed import facts_named


def bare_channel() -> Channel:
    """Return a channel about which no plan says anything."""
    return Channel(name="channel", account="account")


class Many:
    """Rules made ready to judge any number of channels, each by itself, in one zone."""

    def __init__(self, rules: Sequence[Rule], signals: Sequence[Signal], zone: str) -> None:
        """Take the rules and sort them by how they are judged. Raises LanguageError for a wrong expression."""
        self._zone = zone
        self._rules = tuple(rules)
        self._signals = {signal.name: signal for signal in signals}
        expressions = [rule for rule in rules if rule.of == "channel" and self._unknown(rule) == ()]
        self._quick = [rule for rule in expressions if facts_named(rule, severities=False) <= QUICK]
        self._careful = [rule for rule in expressions if rule not in self._quick]
        self._quickly = Quickly(self._quick) if self._quick else None

    def unfit(self, rule: Rule, channels: Iterable[Channel]) -> str:
        """Return why a rule can say nothing about any of the channels; empty where it can."""
        if rule in self._quick or rule in self._careful:
            return ""
        if rule.of == "channel":
            return f"it rests on {', '.join(self._unknown(rule))}, which the dates of posts do not tell"
        if any(clock_of(rule, channel, self._zone) for channel in channels):
            return ""
        return "it cannot be judged from the dates of posts alone"

    def _unknown(self, rule: Rule) -> tuple[str, ...]:
        return tuple(sorted(path for path in facts_named(rule, severities=False) if not self._is_known(path)))

    def _is_known(self, path: str) -> bool:
        group, _, name = path.partition(".")
        if group == "signal":
            signal = self._signals.get(name)
            return (
                signal is not None
                and signal.each == "channel"
                and signal.function is not SignalFunction.SHARE
            )
        return path in CONSTANT or path in OF_POSTS

    def episodes(self, channel: Channel, history: History) -> Iterator[Episode]:
        """Yield the episodes of every rule that judges the channel, of each rule the oldest first."""
        for rule in self._rules:
            clock = clock_of(rule, channel, self._zone)
            if clock is not None:
                yield from episodes_by_clock(rule, history, clock(history))
        if self._quickly is not None:
            yield from self._quickly.episodes(channel, history, self._zone)
        if self._careful:
            signals = tuple(self._signals.values())
            yield from carefully(self._careful, signals, channel, history, self._zone)
