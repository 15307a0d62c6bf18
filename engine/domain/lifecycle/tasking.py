"""Tasks: opening, waking, escalating and closing them, and who is told."""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.domain.journal import EntryType
from engine.domain.lifecycle.state import Draft
from engine.domain.messages import Notify
from engine.domain.records import Alert, Task, TaskKind, TaskState
from engine.domain.rule import Severity
from engine.domain.words import moment, span

LEVELS = 2
TO_APPROVE = timedelta(days=2)


def open_task(
    draft: Draft,
    kind: TaskKind,
    title: str,
    why: str,
    subject: str,
    t: datetime,
    *,
    due: datetime,
    assignee: str | None = None,
    cause: str | None = None,
) -> Task:
    """Open a task and tell its assignee; an open one with the same cause and kind is returned instead."""
    for task in draft.tasks.values():
        if cause is not None and task.cause == cause and task.kind is kind:
            return task
    task = Task(
        id=f"T{draft.count('tasks')}",
        kind=kind,
        title=title,
        why=why,
        subject=subject,
        assignee=assignee or draft.plan.strategy.owner,
        opened_at=t,
        due=due,
        cause=cause,
    )
    draft.tasks[task.id] = task
    who = task.assignee or "nobody yet: the strategy names no owner"
    until = moment(due, draft.plan.zone)
    draft.note(EntryType.TASK_OPENED, subject, f"{task.id} {title} ({who}, until {until})", t, task=task)
    tell(
        draft,
        f"{task.id}/opened",
        Severity.INFO,
        f"{task.id}: {title}",
        f"{why}\nUntil {until}.",
        task.assignee,
    )
    return task


def update_task(draft: Draft, task: Task, summary: str, t: datetime, **changes: object) -> Task:
    """Change an open task and say so in the journal."""
    task = task.model_copy(update=changes)
    draft.tasks[task.id] = task
    draft.note(EntryType.TASK_UPDATED, task.subject, f"{task.id} {summary}", t, task=task)
    return task


def close_task(
    draft: Draft,
    task: Task,
    outcome: str,
    t: datetime,
    *,
    by: str = "",
    link: str | None = None,
    done: bool = True,
) -> None:
    """Close a task with its outcome; it leaves the heart's memory and stays in the journal."""
    closed = task.model_copy(
        update={
            "state": TaskState.DONE if done else TaskState.CANCELLED,
            "outcome": outcome,
            "closed_at": t,
            "closed_by": by or "drumbeat",
            "link": link or task.link,
        }
    )
    draft.tasks.pop(task.id, None)
    draft.note(EntryType.TASK_CLOSED, task.subject, f"{task.id} closed: {outcome}", t, task=closed)


def close_tasks_of(
    draft: Draft, cause: str, outcome: str, t: datetime, *, by: str = "", done: bool = True
) -> None:
    """Close every open task that this alert or slot opened."""
    for task in [task for task in draft.tasks.values() if task.cause == cause]:
        close_task(draft, task, outcome, t, by=by, done=done)


def next_turn(task: Task) -> datetime | None:
    """Return when a task wakes or escalates."""
    if task.state is TaskState.SNOOZED:
        return task.snoozed_until
    if task.escalations >= LEVELS:
        return None
    return task.due + escalation_step(task) * task.escalations


def escalation_step(task: Task) -> timedelta:
    """Return the time between two escalations: as long as the task has from its opening to its due."""
    return max(task.due - task.opened_at, timedelta(seconds=1))


def advance(draft: Draft, t: datetime) -> None:
    """Wake snoozed tasks and escalate overdue ones; one that is overdue when it wakes does both."""
    for task in list(draft.tasks.values()):
        if task.state is TaskState.SNOOZED and task.snoozed_until is not None and task.snoozed_until <= t:
            task = update_task(draft, task, "is open again", t, state=TaskState.OPEN, snoozed_until=None)  # noqa: PLW2901
        turn = next_turn(task)
        if task.state is not TaskState.SNOOZED and turn is not None and turn <= t:
            _escalate(draft, task, t)


def snooze(draft: Draft, task: Task, until: datetime, t: datetime) -> None:
    """Put a task to sleep; its due date moves by the time it sleeps, and never lies before its waking."""
    asleep_since = task.snoozed_until or t
    update_task(
        draft,
        task,
        f"sleeps until {moment(until, draft.plan.zone)}",
        t,
        state=TaskState.SNOOZED,
        snoozed_until=until,
        due=max(until, task.due + (until - asleep_since)),
    )


def _escalate(draft: Draft, task: Task, t: datetime) -> None:
    strategy = draft.plan.strategy
    ladder = [name for name in (strategy.deputy, strategy.owner) if name and name != task.assignee]
    to = ladder[min(task.escalations, len(ladder) - 1)] if ladder else task.assignee
    escalated = task.model_copy(update={"escalations": task.escalations + 1, "escalated_to": to})
    draft.tasks[task.id] = escalated
    late = f"overdue for {span(t - task.due)}" if t > task.due else "due now"
    summary = f"{task.id} is {late}: {task.title} → {to or 'nobody named'}"
    draft.note(EntryType.TASK_ESCALATED, task.subject, summary, t, task=escalated)
    notice = f"{task.id}/escalated/{escalated.escalations}"
    tell(draft, notice, Severity.WARNING, f"Overdue: {task.title}", f"{task.why}\n{summary}", to)


def tell(
    draft: Draft,
    notice: str,
    severity: Severity,
    title: str,
    body: str,
    person: str | None = None,
    through: tuple[str, ...] = (),
    about: tuple[Alert, ...] = (),
) -> bool:
    """Ask for a notification: through the named notifiers, else the person's, else the strategy's.

    Returns whether there is anybody to tell.
    """
    plan = draft.plan
    own = plan.people[person].notify if person and person in plan.people else ()
    names = set(through or own or plan.strategy.notify)
    notifiers = tuple(notifier for notifier in plan.workspace.notifiers if notifier.name in names)
    if notifiers:
        draft.ask(
            Notify(
                notice=f"{draft.strategy}/{notice}",
                strategy=draft.strategy,
                severity=severity,
                title=title,
                body=body,
                notifiers=notifiers,
                alerts=about,
            )
        )
    return bool(notifiers)
