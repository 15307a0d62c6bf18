"""Watching: activity and numbers come in, momentum and alerts follow, and what an alert causes is done."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache

from engine.domain import alerts
from engine.domain.alerts import Verdict
from engine.domain.journal import EntryType
from engine.domain.lifecycle import judging, tasking
from engine.domain.lifecycle.state import Draft
from engine.domain.momentum import is_promised, remembered
from engine.domain.records import Activity, Alert, AlertState, DataState, Momentum, Reading, Sample, TaskKind
from engine.domain.rule import Rule, Severity
from engine.domain.words import moment, several

_ALERT_ENTRIES = {
    AlertState.PENDING: EntryType.ALERT_PENDING,
    AlertState.FIRING: EntryType.ALERT_FIRING,
    AlertState.RECOVERING: EntryType.ALERT_RECOVERING,
    AlertState.RESOLVED: EntryType.ALERT_RESOLVED,
    AlertState.INACTIVE: EntryType.ALERT_RESOLVED,
}


EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)


def is_datable(at: datetime, now: datetime) -> bool:
    """Return whether something can have happened then: not in the future, nor at a broken date of long ago."""
    return EARLIEST <= at <= now


def see(draft: Draft, channel: str, activities: Iterable[Activity]) -> int:
    """Add activities to what is known of a channel; one with a known ref or an impossible date is left out."""
    state, plan_channel = draft.channels.get(channel), draft.plan.channels.get(channel)
    if state is None or plan_channel is None:
        return 0
    known = {activity.ref for activity in state.recent}
    fresh = {a.ref: a for a in activities if a.ref not in known and is_datable(a.at, draft.now)}
    if fresh:
        ordered = sorted((*state.recent, *fresh.values()), key=lambda activity: (activity.at, activity.ref))
        kept = tuple(ordered[-remembered(plan_channel) :])
        draft.channels[channel] = state.model_copy(update={"recent": kept})
        return sum(activity.ref in fresh for activity in kept)
    return 0


def observed(draft: Draft, reading: Reading, t: datetime) -> None:
    """Take one source's reading: its activities and samples, or the fact that it could not be read."""
    state = draft.sources.get(reading.source)
    if state is None or reading.at < EARLIEST:
        return
    subject = f"source/{reading.source}"
    if not reading.ok:
        draft.sources[reading.source] = state.model_copy(
            update={"failing": True, "error": reading.error, "unanswered": 0, "unanswered_since": None}
        )
        if not state.failing:
            draft.note(
                EntryType.SOURCE_STATE,
                subject,
                f"{reading.source} cannot be read: {reading.error}",
                t,
                ok=False,
            )
        return
    read_at = max(min(reading.at, t), state.read_at or min(reading.at, t))
    draft.sources[reading.source] = state.model_copy(
        update={
            "failing": False,
            "error": "",
            "read_at": read_at,
            "unanswered": 0,
            "unanswered_since": None,
        }
    )
    if state.failing:
        draft.note(EntryType.SOURCE_STATE, subject, f"{reading.source} can be read again", t, ok=True)
    for channel, activities in reading.activities.items():
        _tell_seen(draft, channel, activities, t)
    for sample in reading.samples:
        _sampled(draft, sample)


def _tell_seen(draft: Draft, channel: str, activities: tuple[Activity, ...], t: datetime) -> None:
    new = see(draft, channel, activities)
    if new:
        last = draft.channels[channel].recent[-1]
        what = f"“{last.title}” " if last.title else ""
        summary = f"{several(new, 'post')} seen on {channel}; the newest is {what}of {moment(last.at, draft.plan.zone)}"
        draft.note(
            EntryType.ACTIVITY_SEEN, f"channel/{channel}", summary, t, count=new, newest=last.at.isoformat()
        )


def _sampled(draft: Draft, sample: Sample) -> None:
    state = draft.metrics.get(sample.metric)
    if state is None or not is_datable(sample.at, draft.now):
        return
    if state.at is None or sample.at >= state.at:
        draft.metrics[sample.metric] = state.model_copy(update={"value": sample.value, "at": sample.at})


def evaluate(draft: Draft, t: datetime) -> None:
    """Bring every channel's momentum and every alert to the instant `t`."""
    for channel in draft.plan.strategy.channels:
        _momentum(draft, channel.name, t)
    for rule, subject in draft.plan.judged:
        _alert(draft, rule, subject, judging.judge(draft, rule, subject, t), t)


