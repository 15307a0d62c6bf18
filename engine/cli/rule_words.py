"""A rule's condition in words, for people who read a list of rules."""

from __future__ import annotations

from engine.domain.rule import Rule
from engine.domain.words import span

_SINCE = {
    "activity": "post",
    "sample": "value",
    "reading": "reading",
    "slot": "outcome of a due slot",
    "judgement": "judgement of the rules that rest on facts",
}


def condition(rule: Rule) -> str:
    """Say in one line when the rule is true, and for how long it must be."""
    text = _shape(rule)
    if rule.for_:
        text += f", for {span(rule.for_)}"
    return text


def _shape(rule: Rule) -> str:
    if rule.deadline is not None:
        period = span(rule.deadline.period) if rule.deadline.period else "as long as the plan says"
        grace = f" and {span(rule.deadline.grace)}" if rule.deadline.grace else ""
        return f"no {_SINCE[rule.deadline.since]} for {period}{grace}"
    if rule.cadence is not None:
        return "fewer posts than planned" if rule.cadence.breach == "at_least" else "more posts than planned"
    if rule.quiet is not None:
        return "quiet against its own rhythm"
    if rule.pace is not None:
        windows = " and ".join(span(window) for window in rule.pace.windows)
        return f"behind its curve, less than {rule.pace.below:.0%} of the planned way in {windows}"
    if rule.duplicate is not None:
        return f"nearly the same text on several channels within {span(rule.duplicate.within)}"
    if rule.unjudged is not None:
        return f"{rule.unjudged.rule} cannot be judged"
    return rule.expr or ""
