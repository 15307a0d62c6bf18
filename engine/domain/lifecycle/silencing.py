"""Silences: nobody is told of alerts that match, until an end that is always named."""

from __future__ import annotations

from datetime import datetime

from engine.domain.journal import EntryType
from engine.domain.lifecycle.state import Draft
from engine.domain.messages import EndSilence, StartSilence
from engine.domain.records import Alert, Silencing
from engine.domain.words import moment

MOST = 100


def start(draft: Draft, order: StartSilence, by: str, t: datetime) -> str:
    """Begin a silence."""
    silence = Silencing(
        id=f"S{draft.count('silences')}",
        rule=order.rule,
        subject=order.subject,
        start=t,
        end=order.until,
        reason=order.reason,
        by=by,
    )
    draft.silencings[silence.id] = silence
    why = f": {order.reason}" if order.reason else ""
    summary = f"{silence.id} silences {order.rule} on {order.subject} until {moment(order.until, draft.plan.zone)}{why}"
    draft.note(EntryType.SILENCE_STARTED, "strategy", summary, t, silence=silence)
    return summary


def end(draft: Draft, order: EndSilence, t: datetime) -> str:
    """End a silence now."""
    _finish(draft, draft.silencings[order.silence], t)
    return f"{order.silence} has ended"


def advance(draft: Draft, t: datetime) -> None:
    """End the silences whose time is over."""
    for silence in [each for each in draft.silencings.values() if each.end <= t]:
        _finish(draft, silence, t)


def _finish(draft: Draft, silence: Silencing, t: datetime) -> None:
    over = silence.model_copy(update={"end": t})
    del draft.silencings[silence.id]
    summary = f"{silence.id} has ended: {silence.rule} on {silence.subject} is told again"
    draft.note(EntryType.SILENCE_ENDED, "strategy", summary, t, silence=over)


def covering(draft: Draft, alert: Alert, t: datetime) -> str | None:
    """Return the id of a silence that covers the alert at that instant."""
    for silence in draft.silencings.values():
        if silence.start <= t < silence.end and matches(silence, alert):
            return silence.id
    return None


def matches(silence: Silencing, alert: Alert) -> bool:
    """Return whether the silence is meant for such an alert."""
    return _fits(silence.rule, alert.rule) and _fits(silence.subject, alert.subject)


def _fits(pattern: str, name: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern
