"""Rules and signals: each rule judges something, each signal is read by something."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.documents.kinds import Finding, Look
from engine.documents.source import Steps
from engine.documents.subject_kinds import kind_of
from engine.documents.words import quoted
from engine.domain.rule import Rule

# They come and go, so a rule about them has no subject before there is one.
_PASSING = {"task"}
_SIGNAL = re.compile(r'\bsignal(?:\.([A-Za-z_]\w*)|\["([^"]+)"\])', re.ASCII)
_MEND_OF_DEADLINE = {
    "activity": "Give a channel a `cadence` or `silence`, or the rule a `period`.",
    "sample": "Give a metric `expect_every`, or the rule a `period`.",
}


def check(look: Look) -> Iterator[Finding]:
    """Yield the rules that can never be judged, and the signals that nothing reads."""
    strategy, rules = look.plan.strategy, {rule.name: rule for rule in look.plan.rules}
    own, changed = [rule.name for rule in strategy.rules], [override.name for override in strategy.overrides]
    for listing, names in {"rules": own, "overrides": changed}.items():
        for index, name in enumerate(names):
            rule = rules.get(name)
            if rule is not None and rule.enabled and not _has_subjects(look, rule):
                steps: Steps = (listing, index)
                message = f"rule {quoted(rule.name)} judges nothing: the plan has no subject for it"
                yield look.finding("DB161", steps, message, _mend(rule))
    read = _read_signals(look)
    for index, signal in enumerate(strategy.signals):
        if signal.name not in read:
            message = f"no rule and no assumption reads signal {quoted(signal.name)}"
            mend = f"Read it as signal.{signal.name} in a condition, or remove it."
            yield look.finding("DB162", ("signals", index), message, mend)


def _has_subjects(look: Look, rule: Rule) -> bool:
    return rule.of in _PASSING or any(judged.name == rule.name for judged, _ in look.plan.judged)


def _mend(rule: Rule) -> str:
    if rule.quiet is not None:
        return "Every channel declares how long it may be silent; write `quiet: {also_declared: true}` to judge it all the same."
    if rule.cadence is not None:
        return f"Give a channel `cadence.{rule.cadence.breach}`, or remove the rule."
    if rule.duplicate is not None:
        return "Repeated texts need a second channel; remove the rule until there is one."
    if rule.deadline is not None and rule.deadline.since in _MEND_OF_DEADLINE:
        return _MEND_OF_DEADLINE[rule.deadline.since]
    kind = kind_of(rule)
    return f"Add a {kind}, or remove the rule." if kind else "Remove the rule."


def _read_signals(look: Look) -> set[str]:
    texts = [assumption.holds for assumption in look.plan.strategy.assumptions]
    for rule in look.plan.rules:
        texts += [text for text in (rule.expr, rule.recover) if text]
        texts += [one.when for one in rule.severities]
    return {plain or odd for text in texts for plain, odd in _SIGNAL.findall(text)}
