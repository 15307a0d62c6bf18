"""What people did and left, as the journal of a year tells it afterwards: tasks, slots, and content that ran out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from benchmarks.packs.incidents import DAY, HOUR, Happening, Span
from engine.domain.journal import Entry, EntryType
from engine.domain.records import Task, TaskKind

# What the rules promise, said once more here: until then it is late and no incident. A slot has its plan's grace of an hour
# and six hours besides.
LEFT_LYING = 3 * DAY
UNSETTLED = 6 * HOUR + HOUR
TOO_MANY = 3
_OF_SLOTS = (TaskKind.POST, TaskKind.DECIDE, TaskKind.VERIFY)


def tasks_of(entries: Iterable[Entry]) -> list[Task]:
    """Return all tasks as they ended, or stood at the end."""
    kinds = (EntryType.TASK_OPENED, EntryType.TASK_UPDATED, EntryType.TASK_ESCALATED, EntryType.TASK_CLOSED)
    found = (Task.model_validate(entry.data["task"]) for entry in entries if entry.type in kinds)
    return list({task.id: task for task in found}.values())


def late(tasks: Iterable[Task], end: datetime) -> Iterator[Happening]:
    """Yield the tasks that were done late: left lying, or as near misses only a little late."""
    for task in tasks:
        closed = task.closed_at or end
        if closed <= task.due:
            continue
        span = Span(task.due, closed)
        if task.kind is not TaskKind.POST:
            near = closed <= task.due + LEFT_LYING
            yield Happening("TaskOverdue", (f"task/{task.id}",), span, near=near)
        if task.kind in _OF_SLOTS:
            action = (task.cause or "").partition("@")[0]
            near = closed <= task.due + UNSETTLED
            yield Happening("SlotUnsettled", (f"action/{action}",), span, near=near)


def slow(entries: Iterable[Entry], tasks: Sequence[Task]) -> Iterator[Happening]:
    """Yield the posts of which nobody knew for long whether they were there."""
    asked = {task.cause for task in tasks}
    for entry in entries:
        if entry.type is EntryType.SLOT_PUBLISHED:
            slot = datetime.fromisoformat(str(entry.data["slot"]))
            name = f"{entry.data['action']}@{slot:%Y-%m-%dT%H:%M:%SZ}"
            took = entry.at - slot
            if took > timedelta(minutes=1) and name not in asked:
                subjects = (f"action/{entry.data['action']}",)
                yield Happening("SlotUnsettled", subjects, Span(slot, entry.at), near=took <= UNSETTLED)


def overrun(tasks: Iterable[Task], end: datetime) -> Iterator[Happening]:
    """Yield when a person had three tasks overdue at once, until the last of them is done."""
    overdue: dict[str, list[Span]] = {}
    for task in tasks:
        if task.assignee and (task.closed_at or end) > task.due:
            overdue.setdefault(task.assignee, []).append(Span(task.due, task.closed_at or end))
    for person, spans in overdue.items():
        since: datetime | None = None
        for at, following in pairwise(
            [*sorted({at for span in spans for at in (span.start, span.end)}), end]
        ):
            many = sum(span.holds(at) for span in spans)
            if many >= TOO_MANY and since is None:
                since = at
            if since is not None and (many == 0 or following == end):
                # Shorter than a day and a judging it is not overrun.
                lasted = _longest(spans, since, at)
                yield Happening(
                    "PersonOverloaded", (f"person/{person}",), Span(since, at), near=lasted < DAY + 6 * HOUR
                )
                since = None


def _longest(spans: Sequence[Span], start: datetime, end: datetime) -> timedelta:
    """Return the longest time within which three or more were overdue."""
    best, since = timedelta(0), None
    for at in sorted({at for span in spans for at in (span.start, span.end) if start <= at <= end}):
        if sum(span.holds(at) for span in spans) >= TOO_MANY:
            since = since or at
        elif since is not None:
            best, since = max(best, at - since), None
    return best


def first_empty(entries: Iterable[Entry], span: Span) -> datetime | None:
    """Return when the first slot within the span found nothing to post."""
    for entry in entries:
        if entry.type is EntryType.TASK_OPENED and span.holds(entry.at):
            task = Task.model_validate(entry.data["task"])
            if task.kind is TaskKind.CONTENT:
                return entry.at
    return None
