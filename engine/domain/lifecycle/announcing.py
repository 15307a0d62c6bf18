"""Announcing: who is told of an alert, and when; what is inhibited or silenced is held back and said so.

An alert is announced once for each episode, alone or with others of its group, and again only where the plan asks for
that. What was held back is announced when the reason has gone and it still fires.
"""

from __future__ import annotations

from datetime import datetime

from engine.domain import alerts
from engine.domain.journal import EntryType
from engine.domain.lifecycle import consequences, digesting, silencing, tasking
from engine.domain.lifecycle.state import Draft
from engine.domain.records import Alert, AlertState, NoticeGroup
from engine.domain.rule import Rule, Severity

_RANKS = list(Severity)
# Told together, more than these are only counted.
_LINES = 20


def advance(draft: Draft, t: datetime) -> None:
    """Hold back, follow up and announce whatever fires, then tell the groups, repeats and digests that are due."""
    for alert in list(draft.alerts.values()):
        rule = draft.plan.rule_for(alert.rule, alert.subject)
        if alert.state is AlertState.FIRING and not alert.shadow and rule is not None:
            _consider(draft, rule, alert, t)
    for key, group in list(draft.groups.items()):
        if group.due <= t:
            del draft.groups[key]
            _tell_group(draft, group, t)
    digesting.advance(draft, t)


def _consider(draft: Draft, rule: Rule, alert: Alert, t: datetime) -> None:
    alert = _held(draft, rule, alert, t)
    if alert.inhibited_by or alert.silenced_by:
        return
    if not alert.followed:
        alert = alert.model_copy(update={"followed": True})
        draft.alerts[alert.id] = alert
        if digesting.takes(draft, alert):
            digesting.add(draft, f"{alert.rule} on {alert.subject}: {alert.because}", t)
        else:
            _join(draft, rule, alert, t)
        consequences.follow(draft, rule, alert, t)
    elif (again := repeats_at(draft, alert)) is not None and again <= t:
        _tell(draft, rule, (alert,), t)


def _held(draft: Draft, rule: Rule, alert: Alert, t: datetime) -> Alert:
    """Return the alert with what holds it back now; a new reason stands in the journal."""
    cause, silence = _cause(draft, rule, alert), silencing.covering(draft, alert, t)
    if (cause, silence) == (alert.inhibited_by, alert.silenced_by):
        return alert
    held = alert.model_copy(update={"inhibited_by": cause, "silenced_by": silence})
    draft.alerts[held.id] = held
    if cause and cause != alert.inhibited_by:
        explained = f"{rule.name} on {alert.subject} is explained by {cause.replace('@', ' on ')}; nobody is told of it"
        draft.note(EntryType.ALERT_HELD, alert.subject, explained, t, alert=held)
    elif silence and silence != alert.silenced_by:
        quiet = f"{rule.name} on {alert.subject} is silenced by {silence}; nobody is told of it"
        draft.note(EntryType.ALERT_HELD, alert.subject, quiet, t, alert=held)
    return held


def _cause(draft: Draft, rule: Rule, alert: Alert) -> str | None:
    """Return the alert that explains this one: of a rule that inhibits it, on its subject or what that rests on."""
    if not rule.inhibited_by:
        return None
    related = draft.plan.rests_on(alert.subject)
    for name in rule.inhibited_by:
        for subject in related:
            other = draft.alerts.get(f"{name}@{subject}")
            if other is not None and alerts.is_active(other) and not other.shadow:
                return other.id
    return None


def _join(draft: Draft, rule: Rule, alert: Alert, t: datetime) -> None:
    """Put an alert into its group, which is told when its first alert has waited for others."""
    marks = {"rule": rule.name, "subject": alert.subject, "severity": str(alert.severity)}
    routing = draft.plan.strategy.routing
    key = "|".join([*(marks[name] for name in routing.group_by), *sorted(through(draft, rule))])
    group = draft.groups.get(key) or NoticeGroup(due=t + routing.group_wait, alerts=())
    draft.groups[key] = group.model_copy(update={"alerts": (*group.alerts, alert.id)})


