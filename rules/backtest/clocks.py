"""Rules that become true at an exact instant unless something is posted before: judged over a channel's history.

A clock is the heart's own arithmetic (`engine.domain.momentum`, `engine.domain.quiet`) on what was known after each
post; the alert state machine is the heart's too. Nothing is polled, so an episode is dated to the second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from engine.domain import momentum
from engine.domain.alerts import Verdict, is_active
from engine.domain.channel import Channel
from engine.domain.quiet import HARMFUL_AT_LEAST, NEVER_BEFORE, Rhythm
from engine.domain.records import Activity
from engine.domain.rule import Rule
from rules.backtest.episodes import Episode
from rules.backtest.histories import History, Seen
from rules.backtest.machine import Machine

# No alarm about the rhythm comes earlier, whatever the hour of the post: a tenth of 45 days, less a day. Most
# silences end before.
_NO_THOUGHT = HARMFUL_AT_LEAST * NEVER_BEFORE - timedelta(days=1)


class Stretch(NamedTuple):
    """From one post until the next is known (or the end): when the rule's answer turns, and what it is between.

    `judge` takes an instant and whether the alert is active: the way back may have a line of its own.
    """

    start: datetime
    end: datetime
    last: bool
    turns: tuple[datetime, ...]
    judge: Callable[[datetime, bool], bool]


def clock_of(rule: Rule, channel: Channel, zone: str) -> Callable[[History], Iterator[Stretch]] | None:
    """Return the rule's clock for such a channel; None when the rule has none, or the channel declares no number for it."""
    cadence = channel.cadence
    if rule.quiet is not None:
        declared = momentum.is_promised(channel) and not rule.quiet.also_declared
        return None if declared else lambda history: _quiet(history, zone)
    if rule.deadline is not None and rule.deadline.since == "activity":
        period = rule.deadline.period or channel.silent_after
        patience = None if period is None else period + rule.deadline.grace
        return None if patience is None else lambda history: _deadline(history, patience)
    if rule.cadence is None or cadence is None or getattr(cadence, rule.cadence.breach) is None:
        return None
    return (
        (lambda history: _too_few(history, channel))
        if rule.cadence.breach == "at_least"
        else (lambda history: _too_many(history, channel))
    )


def episodes_by_clock(rule: Rule, history: History, stretches: Iterator[Stretch]) -> Iterator[Episode]:
    """Yield the rule's episodes on the channel, oldest first."""
    machine = Machine(rule, f"channel/{history.channel}")
    for stretch in stretches:
        now: datetime | None = stretch.start
        while now is not None:
            machine.fold(Verdict(stretch.judge(now, is_active(machine))), now)
            now = _next(stretch, now, machine.next_turn())
    yield from machine.episodes()


def _next(stretch: Stretch, now: datetime, own: datetime | None) -> datetime | None:
    """Return the next instant of the stretch at which the answer or the alert turns. At its end the next post wins."""
    turns = [turn for turn in (*stretch.turns, own) if turn is not None and turn > now]
    following = min(turns, default=None)
    if following is None or following > stretch.end or (following == stretch.end and not stretch.last):
        return None
    return following


def _stretches(history: History) -> Iterator[tuple[int, Seen, datetime, bool]]:
    ends = [*(post.known_at for post in history.posts[1:]), history.end]
    last = len(history.posts) - 1
    for index, (post, end) in enumerate(zip(history.posts, ends, strict=True)):
        yield index, post, end, index == last


def _until_due(post: Seen, end: datetime, due: datetime | None, *, last: bool) -> Stretch:
    if due is None:
        return Stretch(post.known_at, end, last, (), lambda _now, _active: False)
    return Stretch(post.known_at, end, last, (due,), lambda now, _active: now >= due)


def _quiet(history: History, zone: str) -> Iterator[Stretch]:
    rhythm = Rhythm(zone=zone)
    for _, post, end, last in _stretches(history):
        rhythm = rhythm.after(post.at)
        soon = end - post.known_at < _NO_THOUGHT
        yield _until_due(post, end, None if soon else rhythm.alarm_at(), last=last)


def _deadline(history: History, patience: timedelta) -> Iterator[Stretch]:
    for _, post, end, last in _stretches(history):
        yield _until_due(post, end, post.at + patience, last=last)


def _too_few(history: History, channel: Channel) -> Iterator[Stretch]:
    recent = _activities(history)
    for index, post, end, last in _stretches(history):
        seen = recent[max(0, index + 1 - momentum.remembered(channel)) : index + 1]
        due = momentum.too_few_at(channel, seen, history.posts[0].at, ())
        yield _until_due(post, end, due, last=last)


def _too_many(history: History, channel: Channel) -> Iterator[Stretch]:
    recent = _activities(history)
    for index, post, end, last in _stretches(history):
        seen = recent[max(0, index + 1 - momentum.remembered(channel)) : index + 1]
        until = momentum.too_many_until(channel, seen)
        if until is None:
            yield _until_due(post, end, None, last=last)
            continue
        calm = momentum.calm_at(channel, until)
        yield Stretch(post.known_at, end, last, (until, calm), _overfed(until, calm))


def _overfed(until: datetime, calm: datetime) -> Callable[[datetime, bool], bool]:
    return lambda now, active: now < (calm if active else until)


def _activities(history: History) -> Sequence[Activity]:
    return [Activity(at=post.at, ref=str(index)) for index, post in enumerate(history.posts)]
