"""The facts that a rule of a plan may name: those of its kind of subject, and the plan's signals."""

from __future__ import annotations

from collections.abc import Iterable

from engine.domain.signal import Signal, SignalFunction
from rules.language.schema import Schema
from rules.language.schema_of_facts import schema_for, with_signals
from rules.language.types import INT, NUMBER, Type

_COUNTS = (SignalFunction.COUNT, SignalFunction.COUNT_DISTINCT)


def schema_of(kind: str, signals: Iterable[Signal] = ()) -> Schema:
    """Return the facts of rules `of` this kind, with `signal.<name>` for each signal that such a subject has.

    A signal of `each` channel or metric is there only where channels, or metrics, are judged. Raises KeyError when
    there is no such kind.
    """
    known = [signal for signal in signals if signal.each in {None, kind}]
    return with_signals(schema_for(kind), [(s.name, type_of_signal(s), s.description) for s in known])


def type_of_signal(signal: Signal) -> Type:
    """Return the type of a signal's value."""
    return INT if signal.function in _COUNTS else NUMBER
