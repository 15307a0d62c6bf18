"""Expressions in a plan, checked before anything runs: a mistake is a problem at its very character in the file.

Judged on the plain data, so that a plan with a wrong number elsewhere still has its expressions checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from engine.documents.naming import groups
from engine.documents.packed import packs_of
from engine.documents.source import Document, Steps
from engine.documents.subject_kinds import KINDS, kind_judged
from engine.documents.validate import describe
from engine.documents.written import place_within
from engine.domain.errors import Problem
from engine.domain.signal import Signal, SignalFunction
from rules.language import Fault, LanguageError, check
from rules.language.schema_of_facts import schema_for
from rules.signals import schema_with

_MEND = "docs/reference/rule-language.md lists every fact, function and sign."


def expression_problems(strategy: Document) -> Iterator[Problem]:
    """Yield every mistake in the expressions of a strategy's rules and assumptions."""
    signals = _signals(strategy)
    for steps, rule in groups(strategy, "rules/*"):
        kind = kind_judged(rule)
        if not kind:
            continue
        if "expr" in rule:
            yield from _mistakes(strategy, (*steps, "expr"), kind, signals)
            yield from _mistakes(strategy, (*steps, "recover"), kind, signals)
        yield from _severities(strategy, steps, rule, kind, signals)
    for steps, _ in groups(strategy, "assumptions/*"):
        yield from _mistakes(strategy, (*steps, "holds"), "strategy", signals)


# Conditions that are judged from facts, so that others can be looked at beside them.
_FROM_FACTS = frozenset({"expr", "pace", "duplicate"})


def _severities(
    strategy: Document, steps: Steps, rule: dict[str, Any], kind: str, signals: Sequence[Signal]
) -> Iterator[Problem]:
    listed = rule.get("severities")
    if not isinstance(listed, list) or not listed:
        return
    if not _FROM_FACTS & rule.keys():
        message = f"{describe(strategy, (*steps, 'severities'))}: a rule with a clock is judged between two looks at facts, at its very instant"
        mend = "Write the condition as `expr`, or make a second rule with a longer period and the other severity."
        yield strategy.problem((*steps, "severities"), message, mend, key=True)
        return
    for index, _ in enumerate(listed):
        yield from _mistakes(strategy, (*steps, "severities", index, "when"), kind, signals)


def _mistakes(strategy: Document, steps: Steps, kind: str, signals: Sequence[Signal]) -> Iterator[Problem]:
    node = strategy.node(steps)
    if node is None or not isinstance(node.data, str) or not node.data.strip():
        return
    text = node.data.strip()
    try:
        check(text, schema_with(kind, signals))
    except LanguageError as error:
        for fault in error.faults:
            mend = fault.hint or _elsewhere(text[fault.start : fault.end], kind, signals) or _MEND
            yield _problem(strategy, steps, text, fault, mend)


def _elsewhere(fact: str, kind: str, signals: Sequence[Signal]) -> str:
    """Say where a fact is to be had that rules about this kind of subject do not have."""
    group, _, name = fact.partition(".")
    signal = next(
        (s for s in signals if group == "signal" and s.name == name and s.each not in {None, kind}), None
    )
    if signal is not None:
        return f"It is a signal of each {signal.each}, and here a {kind} is judged; give it a `metric` or a `channel`."
    if group in KINDS - {"strategy", kind} and fact in schema_for(group):
        return f"That is a fact of a {group}, and here a {kind} is judged; a signal can stand in for it."
    return ""


def _problem(strategy: Document, steps: Steps, text: str, fault: Fault, mend: str) -> Problem:
    place = place_within(strategy, steps, text, fault.start)
    message = f"{describe(strategy, steps)}: {fault.message}"
    return Problem(strategy.file, place.line, place.column, message, mend, fault.excerpt(text))


def _signals(strategy: Document) -> tuple[Signal, ...]:
    """Return the signals as far as their names and types need them; what is wrong with them is said elsewhere."""
    found = {signal.name: signal for pack in packs_of(strategy) for signal in pack.signals}
    for _, data in groups(strategy, "signals/*"):
        name = data.get("name")
        if isinstance(name, str) and not set(name) & set('."\\\n'):
            found[name] = _signal(name, data)
    return tuple(found.values())


def _signal(name: str, data: dict[str, Any]) -> Signal:
    """Return the signal; one with a mistake of its own counts as a number that every rule may read."""
    try:
        return Signal.model_validate(data, by_alias=True, by_name=False)
    except ValidationError:
        return Signal.model_construct(name=name, function=SignalFunction.MEAN, window=timedelta(days=1))
