"""What a metric is good for: the goals, signals, channels and rules that rest on its values."""

from __future__ import annotations

from engine.domain.plan import Plan


def informed_by(plan: Plan, metric: str) -> list[str]:
    """Return what rests on a metric's values, as `goal/visitors`, `signal/visits_week`, `channel/blog`, `rule/VisitsFall`.

    A rule of a pack that judges every metric alike does not count: it informs nobody about the result.
    """
    strategy, subject = plan.strategy, f"metric/{metric}"
    own = {rule.name for rule in strategy.rules}
    judging = (rule for rule in plan.rules_of.get(subject, ()) if rule.name in own)
    return [
        *(f"goal/{goal.name}" for goal in strategy.goals if goal.metric == metric),
        *(f"signal/{signal.name}" for signal in plan.signals if signal.metric == metric),
        *(
            f"channel/{channel.name}"
            for channel in strategy.channels
            if channel.replies and channel.replies.metric == metric
        ),
        *(f"rule/{rule.name}" for rule in judging if metric in rule.only or rule.is_evaluated),
    ]
