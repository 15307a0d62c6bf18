"""What people tell a strategy: which commands it refuses and why, and what the others do."""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.domain import alerts
from engine.domain.journal import EntryType
from engine.domain.lifecycle import (
    consequences,
    pausing,
    publishing,
    reviewing,
    silencing,
    slots,
    tasking,
)
from engine.domain.lifecycle.state import Draft, State
from engine.domain.messages import (
    AcknowledgeAlert,
    Command,
    CompleteTask,
    DecideReview,
    DecideSlot,
    EndPause,
    EndSilence,
    SnoozeTask,
    StartPause,
    StartSilence,
)
from engine.domain.plan import Plan
from engine.domain.publication import PublishOutcome, PublishStatus
from engine.domain.records import Slot, SlotPhase, Task, TaskKind, TaskState
from engine.domain.strategy import ActivityKind
from engine.domain.words import moment

REMEMBERED = 500
FARTHEST = timedelta(days=3660)
NEEDS_LINK = (ActivityKind.SHARE, ActivityKind.CREATE)


def refusal(plan: Plan, state: State | Draft, command: Command, now: datetime) -> str | None:
    """Return why the strategy does not do this now, or None when it will. Pure: the update's validator."""
    if command.id in state.commands:
        return None
    if not state.revision:
        return "The strategy has no plan yet: apply one first."
    order = command.instruction
    match order:
        case CompleteTask() | SnoozeTask() | DecideSlot():
            return _task_refusal(state, order, now)
        case StartSilence():
            return _silence_refusal(state, order, now)
        case StartPause():
            return _pause_refusal(plan, order, now)
    return _nothing_to(state, order, now)


def _nothing_to(
    state: State | Draft, order: AcknowledgeAlert | EndSilence | EndPause | DecideReview, now: datetime
) -> str | None:
    """Return that what the command is about is not there."""
    match order:
        case AcknowledgeAlert():
            alert = state.alerts.get(order.alert)
            if alert is None or not alerts.is_active(alert):
                return f"There is no active alert {order.alert}. `drumbeat status` lists the active ones."
        case EndSilence():
            if order.silence not in state.silencings:
                return f"There is no silence {order.silence}. `drumbeat silence list` lists those that hold."
        case EndPause():
            if not any(pause.scope == order.scope and pausing.is_open(pause, now) for pause in state.pauses):
                return f"{order.scope} is not paused, so there is nothing to resume."
        case DecideReview():
            if order.review not in state.reviews:
                return f"There is no open review {order.review}. `drumbeat status` lists the open ones."
    return None


def _silence_refusal(state: State | Draft, order: StartSilence, now: datetime) -> str | None:
    if not now < order.until <= now + FARTHEST:
        return "A silence ends later than now and within ten years. Name such an end."
    if len(state.silencings) >= silencing.MOST:
        return f"There are {silencing.MOST} silences already. End some first."
    return None


def _pause_refusal(plan: Plan, order: StartPause, now: datetime) -> str | None:
    if order.until is not None and order.until <= now:
        return f"The pause would end at {order.until.isoformat()}, which is past. Name a later end."
    if order.until is not None and order.until > now + FARTHEST:
        return "A pause ends within ten years. Leave its end open if nobody knows it."
    kind, _, name = order.scope.partition("/")
    known = {"strategy": [""], "channel": list(plan.channels), "action": list(plan.actions)}[kind]
    if name in known:
        return None
    return f"The plan has no {kind} named {name}; it has: {', '.join(known) or 'none'}."


def _task_refusal(
    state: State | Draft, order: CompleteTask | SnoozeTask | DecideSlot, now: datetime
) -> str | None:
    task = state.tasks.get(order.task)
    if task is None:
        return f"There is no open task {order.task}. `drumbeat tasks` lists the open ones."
    if task.state is TaskState.VERIFYING:
        return f"The link of {task.id} is being verified just now. Wait for what comes of it."
    if isinstance(order, SnoozeTask):
        if now < order.until <= now + FARTHEST:
            return None
        return "Snooze until an instant that is later than now and within ten years."
    slot = _slot_of(state, task)
    if isinstance(order, DecideSlot):
        return _decision_refusal(task, slot, order)
    if task.kind in (TaskKind.DECIDE, TaskKind.VERIFY) and slot is not None:
        return f"{task.id} asks what becomes of a post: say `post`, `drop`, or `posted` with its link."
    post = slot.post if slot is not None and task.kind is TaskKind.POST else None
    if post is not None and not order.link and post.kind in NEEDS_LINK:
        return f"{task.id} needs the link of the post, so that it can be verified: add --link."
    return None


