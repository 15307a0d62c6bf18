"""A new revision of the plan: what is new begins now, what stays keeps its past, what has gone ends with a word."""

from __future__ import annotations

from datetime import datetime

from engine.domain.journal import EntryType
from engine.domain.lifecycle import publishing, reviewing, slots, watching
from engine.domain.lifecycle.state import ChannelState, Draft, MetricState, SourceState
from engine.domain.messages import PlanApplied


def apply_plan(draft: Draft, event: PlanApplied, t: datetime) -> None:
    """Bring the memory in line with the draft's plan."""
    if event.revision <= draft.revision:
        return
    plan = draft.plan
    draft.revision, draft.digest = event.revision, plan.digest
    by = f" by {event.author}" if event.author else ""
    why = f": {event.reason}" if event.reason else ""
    summary = f"Revision {event.revision} of the plan counts from now on{by}{why}"
    draft.note(
        EntryType.STRATEGY_APPLIED,
        "strategy",
        summary,
        t,
        revision=event.revision,
        author=event.author,
        reason=event.reason,
    )
    draft.channels = {n: draft.channels.get(n) or ChannelState(watched_since=t) for n in plan.channels}
    draft.metrics = {n: draft.metrics.get(n) or MetricState(watched_since=t) for n in plan.metrics}
    draft.sources = {n: draft.sources.get(n) or SourceState(watched_since=t) for n in plan.sources}
    _reschedule(draft, t)
    _end_what_left(draft, t)


def _reschedule(draft: Draft, t: datetime) -> None:
    draft.upcoming = {}
    for action in draft.plan.strategy.actions:
        slots.schedule_next(draft, action, t)
    draft.review_due = {}
    for review in draft.plan.strategy.reviews:
        reviewing.schedule_next(draft, review, t)
    draft.used = {
        name: tuple(used for used in draft.used.get(name, ()) if any(used == item.id for item in items))
        for name, items in draft.plan.content.items()
    }
    for action in draft.plan.strategy.actions:
        if draft.plan.content.get(action.name):
            _content_again(draft, action.name, t)


def _content_again(draft: Draft, action: str, t: datetime) -> None:
    """Close the task that asked for content when there is some now."""
    if any(item.id not in draft.used.get(action, ()) for item in draft.plan.content[action]):
        slots.content_arrived(draft, action, t)


def _end_what_left(draft: Draft, t: datetime) -> None:
    standing = {f"{rule.name}@{subject}" for rule, subject in draft.plan.judged}
    for alert in [alert for alert in draft.alerts.values() if alert.id not in standing]:
        watching.drop_alert(draft, alert, t)
    for slot in [slot for slot in draft.slots.values() if slot.action not in draft.plan.actions]:
        if slot.look_at is None and slot.task is not None:
            publishing.skip(draft, slot.action, slot.instant, t, "its action left the plan")
            slots.cancel_tasks(draft, slot, t)
