"""What an edit of rules leaves to be told anew: which alerts rest on something else now, and how history has them stand.

An alert's clocks (`for`, `keep_firing_for`, since when it fires) belong to the rule that set them. When the rule becomes
another one, the alert must stand as if that rule had been there all along; what people know of it stays theirs.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from engine.domain.base import Model, Name
from engine.domain.plan import Plan
from engine.domain.quiet import Rhythm
from engine.domain.records import Alert
from engine.domain.rule import CONDITIONS, Rule

# What decides whether a rule is true and when its alert turns; the rest is about words, people and effects.
_JUDGED_BY = frozenset({*CONDITIONS, "of", "recover", "for_", "keep_firing_for"})


class Rebuilt(Model):
    """How alerts stand by history under the new revision, calm ones included, and the rhythms of their channels.

    Of an alert that is not here history cannot tell, or nothing changed that it rests on: it lives on as it is.
    """

    alerts: tuple[Alert, ...] = ()
    rhythms: dict[Name, Rhythm] = {}


def changed(before: Plan, after: Plan) -> list[tuple[Rule, str]]:
    """Return the rules of `after`, each with a subject, that judge otherwise than in `before` or did not judge it at all."""
    old = {f"{rule.name}@{subject}": _rests_on(before, rule, subject) for rule, subject in before.judged}
    return [
        (rule, subject)
        for rule, subject in after.judged
        if _rests_on(after, rule, subject) != old.get(f"{rule.name}@{subject}")
    ]


def _rests_on(plan: Plan, rule: Rule, subject: str) -> tuple[JsonValue, ...]:
    """Return everything in the plan that decides what the rule says of the subject."""
    other = next((one for one in plan.rules if rule.unjudged and one.name == rule.unjudged.rule), None)
    below = _rests_on(plan, other, subject) if other is not None and other.unjudged is None else ()
    signals = [one.model_dump(mode="json") for one in plan.signals] if rule.expr else []
    return (
        rule.model_dump(mode="json", include=set(_JUDGED_BY)),
        _declared(plan, subject),
        list(signals),
        *below,
    )


def _declared(plan: Plan, subject: str) -> JsonValue:
    kind, _, name = subject.partition("/")
    declared: Mapping[str, Mapping[str, Model]] = {
        "channel": plan.channels,
        "metric": plan.metrics,
        "goal": {goal.name: goal for goal in plan.strategy.goals},
        "assumption": {one.name: one for one in plan.strategy.assumptions},
    }
    found = declared.get(kind, {}).get(name)
    return found.model_dump(mode="json") if found is not None else None
