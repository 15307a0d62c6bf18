"""Alerting: what rules say is folded into alerts, and every turn of an alert stands in the journal."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from engine.domain import alerts
from engine.domain.alerts import Verdict
from engine.domain.journal import EntryType
from engine.domain.judgement import Judgement
from engine.domain.lifecycle import announcing, consequences, judging, tasking, watching
from engine.domain.lifecycle.state import Draft
from engine.domain.messages import Observed
from engine.domain.records import Alert, AlertState, DataState
from engine.domain.rule import Rule, Severity

ENTRIES = {
    AlertState.PENDING: EntryType.ALERT_PENDING,
    AlertState.FIRING: EntryType.ALERT_FIRING,
    AlertState.RECOVERING: EntryType.ALERT_RECOVERING,
    AlertState.RESOLVED: EntryType.ALERT_RESOLVED,
    AlertState.INACTIVE: EntryType.ALERT_RESOLVED,
}


def evaluate(draft: Draft, t: datetime) -> None:
    """Bring every channel's momentum and every alert to the instant `t`, and tell people what they are to know."""
    watching.follow_momentum(draft, t)
    for rule, subject in draft.plan.by_clock:
        fold(draft, rule, subject, judging.judge(draft, rule, subject, t), t)
    for alert in list(draft.alerts.values()):
        if alert.state in (AlertState.PENDING, AlertState.RECOVERING) and alert.rule in draft.plan.by_facts:
            _as_it_was(draft, alert, t)
    announcing.advance(draft, t)


def judged(draft: Draft, event: Observed, t: datetime) -> None:
    """Take what the evaluation of rules came to; an answer that a newer one has overtaken changes nothing.

    What follows is dated when the rules were judged, which is when it became known.
    """
    at = event.judged_at
    if at is None or (draft.judged_at is not None and at <= draft.judged_at):
        return
    draft.judged_at = at
    for judgement in event.judgements:
        rule = draft.plan.by_facts.get(judgement.rule)
        if rule is not None and _still_there(draft, judgement):
            fold(draft, rule, judgement.subject, _verdict(judgement), _dated(draft, judgement, min(at, t)))
            if judgement.gone:
                _forget(draft, judgement)


def _verdict(judgement: Judgement) -> Verdict:
    return Verdict(
        judgement.truth,
        judgement.data,
        why=lambda: (judgement.because, judgement.evidence),
        recovered=judgement.recovered or judgement.gone,
        severity=judgement.severity,
    )


def _still_there(draft: Draft, judgement: Judgement) -> bool:
    """Return whether the plan of now still has the subject; a task's alert ends when the task has gone."""
    if draft.plan.rule_for(judgement.rule, judgement.subject) is None:
        return False
    kind, _, name = judgement.subject.partition("/")
    return kind != "task" or judgement.gone or name in draft.tasks


def _dated(draft: Draft, judgement: Judgement, at: datetime) -> datetime:
    """Return when it became so, which is never before the alert's own last turn."""
    alert = draft.alerts.get(f"{judgement.rule}@{judgement.subject}")
    turns = (alert.pending_since, alert.fired_at, alert.recovering_since) if alert else ()
    return max([at, draft.started_at, *(turn for turn in turns if turn is not None)])


def _forget(draft: Draft, judgement: Judgement) -> None:
    identity = f"{judgement.rule}@{judgement.subject}"
    alert = draft.alerts.get(identity)
    if alert is not None and not alerts.is_active(alert):
        del draft.alerts[identity]


def _as_it_was(draft: Draft, alert: Alert, t: datetime) -> None:
    """Let the clocks of an alert turn while its facts stay as they were last judged; the unknown turns nothing."""
    if alert.data is not DataState.OK:
        return
    verdict = Verdict(
        alert.state is AlertState.PENDING,
        why=lambda: (alert.because, alert.evidence),
        recovered=True,
        severity=alert.severity,
    )
    fold(draft, draft.plan.by_facts[alert.rule], alert.subject, verdict, t)


def fold(draft: Draft, rule: Rule, subject: str, verdict: Verdict, t: datetime) -> None:
    """Take a verdict into its alert, and note what turned."""
    identity = f"{rule.name}@{subject}"
    before = draft.alerts.get(identity) or _calm(rule.name, subject, rule.severity)
    after = alerts.fold(before, verdict, rule, t)
    if after is before:
        return
    draft.alerts[identity] = after
    if after.state is not before.state:
        summary = f"{rule.name} on {subject} is {after.state}: {after.because}"
        draft.note(ENTRIES[after.state], subject, summary, t, alert=after)
        if after.state is AlertState.RESOLVED and alerts.is_active(before):
            ended(draft, rule, after, t)
    elif after.data is not before.data and before.state is not AlertState.INACTIVE:
        draft.note(
            EntryType.ALERT_DATA, subject, f"{rule.name} on {subject}: data {after.data}", t, alert=after
        )


@lru_cache(maxsize=4096)
def _calm(rule: str, subject: str, severity: Severity) -> Alert:
    """Return the alert as it is before anything happened."""
    return Alert(rule=rule, subject=subject, severity=severity)


def ended(draft: Draft, rule: Rule, alert: Alert, t: datetime) -> None:
    """Tell that an alert has ended, and take back what it had brought."""
    announcing.ended(draft, rule, alert, t)
    consequences.undo(draft, alert, t)
    if rule.task is not None and rule.task.close_on_resolve:
        tasking.close_tasks_of(draft, alert.id, "the alert resolved by itself", t)


def drop(draft: Draft, alert: Alert, t: datetime) -> None:
    """Resolve an alert whose rule or subject has left the plan."""
    draft.alerts.pop(alert.id, None)
    if alerts.is_active(alert) or alert.state is AlertState.PENDING:
        gone = alerts.resolved(alert, t)
        summary = f"{alert.rule} on {alert.subject} ended: it is no longer part of the plan"
        draft.note(EntryType.ALERT_RESOLVED, alert.subject, summary, t, alert=gone)
        announcing.left(draft, gone, f"{summary}.")
    consequences.undo(draft, alert, t)
    tasking.close_tasks_of(draft, alert.id, "its rule or subject left the plan", t, done=False)
