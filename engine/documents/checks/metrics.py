"""Metrics: measure what matters, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from engine.documents.kinds import Finding, Look
from engine.documents.words import quoted


def check(look: Look) -> Iterator[Finding]:
    """Yield the metrics that inform no goal and no rule.

    A pack's rule that only watches whether values come does not count: it informs nobody about the result.
    """
    strategy = look.plan.strategy
    used = {goal.metric for goal in strategy.goals}
    used |= {
        name
        for rule in strategy.rules
        if rule.deadline and rule.deadline.since == "sample"
        for name in rule.only
    }
    for index, metric in enumerate(strategy.metrics):
        if metric.name not in used:
            message = f"metric {quoted(metric.name)} informs no goal and no rule"
            mend = "Name it in a goal or in a rule's `only`, or stop collecting it."
            yield look.finding("DB115", ("metrics", index), message, mend)
