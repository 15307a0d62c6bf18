"""A back-test over many channels that are known by their posts alone, each by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from engine.domain.rule import Rule
from engine.domain.strategy import Channel
from rules.backtest.clocks import clock_of, episodes_by_clock
from rules.backtest.episodes import Episode
from rules.backtest.histories import History


def bare_channel(name: str) -> Channel:
    """Return a channel about which the plan says nothing. Its real name may be no name of a plan."""
    return Channel.model_construct(name=name, account="")


def unjudgeable(rules: Sequence[Rule], channels: Iterable[Channel], zone: str) -> list[Rule]:
    """Return the rules that can say nothing about any of the channels."""
    kinds = list(channels)
    return [rule for rule in rules if all(clock_of(rule, channel, zone) is None for channel in kinds)]


def episodes_of(rules: Sequence[Rule], channel: Channel, history: History, zone: str) -> Iterator[Episode]:
    """Yield the episodes of every rule that judges the channel, rule by rule, oldest first."""
    for rule in rules:
        clock = clock_of(rule, channel, zone)
        if clock is not None:
            yield from episodes_by_clock(rule, history, clock(history))
