"""Signals: what is made of the samples or posts in a window, and how rules may name it.

With fewer values than a function needs the answer is None, which is unknown; never zero. Only posts that are known to
be missing are counted as none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import lru_cache
from math import floor, fsum

from engine.domain.records import Activity, Sample
from engine.domain.signal import Signal, SignalFunction
from engine.domain.wallclock import wall_of
from rules.language.schema import Schema
from rules.language.schema_of_facts import schema_for, with_signals
from rules.language.types import INT, NUMBER, Type
from rules.past import Past

_DAY = timedelta(days=1)
_PREFIX = "signal."
_TWO = 2


def applying(signals: Iterable[Signal], kind: str) -> tuple[Signal, ...]:
    """Return the signals that a rule about such subjects may name."""
    return tuple(signal for signal in signals if signal.each is None or signal.each == kind)


@lru_cache(maxsize=512)
def schema_with(kind: str, signals: tuple[Signal, ...]) -> Schema:
    """Return the facts that a rule of a plan with these signals may name: those of its kind, and `signal.<name>`.

    Raises KeyError when there is no such kind of subject.
    """
    fields = ((signal.name, type_of(signal), meaning(signal)) for signal in applying(signals, kind))
    return with_signals(schema_for(kind), fields)


def type_of(signal: Signal) -> Type:
    """Return the type of what the signal gives."""
    return INT if signal.function in (SignalFunction.COUNT, SignalFunction.COUNT_DISTINCT) else NUMBER


def meaning(signal: Signal) -> str:
    """Say what the signal is, in a sentence."""
    if signal.description:
        return signal.description
    of = signal.metric or signal.channel or f"the {signal.each} that is judged"
    return f"The {signal.function.replace('_', ' ')} of {of} in its window."


def name_of(path: str) -> str | None:
    """Return the name of the signal that a fact's path names, or None when it is another fact."""
    return path.removeprefix(_PREFIX) if path.startswith(_PREFIX) else None


def signal_value(signal: Signal, subject: str, past: Past) -> float | None:
    """Return the signal's value; `subject` is the name of the metric or channel that the rule judges."""
    name = signal.metric or signal.channel or subject
    if not signal.of_posts:
        return of_samples(signal, past.samples(name, signal.window, signal.ago))
    channels = list(past.plan.channels)
    wanted = channels if signal.function is SignalFunction.SHARE else [name]
    posts = {channel: past.all_posts(channel, signal.window, signal.ago) for channel in wanted}
    known = {channel: found for channel, found in posts.items() if found is not None}
    return of_posts(signal, name, known, past.plan.zone) if len(known) == len(posts) else None


def of_samples(signal: Signal, samples: Sequence[Sample]) -> float | None:
    """Return what the signal makes of these samples, which are those of its window, oldest first.

    A change or a rate needs two samples. A percentile lies between its two neighbours in proportion (the inclusive
    method): of one value it is that value.
    """
    if not samples or len(samples) < signal.min_samples:
        return None
    values = [sample.value for sample in samples]
    match signal.function:
        case SignalFunction.CHANGE | SignalFunction.RATE:
            return _movement(signal.function, samples)
        case SignalFunction.SHARE:
            line = signal.above or 0.0
            return sum(value > line for value in values) / len(values)
        case SignalFunction.PERCENTILE:
            return _percentile(values, signal.percentile or 0.0)
    return _OF_VALUES[signal.function](values)


def _mean(values: Sequence[float]) -> float | None:
    total = _sum(values)
    return None if total is None else total / len(values)


def _sum(values: Sequence[float]) -> float | None:
    try:
        return fsum(values)
    except OverflowError:
        return None


_OF_VALUES: dict[SignalFunction, Callable[[Sequence[float]], float | None]] = {
    SignalFunction.SUM: _sum,
    SignalFunction.MEAN: _mean,
    SignalFunction.MIN: min,
    SignalFunction.MAX: max,
    SignalFunction.COUNT: len,
    SignalFunction.COUNT_DISTINCT: lambda values: len(set(values)),
}


def _movement(function: SignalFunction, samples: Sequence[Sample]) -> float | None:
    if len(samples) < _TWO:
        return None
    change = samples[-1].value - samples[0].value
    return change if function is SignalFunction.CHANGE else change / ((samples[-1].at - samples[0].at) / _DAY)


def _percentile(values: Sequence[float], percentile: float) -> float:
    ordered = sorted(values)
    place = (len(ordered) - 1) * percentile / 100
    below = floor(place)
    above = min(below + 1, len(ordered) - 1)
    share = place - below
    return ordered[below] * (1 - share) + ordered[above] * share


def of_posts(signal: Signal, channel: str, posts: dict[str, Sequence[Activity]], zone: str) -> float | None:
    """Return what the signal makes of the posts in its window, by channel; all that were made are there.

    For a share `posts` holds every channel of the strategy; it is unknown where nothing was posted at all.
    """
    own, total = posts[channel], sum(map(len, posts.values()))
    if signal.min_samples > 1 and total < signal.min_samples:
        return None
    match signal.function:
        case SignalFunction.SHARE:
            return len(own) / total if total else None
        case SignalFunction.RATE:
            return len(own) / (signal.window / _DAY)
        case SignalFunction.COUNT_DISTINCT:
            return len({wall_of(zone, post.at).date() for post in own})
    return len(own)
