"""Which subjects a rule judges, as far as the plan alone says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from engine.domain.publication import post_name
from engine.domain.rule import Rule

if TYPE_CHECKING:
    from engine.domain.plan import Plan


def subjects(plan: Plan, rule: Rule, rules: Mapping[str, Rule]) -> list[str]:
    """Return the subjects of a rule as `channel/blog`, `metric/visits`, `source/feed`, `strategy` …

    A subject for which the plan declares no number to judge by is left out. Tasks come and go; they are none of the
    plan's, so a rule `of: task` has none here. `rules` are all rules of the plan by name.
    """
    if rule.unjudged is not None:
        other = rules.get(rule.unjudged.rule)
        return subjects(plan, other, rules) if other is not None and other.unjudged is None else []
    kind, names = _judged_by(plan, rule)
    if kind == "strategy":
        return list(names)
    return [f"{kind}/{name}" for name in names if not rule.only or name in rule.only]


def _judged_by(plan: Plan, rule: Rule) -> tuple[str, Iterable[str]]:
    strategy = plan.strategy
    if rule.cadence is not None:
        bound = rule.cadence.breach
        return "channel", [c.name for c in strategy.channels if c.cadence and getattr(c.cadence, bound)]
    if rule.quiet is not None:
        everywhere = rule.quiet.also_declared
        return "channel", [c.name for c in strategy.channels if everywhere or c.silent_after is None]
    if rule.deadline is not None:
        return _with_a_deadline(plan, rule)
    if rule.pace is not None:
        return "goal", [goal.name for goal in strategy.goals]
    if rule.duplicate is not None:
        several = len(strategy.channels) > 1
        return "channel", [c.name for c in strategy.channels if several]
    return rule.of or "strategy", _of_kind(plan, rule.of or "strategy")


def _with_a_deadline(plan: Plan, rule: Rule) -> tuple[str, Iterable[str]]:
    strategy, deadline = plan.strategy, rule.deadline
    own = deadline is not None and deadline.period is not None
    match deadline.since if deadline else "":
        case "activity":
            return "channel", [c.name for c in strategy.channels if own or c.silent_after is not None]
        case "sample":
            return "metric", [m.name for m in strategy.metrics if own or m.expect_every is not None]
        case "slot":
            return "action", [action.name for action in strategy.actions]
        case "judgement":
            return "strategy", ["strategy"] if plan.by_facts else []
    return "source", plan.sources


def _of_kind(plan: Plan, kind: str) -> Iterable[str]:
    strategy = plan.strategy
    match kind:
        case "strategy":
            return ["strategy"]
        case "channel":
            return [channel.name for channel in strategy.channels]
        case "goal":
            return [goal.name for goal in strategy.goals]
        case "metric":
            return [metric.name for metric in strategy.metrics]
        case "source":
            return list(plan.sources)
        case "person":
            return list(plan.people)
        case "assumption":
            return [assumption.name for assumption in strategy.assumptions]
        case "post":
            return [post_name(action, item.id) for action, items in plan.content.items() for item in items]
    return []
