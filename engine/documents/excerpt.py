"""An excerpt of a strategy as a whole plan: what a test of rules need not say is filled in.

Every account is on a platform that takes every post, every metric and every channel that names no source has one, and
all messages go through one notifier.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from engine.documents.effects import effect_problems
from engine.documents.references import strategy_problems
from engine.documents.source import Document, Node, Steps
from engine.documents.validate import validate
from engine.domain.errors import DocumentError
from engine.domain.plan import Plan
from engine.domain.strategy import Strategy
from engine.domain.workspace import Account, NotifierConfig, Person, SourceConfig, Workspace
from rules.packs import merged_rules, merged_signals

NOTIFIER = "people"
_FRAME = {"apiVersion": "drumbeat/v1", "kind": "Strategy", "name": "excerpt", "workspace": "tests"}


def plan_of_excerpt(document: Document, steps: Steps, packs: list[str] | None) -> Plan:
    """Return the plan that the excerpt at `steps` of a document stands for. Raises DocumentError at its places."""
    root = document.node(steps) or document.root
    data = {**_FRAME, "notify": [NOTIFIER], **({"packs": packs} if packs else {}), **root.data}
    filled = replace(document, root=_filled(root, data))
    strategy = validate(filled, Strategy)
    problems = strategy_problems(filled, None)
    if problems:
        raise DocumentError(problems)
    plan = Plan(
        workspace=_workspace(strategy),
        strategy=strategy,
        content={action.name: action.content.items for action in strategy.actions},
        rules=merged_rules(strategy),
        signals=merged_signals(strategy),
    )
    problems = list(effect_problems(filled, plan))
    if problems:
        raise DocumentError(problems)
    return plan


def _filled(root: Node, data: dict[str, Any]) -> Node:
    """Return the excerpt with what it leaves out; the places of what it says stay."""
    for listing, fill in (("channels", _channel), ("metrics", _metric)):
        if isinstance(data.get(listing), list):
            data[listing] = [fill(each) if isinstance(each, dict) else each for each in data[listing]]
    return replace(root, data=data)


def _channel(channel: dict[str, Any]) -> dict[str, Any]:
    return {"account": "account", "activity": f"posts-on-{channel.get('name')}"[:63], **channel}


def _metric(metric: dict[str, Any]) -> dict[str, Any]:
    return {"source": f"values-of-{metric.get('name')}"[:63], **metric}


def _workspace(strategy: Strategy) -> Workspace:
    sources = [*(channel.activity for channel in strategy.channels), *(m.source for m in strategy.metrics)]
    return Workspace.model_validate(
        {
            "apiVersion": "drumbeat/v1",
            "kind": "Workspace",
            "name": "tests",
            "timezone": strategy.timezone or "UTC",
            "people": [Person(name=name) for name in _each(_people(strategy))],
            "accounts": [
                Account(name=name, platform="excerpt") for name in _each(c.account for c in strategy.channels)
            ],
            "notifiers": [NotifierConfig(name=name, kind="log") for name in _each(_notifiers(strategy))],
            "sources": [SourceConfig(name=name, kind="excerpt") for name in _each(sources)],
        }
    )


def _each(names: Iterable[str | None]) -> list[str]:
    return [name for name in dict.fromkeys(names) if name]


def _people(strategy: Strategy) -> Iterable[str | None]:
    yield from (strategy.owner, strategy.deputy)
    yield from (goal.owner for goal in strategy.goals)
    yield from (action.assignee for action in strategy.actions)
    yield from (rule.task.assignee for rule in strategy.rules if rule.task)
    yield from (one.task.assignee for one in strategy.overrides if one.task)
    yield from (name for review in strategy.reviews for name in review.attendees)


def _notifiers(strategy: Strategy) -> Iterable[str]:
    yield from strategy.notify
    yield from (name for rule in strategy.rules for name in rule.notify)
    yield from (name for one in strategy.overrides for name in one.notify or ())