def _decision_refusal(task: Task, slot: Slot | None, order: DecideSlot) -> str | None:
    if slot is None or slot.phase is not SlotPhase.ASKED:
        return f"{task.id} is no decision about a post. Use `drumbeat tasks done {task.id}`."
    if task.kind is TaskKind.POST and order.decision != "drop":
        return (
            f"{task.id} is done by hand. Say `drop`, or close it with the link of the post once it is there."
        )
    return None


def _slot_of(state: State | Draft, task: Task) -> Slot | None:
    return state.slots.get(task.cause or "")


def obey(draft: Draft, command: Command, t: datetime) -> str:
    """Carry out a command that was not refused, once; its answer is remembered by the command's id."""
    if command.id in draft.commands:
        return draft.commands[command.id]
    answer = _carry_out(draft, command, t)
    draft.commands[command.id] = answer
    for old in list(draft.commands)[:-REMEMBERED]:
        del draft.commands[old]
    return answer


def _carry_out(draft: Draft, command: Command, t: datetime) -> str:
    order, by = command.instruction, command.by
    match order:
        case CompleteTask():
            return _complete(draft, order, by, t)
        case SnoozeTask():
            tasking.snooze(draft, draft.tasks[order.task], order.until, t)
            return f"{order.task} sleeps until {moment(order.until, draft.plan.zone)}"
        case DecideSlot():
            return _decide_slot(draft, order, by, t)
        case AcknowledgeAlert():
            alert = draft.alerts[order.alert].model_copy(update={"acknowledged_by": by or "somebody"})
            draft.alerts[alert.id] = alert
            summary = f"{alert.rule} on {alert.subject} was acknowledged by {alert.acknowledged_by}"
            draft.note(EntryType.ALERT_ACKNOWLEDGED, alert.subject, summary, t, alert=alert)
            return summary
        case StartSilence():
            return silencing.start(draft, order, by, t)
        case EndSilence():
            return silencing.end(draft, order, t)
        case StartPause():
            return pausing.start(draft, order, by, t)
        case EndPause():
            return pausing.resume(draft, order, t)
        case DecideReview():
            return reviewing.decide(draft, order, by, t)


def _complete(draft: Draft, order: CompleteTask, by: str, t: datetime) -> str:
    task = draft.tasks[order.task]
    slot = _slot_of(draft, task)
    if slot is not None and slot.post is not None and task.kind is TaskKind.POST:
        if order.link:
            tasking.update_task(
                draft,
                task,
                f"has a link to verify: {order.link}",
                t,
                state=TaskState.VERIFYING,
                link=order.link,
            )
            publishing.look(draft, slot, order.link)
            return f"{task.id}: the link is being verified"
        outcome = PublishOutcome(status=PublishStatus.PUBLISHED, at=t, message=order.outcome)
        publishing.published(draft, slot, slot.post, outcome, t, by=by)
        return f"{task.id} is done"
    tasking.close_task(draft, task, order.outcome or "done", t, by=by, link=order.link)
    if task.kind is TaskKind.APPROVE:
        consequences.approve(draft, task, t)
    return f"{task.id} is done"


def _decide_slot(draft: Draft, order: DecideSlot, by: str, t: datetime) -> str:
    task = draft.tasks[order.task]
    slot = _slot_of(draft, task)
    if slot is None or slot.post is None:
        return f"{task.id} is already settled"
    if order.decision == "posted":
        outcome = PublishOutcome(status=PublishStatus.PUBLISHED, at=t, url=order.link)
        publishing.published(draft, slot, slot.post, outcome, t, by=by)
    elif order.decision == "drop":
        slots.drop(draft, slot, t, by)
    else:
        tasking.close_task(draft, task, "post it", t, by=by)
        publishing.send(draft, slot, known_absent=True)
    return f"{task.id}: {order.decision}"
