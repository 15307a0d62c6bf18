"""Metrics: measure what matters, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from engine.documents.kinds import Finding, Look
from engine.documents.words import quoted
from engine.domain.informing import informed_by


def check(look: Look) -> Iterator[Finding]:
    """Yield the metrics that inform nobody."""
    for index, metric in enumerate(look.plan.strategy.metrics):
        if not informed_by(look.plan, metric.name):
            message = f"metric {quoted(metric.name)} informs no goal, no signal, no channel and no rule"
            mend = "Name it in a goal, a signal, a channel's `replies` or a rule's `only`, or stop collecting it."
            yield look.finding("DB115", ("metrics", index), message, mend)
