"""A plan as a back-test lives by it: its rules over posts and values that there were, while it does nothing itself."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from engine.domain.channel import Channel
from engine.domain.plan import Plan
from engine.domain.rule import Rule
from engine.domain.schedule import Schedule
from engine.domain.strategy import Action
from engine.domain.workspace import SourceConfig
from rules.language import parse
from rules.language.syntax import fact_names

# A wall time before every history: a schedule that never comes again keeps its blackouts and does nothing.
_LONG_AGO = datetime(1970, 1, 2)  # noqa: DTZ001 - wall times have no zone
_EVERY = timedelta(hours=1)
_UNTOLD = frozenset(
    {
        "channel.next_slot_at",
        "channel.slots_ahead",
        "channel.content_ready",
        "channel.paused",
        "channel.credential_expires_at",
        "metric.informs",
        "strategy.open_tasks",
        "strategy.overdue_tasks",
        "strategy.last_review_at",
        "strategy.last_created_at",
        "strategy.last_listened_at",
        "strategy.paused",
        "strategy.revised_at",
    }
)
_UNTOLD_SUBJECTS = ("task", "post", "source", "person")


def unfit_for_history(rule: Rule) -> str:
    """Return why a history of posts and values cannot tell what the rule says; empty where it can."""
    if rule.deadline is not None and rule.deadline.since in ("slot", "reading", "judgement"):
        return f"it rests on the {rule.deadline.since}s of the engine, and the history holds posts and values only"
    if rule.of in _UNTOLD_SUBJECTS:
        return f"it judges each {rule.of}, and the history holds posts and values only"
    untold = sorted(facts_named(rule) & _UNTOLD)
    return f"it rests on {', '.join(untold)}, which no history of posts and values holds" if untold else ""


def replayed(plan: Plan, wanted: Collection[str]) -> Plan:
    """Return the plan with actions that never come and every channel seen, and of its rules those that are wanted.

    Rules that change channels by themselves stay as well, because others see what they did; those that history cannot
    tell do not.
    """
    name = _free_name(plan)
    strategy = plan.strategy.model_copy(
        update={
            "actions": tuple(_at_rest(action) for action in plan.strategy.actions),
            "channels": tuple(_seen(channel, name) for channel in plan.strategy.channels),
            "reviews": (),
            # Of the plan as it is: the source that is added below would make it judge more often.
            "judge_every": plan.judge_every,
        }
    )
    source = SourceConfig(name=name, kind="csv", every=_EVERY)
    workspace = plan.workspace.model_copy(update={"sources": (*plan.workspace.sources, source)})
    rules = tuple(
        rule.model_copy(update={"enabled": rule.enabled and _takes_part(rule, wanted)}) for rule in plan.rules
    )
    # Made anew and not copied: a copy would keep what the plan has worked out about itself.
    return Plan(
        workspace=workspace, strategy=strategy, content=plan.content, rules=rules, signals=plan.signals
    )


def facts_named(rule: Rule, *, severities: bool = True) -> frozenset[str]:
    """Return the facts that a rule's expressions read, with or without those that only say how much it matters."""
    texts = [text for text in (rule.expr, rule.recover) if text]
    texts += [one.when for one in rule.severities] if severities else []
    return frozenset(name for text in texts for name in fact_names(parse(text)))


def _takes_part(rule: Rule, wanted: Collection[str]) -> bool:
    changes = rule.pause is not None or rule.adjust is not None
    return (rule.name in wanted or changes) and not unfit_for_history(rule)


def _free_name(plan: Plan) -> str:
    name, taken = "history", {source.name for source in plan.workspace.sources}
    while name in taken:
        name += "-"
    return name


def _at_rest(action: Action) -> Action:
    schedule = Schedule(
        dates=(_LONG_AGO,), timezone=action.schedule.timezone, blackout=action.schedule.blackout
    )
    return action.model_copy(update={"schedule": schedule})


def _seen(channel: Channel, source: str) -> Channel:
    return channel if channel.activity else channel.model_copy(update={"activity": source})
