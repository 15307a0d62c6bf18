"""What follows from an alert: its task, the review it calls, and what it changes by itself until it ends."""

from __future__ import annotations

from datetime import datetime

from engine.domain.journal import EntryType
from engine.domain.lifecycle import pausing, reviewing, tasking
from engine.domain.lifecycle.state import Draft
from engine.domain.messages import StartPause
from engine.domain.records import Adjusted, Alert, Task, TaskKind
from engine.domain.rule import Rule
from engine.domain.words import moment


def follow(draft: Draft, rule: Rule, alert: Alert, t: datetime) -> None:
    """Do what the rule says, once for each episode."""
    if rule.task is not None:
        tasking.open_task(
            draft,
            TaskKind.REVISION,
            rule.task.title.replace("{subject}", _name(alert)),
            alert.because,
            alert.subject,
            t,
            due=t + rule.task.due_within,
            assignee=rule.task.assignee,
            cause=alert.id,
        )
    if rule.review is not None and rule.review in draft.plan.reviews:
        reviewing.call(draft, draft.plan.reviews[rule.review], f"called by {rule.name} on {alert.subject}", t)
    _adjust(draft, rule, alert, t)


def _name(alert: Alert) -> str:
    return alert.subject.split("/", 1)[-1]


def _adjust(draft: Draft, rule: Rule, alert: Alert, t: datetime) -> None:
    """Change the channel as the rule says, or ask a person first."""
    channel = _name(alert)
    if not alert.subject.startswith("channel/") or channel not in draft.plan.channels:
        return
    adjust, pause = rule.adjust, rule.pause
    if adjust is None and pause is None:
        return
    wanted = Adjusted(
        channel=channel,
        at_least=_within(draft, channel, "at_least", adjust.at_least if adjust else None),
        at_most=_within(draft, channel, "at_most", adjust.at_most if adjust else None),
        pause_until=t + pause.at_most if pause else None,
    )
    if (adjust and adjust.approval) or (pause and pause.approval):
        task = _ask(draft, rule, alert, wanted, t)
        draft.adjusted[alert.id] = wanted.model_copy(update={"task": task.id})
    else:
        _carry_out(draft, alert.id, wanted, t)


def _within(draft: Draft, channel: str, name: str, wanted: int | None) -> int | None:
    """Return the wanted number held inside the channel's bounds; None where the plan declares none."""
    bounds = getattr(draft.plan.channels[channel].adjustable, name)
    return None if wanted is None or bounds is None else max(bounds[0], min(bounds[1], wanted))


def _ask(draft: Draft, rule: Rule, alert: Alert, wanted: Adjusted, t: datetime) -> Task:
    within = rule.task.due_within if rule.task else tasking.TO_APPROVE
    return tasking.open_task(
        draft,
        TaskKind.APPROVE,
        f"Approve: {_in_words(draft, wanted)}",
        f"{alert.because} Close the task as done to agree; it is undone when the alert ends.",
        alert.subject,
        t,
        due=t + within,
        assignee=rule.task.assignee if rule.task else None,
        cause=alert.id,
    )


def approve(draft: Draft, task: Task, t: datetime) -> None:
    """Carry out what a person has agreed to, as long as the alert still asks for it."""
    wanted = draft.adjusted.get(task.cause or "")
    if wanted is not None and wanted.task == task.id:
        _carry_out(draft, task.cause or "", wanted.model_copy(update={"task": None}), t)


def _carry_out(draft: Draft, identity: str, wanted: Adjusted, t: datetime) -> None:
    draft.adjusted[identity] = wanted
    summary = f"{_in_words(draft, wanted)}, because of {identity.replace('@', ' on ')}"
    draft.note(EntryType.ADJUSTMENT_MADE, f"channel/{wanted.channel}", summary, t, adjusted=wanted)
    if wanted.pause_until is not None and wanted.pause_until > t:
        order = StartPause(scope=f"channel/{wanted.channel}", until=wanted.pause_until, reason=identity)
        pausing.start_beside(draft, order, _by(identity), t)


def undo(draft: Draft, alert: Alert, t: datetime) -> None:
    """Take back what the alert had changed, and nothing that a person did."""
    changed = draft.adjusted.pop(alert.id, None)
    if changed is None:
        return
    if changed.task is not None:
        task = draft.tasks.get(changed.task)
        if task is not None:
            tasking.close_task(draft, task, "the alert ended before anybody agreed", t, done=False)
        return
    summary = f"Undone with {alert.rule} on {alert.subject}: {_in_words(draft, changed)}"
    draft.note(EntryType.ADJUSTMENT_UNDONE, f"channel/{changed.channel}", summary, t, adjusted=changed)
    if changed.pause_until is not None:
        pausing.finish(draft, f"channel/{changed.channel}", t, by=_by(alert.id))


def _by(identity: str) -> str:
    return f"rule {identity.split('@', 1)[0]}"


def _in_words(draft: Draft, wanted: Adjusted) -> str:
    said = []
    if wanted.pause_until is not None:
        said.append(f"pause {wanted.channel} until {moment(wanted.pause_until, draft.plan.zone)} at most")
    cadence = draft.plan.channels[wanted.channel].cadence if wanted.channel in draft.plan.channels else None
    per = f" per {cadence.per}" if cadence else ""
    if wanted.at_least is not None:
        said.append(f"promise only {wanted.at_least} on {wanted.channel}{per}")
    if wanted.at_most is not None:
        said.append(f"at most {wanted.at_most} on {wanted.channel}{per}")
    return "; ".join(said) or f"nothing on {wanted.channel}: the plan allows no change"
