"""Circumstances: what the heart's own memory says about the subjects of rules, as facts by their path.

Facts that follow from the history of samples and posts are added by the evaluation (`rules.facts`). Here is what only
the heart knows. Facts that no expression of the plan names are left out, to keep histories small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from enum import Enum

from pydantic import JsonValue

from engine.domain import alerts, goals
from engine.domain.aims import Goal
from engine.domain.informing import informed_by
from engine.domain.judgement import Circumstances, Facts
from engine.domain.lifecycle import knowing
from engine.domain.lifecycle.channel_facts import Known, is_paused, of_channel, own
from engine.domain.lifecycle.post_facts import of_posts
from engine.domain.lifecycle.state import Draft
from engine.domain.records import AlertState, DataState, Task
from engine.domain.strategy import ActivityKind


def circumstances(draft: Draft, t: datetime) -> Circumstances:
    """Return what rules may need to know of the strategy and of every subject that they judge."""
    calm = (AlertState.INACTIVE, AlertState.RESOLVED)
    evaluated = [alert for alert in draft.alerts.values() if alert.rule in draft.plan.by_facts]
    standing = {alert.id: alert.state for alert in evaluated if alert.state not in calm}
    unjudged = {alert.id: alert.data for alert in evaluated if alert.data is not DataState.OK}
    kinds = {rule.of or "" for rule in draft.plan.by_facts.values()}
    if any(rule.pace for rule in draft.plan.by_facts.values()):
        kinds.add("goal")
    facts = {"strategy": _facts(draft, _strategy(draft, t))}
    for kind, (names, describe) in _KINDS.items():
        if kind in kinds:
            facts |= {f"{kind}/{name}": _facts(draft, describe(draft, name, t)) for name in names(draft)}
    if "post" in kinds:
        facts |= {f"post/{name}": _facts(draft, known) for name, known in of_posts(draft, t)}
    watched = {name: _watched(draft, name, t) for name in draft.channels}
    return Circumstances(
        revision=draft.revision, at=t, watched=watched, facts=facts, alerts=standing, unjudged=unjudged
    )


def _watched(draft: Draft, name: str, t: datetime) -> tuple[datetime, datetime]:
    """Return since when and until when every post on a channel is known."""
    since, source = draft.channels[name].watched_since, draft.plan.channels[name].activity
    if source is None or knowing.freshness(draft, draft.plan.channels[name]) == "ok":
        return since, t
    return since, draft.sources[source].read_at or since


def _facts(draft: Draft, known: Known) -> Facts:
    """Return the facts as they are written into histories: instants as texts, durations as seconds."""
    words = draft.plan.words_of_rules
    return {
        path: _written(value)
        for path, value in known
        if value is not None and path.rsplit(".", 1)[-1] in words
    }


def _written(value: object) -> JsonValue:
    match value:
        case datetime():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Enum():
            return str(value.value)
        case tuple() | list():
            return [_written(item) for item in value]
        case bool() | int() | float() | str():
            return value
    raise TypeError(f"{value!r} is no fact")


def _strategy(draft: Draft, t: datetime) -> Known:
    strategy, workspace = draft.plan.strategy, draft.plan.workspace
    yield from own(strategy, "strategy", "name", "title", "owner", "deputy", "packs")
    yield "strategy.timezone", draft.plan.zone
    yield "strategy.started_at", draft.started_at
    yield "strategy.revision", draft.revision
    yield "strategy.revised_at", draft.revised_at
    yield "strategy.paused", is_paused(draft, ("strategy",), t)
    yield "strategy.open_tasks", len(draft.tasks)
    yield "strategy.overdue_tasks", _overdue(draft.tasks.values(), t)
    firing = (each for each in draft.alerts.values() if alerts.is_active(each) and not each.shadow)
    yield "strategy.firing_alerts", sum(1 for _ in firing)
    yield "strategy.last_review_at", draft.reviewed_at
    yield "strategy.last_created_at", draft.done.get(ActivityKind.CREATE)
    yield "strategy.last_listened_at", draft.done.get(ActivityKind.LISTEN)
    yield "strategy.hours_planned", sum(channel.effort.hours_per_week or 0 for channel in strategy.channels)
    hours = [person.hours_per_week for person in workspace.people if person.hours_per_week is not None]
    yield "strategy.hours_available", workspace.capacity.hours_per_week or (sum(hours) if hours else None)


def _overdue(tasks: Iterable[Task], t: datetime) -> int:
    return sum(task.due <= t for task in tasks)


def _goal(draft: Draft, name: str, t: datetime) -> Known:
    goal = next(goal for goal in draft.plan.strategy.goals if goal.name == name)
    zone, metric = draft.plan.zone, draft.metrics.get(goal.metric)
    value = metric.value if metric else None
    starts, due = goals.bounds(goal, zone)
    yield from own(goal, "goal", "name", "objective", "success", "metric", "baseline", "target", "owner")
    yield "goal.starts_at", starts
    yield "goal.due_at", due
    yield "goal.value", value
    yield "goal.planned", goals.planned(goal, t, zone)
    yield "goal.elapsed", min(1.0, max(0.0, (t - starts) / (due - starts)))
    if value is not None:
        yield "goal.progress", (value - goal.baseline) / (goal.target - goal.baseline)
        yield "goal.pace", goals.pace(goal, value, t, zone)
        yield "goal.checkpoint_missed", _missed_checkpoint(goal, value, t, zone)


def _missed_checkpoint(goal: Goal, value: float, t: datetime, zone: str) -> bool:
    """Return whether the newest checkpoint that is over is still not reached; before the first none is missed."""
    over = [level for corner, level in goals.curve(goal, zone)[1:-1] if corner <= t]
    if not over:
        return False
    return value < over[-1] if goal.target > goal.baseline else value > over[-1]


def _metric(draft: Draft, name: str, t: datetime) -> Known:  # noqa: ARG001 -- one signature for all kinds
    metric, state = draft.plan.metrics[name], draft.metrics[name]
    yield from own(metric, "metric", "name", "source", "channel", "unit", "vanity", "expect_every")
    yield "metric.watched_since", state.watched_since
    yield "metric.value", state.value
    yield "metric.at", state.at
    yield "metric.goals", sum(goal.metric == name for goal in draft.plan.strategy.goals)
    yield "metric.informs", len(informed_by(draft.plan, name))


def _source(draft: Draft, name: str, t: datetime) -> Known:  # noqa: ARG001
    state = draft.sources[name]
    yield "source.name", name
    yield "source.every", draft.plan.sources[name].every
    yield from own(state, "source", "read_at", "asked_at", "failing")


def _person(draft: Draft, name: str, t: datetime) -> Known:
    mine = [task for task in draft.tasks.values() if task.assignee == name]
    yield from own(draft.plan.people[name], "person", "name", "title", "department", "hours_per_week")
    yield "person.hours_planned", hours_planned(draft, name)
    yield "person.open_tasks", len(mine)
    yield "person.overdue_tasks", _overdue(mine, t)


def hours_planned(draft: Draft, person: str) -> float:
    """Return the hours a week that this strategy asks of a person: each channel's, shared by those who feed it."""
    strategy, hours = draft.plan.strategy, 0.0
    for channel in strategy.channels:
        feeding = {
            draft.plan.actions[name].assignee or strategy.owner
            for name in draft.plan.actions_of[channel.name]
        }
        feeding = feeding or {strategy.owner}
        if person in feeding:
            hours += (channel.effort.hours_per_week or 0) / len(feeding)
    return hours


def _task(draft: Draft, name: str, t: datetime) -> Known:  # noqa: ARG001
    yield from own(
        draft.tasks[name],
        "task",
        *("id", "kind", "title", "subject", "assignee", "state", "opened_at", "due", "snoozed_until"),
        *("escalations", "closed_at", "closed_by"),
    )


Describe = Callable[[Draft, str, datetime], Known]
_KINDS: Mapping[str, tuple[Callable[[Draft], Iterable[str]], Describe]] = {
    "channel": (lambda draft: draft.plan.channels, of_channel),
    "goal": (lambda draft: [goal.name for goal in draft.plan.strategy.goals], _goal),
    "metric": (lambda draft: draft.plan.metrics, _metric),
    "source": (lambda draft: draft.plan.sources, _source),
    "person": (lambda draft: draft.plan.people, _person),
    "task": (lambda draft: draft.tasks, _task),
}
