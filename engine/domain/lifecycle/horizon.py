"""The earliest instant at which anything can change: the one timer of a strategy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from engine.domain import alerts
from engine.domain.lifecycle import announcing, foreseeing, judging, observing, tasking
from engine.domain.lifecycle.state import Draft, State
from engine.domain.momentum import calm_at
from engine.domain.plan import Plan
from engine.domain.records import Alert, AlertState


def next_instant(plan: Plan, state: State) -> datetime | None:
    """Return the earliest instant after `state.at` at which the heart has something to do, or None."""
    return earliest(Draft.of(plan, state, state.at)) if state.revision else None


def earliest(draft: Draft) -> datetime | None:
    """Return the earliest instant after the draft's own at which anything can change."""
    at = draft.at
    return min([instant for instant in _instants(draft) if instant > at], default=None)


def _instants(draft: Draft) -> Iterator[datetime]:
    yield from draft.upcoming.values()
    yield from draft.review_due.values()
    yield from (slot.look_at for slot in draft.slots.values() if slot.look_at is not None)
    yield from (pause.end for pause in draft.pauses if pause.end is not None and not pause.over)
    yield from (record.decide_by for record in draft.reviews.values() if not record.overdue)
    yield from (turn for task in draft.tasks.values() if (turn := tasking.next_turn(task)) is not None)
    yield from (observing.next_look(draft, source) for source in draft.plan.sources)
    yield from judging.limits(draft)
    yield from (silence.end for silence in draft.silencings.values())
    yield from (group.due for group in draft.groups.values())
    if draft.digest_due is not None:
        yield draft.digest_due
    if (due := observing.next_judgement(draft)) is not None:
        yield due
    for channel in draft.plan.strategy.channels:
        ahead = foreseeing.outlook(draft, channel)
        yield from ahead.turns
        if ahead.overfed_until is not None:
            yield ahead.overfed_until
            yield calm_at(channel, ahead.overfed_until)
    for alert in draft.alerts.values():
        if (turn := _turn(draft, alert)) is not None:
            yield turn
        if alert.told_at is not None and (again := announcing.repeats_at(draft, alert)) is not None:
            yield again


def _turn(draft: Draft, alert: Alert) -> datetime | None:
    """Return when an alert's own clocks turn it; they may stand still with those of its channel."""
    rule = draft.plan.rule_for(alert.rule, alert.subject)
    if rule is None or alert.state not in (AlertState.PENDING, AlertState.RECOVERING):
        return None
    return alerts.next_turn(alert, rule, foreseeing.still(draft, rule, alert.subject))
