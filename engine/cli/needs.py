"""What needs a person in a strategy, the most pressing first, each with the command that answers it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from engine.cli.tasks import due_text, is_overdue
from engine.cli.text import short_stamp
from engine.domain.base import Model
from engine.domain.lifecycle.view import View
from engine.domain.records import Alert, AlertState, ReviewRecord, Task, TaskKind
from engine.domain.rule import Severity

_URGENCY = {Severity.CRITICAL: 0, Severity.WARNING: 1}
_LATE, _WAITING, _OPEN = 0, 3, 4


class Need(Model):
    """One thing that waits for a person: what, and the command to type. The lower `rank`, the more pressing."""

    what: str
    command: str
    rank: int
    pressing: bool


def needs(view: View, called: str, now: datetime) -> tuple[Need, ...]:
    """Return what waits for people at `now`; `called` is what one types for the strategy."""
    return tuple(sorted(_needs(view, called, now), key=lambda need: need.rank))


def needs_attention(view: View, now: datetime) -> bool:
    """Return whether an alert fires, unexplained and unsilenced, or a task is overdue: what `--exit-code` tells."""
    loud = any(fires(alert) and not is_held(alert) for alert in view.alerts)
    return loud or any(is_overdue(task, now) for task in view.tasks)


def fires(alert: Alert) -> bool:
    """Return whether an alert counts as firing; one that recovers still does."""
    return alert.state in (AlertState.FIRING, AlertState.RECOVERING)


def is_held(alert: Alert) -> bool:
    """Return whether nobody is told of an alert: its cause fires beside it, or somebody silenced it."""
    return bool(alert.inhibited_by or alert.silenced_by)


def _needs(view: View, called: str, now: datetime) -> Iterator[Need]:
    for alert in view.alerts:
        # What is only worth knowing stands under Alerts; it asks nobody to act.
        asks = alert.acknowledged_by is None and alert.severity is not Severity.INFO
        if fires(alert) and asks and not is_held(alert):
            yield _alert(alert, called)
    for task in view.tasks:
        if task.state != "snoozed":
            yield _task(task, called, view.zone, now)
    for record in view.reviews:
        if record.decision is None:
            yield _review(record, called, view.zone, now)


def _alert(alert: Alert, called: str) -> Need:
    return Need(
        what=f"{alert.severity} alert {alert.rule} on {alert.subject.partition('/')[2]}",
        command=f"drumbeat ack {called} {alert.id}",
        rank=_URGENCY[alert.severity],
        pressing=True,
    )


def _task(task: Task, called: str, zone: str, now: datetime) -> Need:
    late = is_overdue(task, now)
    who = task.assignee or "nobody"
    return Need(
        what=f"{task.id} {task.title} ({who}, {due_text(task, zone, now)})",
        command=task_command(task, called),
        rank=_LATE if late else _OPEN,
        pressing=late,
    )


def task_command(task: Task, called: str) -> str:
    """Return what to type when a task is done or decided."""
    if task.kind in (TaskKind.DECIDE, TaskKind.VERIFY):
        return f"drumbeat tasks decide {called} {task.id} DECISION"
    if task.kind is TaskKind.POST:
        return f"drumbeat tasks done {called} {task.id} --link URL"
    return f"drumbeat tasks done {called} {task.id} --outcome TEXT"


def _review(record: ReviewRecord, called: str, zone: str, now: datetime) -> Need:
    late = record.overdue or record.decide_by <= now
    until = short_stamp(record.decide_by, zone, now)
    when = f"OVERDUE since {until}" if late else f"decide by {until}"
    return Need(
        what=f"review {record.name} ({record.occasion}), {when}",
        command=f"drumbeat review {called} {record.id} DECISION",
        rank=_LATE if late else _WAITING,
        pressing=late,
    )