def through(draft: Draft, rule: Rule) -> tuple[str, ...]:
    """Return the notifiers of a rule's alerts."""
    return rule.notify or draft.plan.strategy.notify


def _tell_group(draft: Draft, group: NoticeGroup, t: datetime) -> None:
    """Tell what of the group still fires; what was acknowledged or held back meanwhile needs no word."""
    found = [alert for name in group.alerts if (alert := draft.alerts.get(name)) is not None]
    firing = [
        each for each in found if alerts.is_active(each) and each.tellings == 0 and not _is_hushed(each)
    ]
    rules = [(draft.plan.rule_for(alert.rule, alert.subject), alert) for alert in firing]
    known = [(rule, alert) for rule, alert in rules if rule is not None]
    if known:
        _tell(draft, known[0][0], tuple(alert for _, alert in known), t)


def _is_hushed(alert: Alert) -> bool:
    return bool(alert.acknowledged_by or alert.inhibited_by or alert.silenced_by)


def _tell(draft: Draft, rule: Rule, told: tuple[Alert, ...], t: datetime) -> None:
    """Send one message about alerts that fire, and remember that it was sent."""
    now = tuple(a.model_copy(update={"told_at": t, "tellings": a.tellings + 1}) for a in told)
    draft.alerts.update({alert.id: alert for alert in now})
    first = now[0]
    notice = _notice(first, "firing" if first.tellings == 1 else f"firing/{first.tellings}")
    worst = max((alert.severity for alert in now), key=_RANKS.index)
    still = "Still firing: " if first.tellings > 1 else ""
    if len(now) == 1:
        title, body = f"{still}{first.rule}: {first.subject}", f"{first.because}\n{rule.reason}"
    else:
        notice += f"+{len(now) - 1}"
        title = f"{len(now)} alerts: {', '.join(sorted({alert.rule for alert in now}))}"
        lines = [f"{alert.severity} {alert.rule} on {alert.subject}: {alert.because}" for alert in now]
        more = [f"… and {len(lines) - _LINES} more"] if len(lines) > _LINES else []
        body = "\n".join([*lines[:_LINES], *more])
    if tasking.tell(draft, notice, worst, title, body, through=rule.notify, about=now):
        for alert in now:
            summary = f"People are told of {alert.rule} on {alert.subject}"
            draft.note(EntryType.ALERT_TOLD, alert.subject, summary, t, alert=alert)


def ended(draft: Draft, rule: Rule, alert: Alert, t: datetime) -> None:
    """Tell those who were told of an alert that it has ended."""
    if alert.followed and digesting.takes(draft, alert):
        digesting.add(draft, f"Ended: {alert.rule} on {alert.subject}", t)
    elif alert.tellings and draft.plan.strategy.routing.resolved:
        title = f"Resolved: {rule.name} on {alert.subject}"
        notice = _notice(alert, "resolved")
        tasking.tell(draft, notice, Severity.INFO, title, rule.reason, through=rule.notify, about=(alert,))


def left(draft: Draft, alert: Alert, why: str) -> None:
    """Tell that an alert has left the plan with its rule, and perhaps the rule's own notifiers: so the strategy's."""
    if alert.tellings:
        title = f"Ended: {alert.rule} on {alert.subject}"
        tasking.tell(draft, _notice(alert, "ended"), Severity.INFO, title, why, about=(alert,))


def repeats_at(draft: Draft, alert: Alert) -> datetime | None:
    """Return when people are told again of an alert that still fires, if the plan asks for that."""
    every = draft.plan.strategy.routing.repeat_every
    waits = alert.state is AlertState.FIRING and not alert.shadow and not _is_hushed(alert)
    return alert.told_at + every if every and waits and alert.told_at is not None else None


def _notice(alert: Alert, what: str) -> str:
    """Return the identity of a notification: the instant is in it because episodes start anew with the rule."""
    return f"{alert.id}/{alert.episode}@{alert.fired_at:%Y%m%dT%H%M%S.%fZ}/{what}"