def _momentum(draft: Draft, name: str, t: datetime) -> None:
    channel, state = draft.plan.channels[name], draft.channels[name]
    now_is, since = judging.turning_of(draft, channel).at(t)
    if not is_promised(channel):
        now_is = Momentum.UNKNOWN
    elif now_is is state.momentum or judging.knowledge(draft, channel, since) is not DataState.OK:
        return
    if now_is is not state.momentum:
        draft.channels[name] = state.model_copy(update={"momentum": now_is})
        if now_is is Momentum.UNKNOWN or (state.momentum is Momentum.UNKNOWN and now_is is Momentum.STEADY):
            return
        last = moment(state.recent[-1].at, draft.plan.zone) if state.recent else "never seen"
        summary = f"{name} is {now_is} (was {state.momentum}); last activity {last}"
        draft.note(
            EntryType.CHANNEL_STATE,
            f"channel/{name}",
            summary,
            t,
            momentum=str(now_is),
            was=str(state.momentum),
        )


def _alert(draft: Draft, rule: Rule, subject: str, verdict: Verdict, t: datetime) -> None:
    identity = f"{rule.name}@{subject}"
    before = draft.alerts.get(identity) or _calm(rule.name, subject, rule.severity)
    after = alerts.fold(before, verdict, rule, t)
    if after is before:
        return
    draft.alerts[identity] = after
    if after.state is not before.state:
        summary = f"{rule.name} on {subject} is {after.state}: {after.because}"
        draft.note(_ALERT_ENTRIES[after.state], subject, summary, t, alert=after)
        _consequences(draft, rule, before, after, t)
    elif after.data is not before.data and before.state is not AlertState.INACTIVE:
        draft.note(
            EntryType.ALERT_DATA, subject, f"{rule.name} on {subject}: data {after.data}", t, alert=after
        )


@lru_cache(maxsize=4096)
def _calm(rule: str, subject: str, severity: Severity) -> Alert:
    """Return the alert as it is before anything happened."""
    return Alert(rule=rule, subject=subject, severity=severity)


def _consequences(draft: Draft, rule: Rule, before: Alert, after: Alert, t: datetime) -> None:
    """Tell people and open or close the alert's task, once for each episode."""
    if after.state is AlertState.FIRING and before.state is not AlertState.RECOVERING:
        title = f"{rule.name}: {after.subject}"
        notice = _notice(after, "firing")
        tasking.tell(
            draft, notice, rule.severity, title, f"{after.because}\n{rule.reason}", through=rule.notify
        )
        if rule.task is not None:
            tasking.open_task(
                draft,
                TaskKind.REVISION,
                rule.task.title.replace("{subject}", after.subject.split("/", 1)[1]),
                after.because,
                after.subject,
                t,
                due=t + rule.task.due_within,
                assignee=rule.task.assignee,
                cause=after.id,
            )
    elif after.state is AlertState.RESOLVED and alerts.is_active(before):
        notice = _notice(after, "resolved")
        title = f"Resolved: {rule.name} on {after.subject}"
        tasking.tell(draft, notice, Severity.INFO, title, rule.reason, through=rule.notify)
        if rule.task is not None and rule.task.close_on_resolve:
            tasking.close_tasks_of(draft, after.id, "the alert resolved by itself", t)


def _notice(alert: Alert, what: str) -> str:
    """Return the identity of a notification: the instant is in it because episodes start anew with the rule."""
    return f"{alert.id}/{alert.episode}@{alert.fired_at:%Y%m%dT%H%M%S.%fZ}/{what}"


def drop_alert(draft: Draft, alert: Alert, t: datetime) -> None:
    """Resolve an alert whose rule or subject has left the plan."""
    draft.alerts.pop(alert.id, None)
    if alerts.is_active(alert) or alert.state is AlertState.PENDING:
        gone = alerts.resolved(alert, t)
        summary = f"{alert.rule} on {alert.subject} ended: it is no longer part of the plan"
        draft.note(EntryType.ALERT_RESOLVED, alert.subject, summary, t, alert=gone)
    tasking.close_tasks_of(draft, alert.id, "its rule or subject left the plan", t, done=False)
