"""Rebuilding: an edited rule's alerts take the state that history gives them; what people know of them stays."""

from __future__ import annotations

from datetime import datetime

from engine.domain import alerts
from engine.domain.journal import EntryType
from engine.domain.lifecycle import alerting
from engine.domain.lifecycle.state import Draft
from engine.domain.rebuilt import Rebuilt
from engine.domain.records import Alert, AlertState
from engine.domain.words import moment

# What a rule says of its subject, and the clocks that run by it. Episode, tellings and acknowledgement are people's.
_BY_HISTORY = (
    *("severity", "state", "data", "because", "evidence", "shadow"),
    *("pending_since", "fired_at", "recovering_since", "resolved_at"),
)


def adopt(draft: Draft, rebuilt: Rebuilt, t: datetime) -> None:
    """Let the alerts stand as history has them under the draft's plan, and note at `t` what is otherwise than before."""
    for name, rhythm in rebuilt.rhythms.items():
        if name in draft.plan.by_rhythm and name in draft.channels:
            draft.channels[name] = draft.channels[name].model_copy(update={"rhythm": rhythm})
    for told in rebuilt.alerts:
        if draft.plan.rule_for(told.rule, told.subject) is not None:
            _adopt(draft, told, t)


def _adopt(draft: Draft, told: Alert, t: datetime) -> None:
    rule = draft.plan.rule_of[told.id]
    before = draft.alerts.get(told.id) or Alert(rule=told.rule, subject=told.subject, severity=told.severity)
    after = _joined(before, told, t)
    if after == before:
        return
    draft.alerts[told.id] = after
    if not (_is_on(before) or _is_on(after)):
        return
    ends = alerts.is_active(before) and not alerts.is_active(after)
    if ends or after.state is not before.state:
        kind, so = alerting.ENTRIES[after.state], f"is {after.state}"
    else:
        kind, so = EntryType.ALERT_REBUILT, f"is {after.state} as before"
    since = after.recovering_since or after.fired_at or after.pending_since
    dated = f" since {moment(since, draft.plan.zone)}" if since and _is_on(after) else ""
    why = f": {after.because}" if after.because and _is_on(after) else ""
    summary = f"{after.rule} on {after.subject} {so}{dated}, by the rule as it is written now{why}"
    draft.note(kind, after.subject, summary, t, alert=after)
    if ends:
        alerting.ended(draft, rule, after, t)


def _joined(before: Alert, told: Alert, t: datetime) -> Alert:
    """Return the alert with the clocks of history and what people know of it.

    One that fires goes on as the same episode; one that did not fire begins another. One that fired and would not have
    ends now, because people heard of it.
    """
    by_history = {name: getattr(told, name) for name in _BY_HISTORY}
    if alerts.is_active(told):
        if not alerts.is_active(before):
            by_history |= {"episode": before.episode + 1} | alerts.FRESH
        return before.model_copy(update=by_history)
    by_history["fired_at"] = before.fired_at
    by_history["resolved_at"] = t if alerts.is_active(before) else before.resolved_at
    if told.state is not AlertState.PENDING:
        by_history["state"] = AlertState.RESOLVED if before.episode else AlertState.INACTIVE
    return before.model_copy(update=by_history)


def _is_on(alert: Alert) -> bool:
    return alert.state not in (AlertState.INACTIVE, AlertState.RESOLVED)
