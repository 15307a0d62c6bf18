"""Which subjects a rule judges."""

from __future__ import annotations

from collections.abc import Iterable

from engine.domain.rule import Rule
from engine.domain.strategy import Strategy


def subjects(strategy: Strategy, sources: Iterable[str], rule: Rule) -> list[str]:
    """Return the subjects of a rule as `channel/blog`, `metric/visits` or `source/feed`.

    A subject for which the plan declares no number to judge by is left out.
    """
    if rule.cadence is not None:
        bound = rule.cadence.breach
        names = [c.name for c in strategy.channels if c.cadence and getattr(c.cadence, bound) is not None]
        kind = "channel"
    elif rule.deadline is not None and rule.deadline.since == "activity":
        own = rule.deadline.period is not None
        names = [c.name for c in strategy.channels if own or c.silent_after is not None]
        kind = "channel"
    elif rule.deadline is not None and rule.deadline.since == "sample":
        own = rule.deadline.period is not None
        names = [m.name for m in strategy.metrics if own or m.expect_every is not None]
        kind = "metric"
    else:
        names, kind = list(sources), "source"
    return [f"{kind}/{name}" for name in names if not rule.only or name in rule.only]
