"""A new revision of the plan: what is new begins now, what stays keeps its past, what has gone ends with a word.

An alert whose rule was edited stands as if the new rule had always been there, as far as history can tell.
"""

from __future__ import annotations

from datetime import datetime

from engine.domain.journal import EntryType
from engine.domain.lifecycle import alerting, digesting, pausing, rebuilding, reviewing, slots
from engine.domain.lifecycle.state import ChannelState, Draft, MetricState, SourceState
from engine.domain.messages import PlanApplied
from engine.domain.publication import post_name
from engine.domain.quiet import Rhythm


def make_room(draft: Draft) -> None:
    """Give every channel, metric and source of the draft's plan its memory; what was known is kept."""
    plan, now = draft.plan, draft.now
    draft.channels = {n: _channel(draft, n) for n in plan.channels}
    draft.metrics = {n: draft.metrics.get(n) or MetricState(watched_since=now) for n in plan.metrics}
    draft.sources = {n: draft.sources.get(n) or SourceState(watched_since=now) for n in plan.sources}


def _channel(draft: Draft, name: str) -> ChannelState:
    """Return the channel's memory; its rhythm only where a rule of the plan judges by it."""
    state = draft.channels.get(name) or ChannelState(watched_since=draft.now)
    if name not in draft.plan.by_rhythm:
        return state if state.rhythm is None else state.model_copy(update={"rhythm": None})
    if state.rhythm is not None and state.rhythm.zone == draft.plan.zone:
        return state
    rhythm = Rhythm.of((activity.at for activity in state.recent), draft.plan.zone)
    return state.model_copy(update={"rhythm": rhythm})


def apply_plan(draft: Draft, event: PlanApplied, t: datetime) -> None:
    """Bring the rest of the memory in line with the draft's plan."""
    draft.revision, draft.digest = event.revision, draft.plan.digest
    draft.revised_at, draft.judgement_asked = t, None
    by = f" by {event.author}" if event.author else ""
    why = f": {event.reason}" if event.reason else ""
    draft.note(
        EntryType.STRATEGY_APPLIED,
        "strategy",
        f"Revision {event.revision} of the plan counts from now on{by}{why}",
        t,
        revision=event.revision,
        author=event.author,
        reason=event.reason,
    )
    _reschedule(draft, t)
    digesting.schedule_next(draft, t)
    _end_what_left(draft, t)
    rebuilding.adopt(draft, event.rebuilt, t)


def _reschedule(draft: Draft, t: datetime) -> None:
    """Lay the new grids. What was already on the old one goes on from where the heart has lived to, losing none."""
    actions, draft.upcoming = draft.upcoming, {}
    for action in draft.plan.strategy.actions:
        slots.schedule_next(draft, action, draft.at if action.name in actions else t)
    reviews, draft.review_due = draft.review_due, {}
    for review in draft.plan.strategy.reviews:
        reviewing.schedule_next(draft, review, draft.at if review.name in reviews else t)
    items = {name: {item.id for item in found} for name, found in draft.plan.content.items()}
    draft.used = {
        name: tuple(used for used in draft.used.get(name, ()) if used in ids) for name, ids in items.items()
    }
    if draft.posted:
        known = {post_name(name, item) for name, ids in items.items() for item in ids}
        keep = known if draft.plan.judges_posts else ()
        draft.posted = {post: at for post, at in draft.posted.items() if post in keep}
    for name, ids in items.items():
        if ids.difference(draft.used[name]):
            slots.content_arrived(draft, name, t)


def _end_what_left(draft: Draft, t: datetime) -> None:
    for alert in list(draft.alerts.values()):
        if draft.plan.rule_for(alert.rule, alert.subject) is None:
            alerting.drop(draft, alert, t)
    slots.end_those_of_nothing(draft, t)
    reviewing.end_those_of_nothing(draft, t)
    pausing.end_those_of_nothing(draft, t)
