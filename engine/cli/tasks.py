"""`drumbeat tasks`: the work that waits for people, and what they say about it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli import clock
from engine.cli.options import By, Json, MaybeStrategy, StrategyName, settings_of
from engine.cli.stored import command, reading, strategy_ids, zone_of

if TYPE_CHECKING:
    from datetime import datetime

    from engine.domain.messages import CompleteTask, DecideSlot, SnoozeTask
    from engine.domain.records import Task
    from engine.domain.storage import Store

SCHEMA = "drumbeat/tasks/v1"
TaskId = Annotated[str, typer.Argument(metavar="TASK", help="The task's number, such as T4.")]
Link = Annotated[str | None, typer.Option(metavar="URL", help="Where the post can be seen.")]

group = typer.Typer(rich_markup_mode=None, invoke_without_command=True)


class SlotDecision(StrEnum):
    """What becomes of a post that asks."""

    POST = "post"
    DROP = "drop"
    POSTED = "posted"


@group.callback()
def tasks(ctx: typer.Context, json: Json = False) -> None:
    """Show the open tasks; say that one is done, later or decided."""
    if ctx.invoked_subcommand is None:
        list_tasks(ctx, json=json)


@group.command("list")
def list_tasks(
    ctx: typer.Context,
    strategy: MaybeStrategy = None,
    everything: Annotated[bool, typer.Option("--all", help="Closed tasks as well.")] = False,
    json: Json = False,
) -> None:
    """Show the open tasks, the earliest due first."""
    from engine.cli.names import resolve
    from engine.cli.output import print_document

    now = clock.now()
    with reading(settings_of(ctx)) as store:
        known = strategy_ids(store)
        name = resolve(strategy, known) if strategy else None
        found = store.tasks(name, open_only=not everything) if store else []
        zones = {owner: zone_of(store, owner) for owner in {owner for owner, _ in found}} if store else {}
    if json:
        records = [
            {"strategy": owner, "overdue": is_overdue(task, now), **task.model_dump(mode="json")}
            for owner, task in found
        ]
        print_document(SCHEMA, {"now": clock.as_json(now), "tasks": records})
        return
    _print_table(found, zones, known, now)


def _print_table(
    found: list[tuple[str, Task]], zones: dict[str, str], known: list[str], now: datetime
) -> None:
    from engine.cli.names import NOTHING_YET, short_names
    from engine.cli.output import paint, say
    from engine.cli.text import columns, terminal_width, wrapped

    if not found:
        say(*wrapped("No task is open." if known else NOTHING_YET, terminal_width()))
        return
    shown = short_names(known)
    rows = []
    for owner, task in found:
        due = due_text(task, zones[owner], now)
        due = paint(due, "red") if is_overdue(task, now) else due
        rows.append([shown[owner], task.id, due, task.assignee or "nobody", task.title])
    say(*columns(rows, terminal_width(), indent=""))


@group.command("done")
def done(
    ctx: typer.Context,
    strategy: StrategyName,
    task: TaskId,
    link: Link = None,
    outcome: Annotated[str, typer.Option(metavar="TEXT", help="How it ended, in a sentence.")] = "",
    by: By = "",
) -> None:
    """Say that a task is done. The link of a post is looked at before it counts."""

    def order(store: Store, name: str) -> CompleteTask:  # noqa: ARG001 - what every order gets
        from engine.domain.messages import CompleteTask

        return CompleteTask(task=task, link=link, outcome=outcome)

    command(ctx, strategy, order, by=by)


@group.command("snooze")
def snooze(
    ctx: typer.Context,
    strategy: StrategyName,
    task: TaskId,
    until: Annotated[
        str,
        typer.Option(
            metavar="TIME", help="When it wakes: a date, a time, or a distance from now such as 3d."
        ),
    ],
    by: By = "",
) -> None:
    """Put a task off. Its due date moves with it."""

    def order(store: Store, name: str) -> SnoozeTask:

        from engine.cli.times import parse_moment
        from engine.domain.messages import SnoozeTask

        wake = parse_moment(until, zone_of(store, name), clock.now(), option="--until")
        return SnoozeTask(task=task, until=wake)

    command(ctx, strategy, order, by=by)


@group.command("decide")
def decide(
    ctx: typer.Context,
    strategy: StrategyName,
    task: TaskId,
    decision: Annotated[
        SlotDecision,
        typer.Argument(
            metavar="post|drop|posted",
            help="post: send it now. drop: let this slot go. posted: it is there already (add --link).",
        ),
    ],
    link: Link = None,
    by: By = "",
) -> None:
    """Say what becomes of a post that is late, failed, or may or may not have arrived."""

    def order(store: Store, name: str) -> DecideSlot:  # noqa: ARG001 - what every order gets
        from engine.domain.messages import DecideSlot

        return DecideSlot.model_validate({"task": task, "decision": str(decision), "link": link})

    command(ctx, strategy, order, by=by)


def is_overdue(task: Task, now: datetime) -> bool:
    """Return whether an open task should have been done by now."""
    return task.state in ("open", "verifying") and task.due <= now


def due_text(task: Task, zone: str, now: datetime) -> str:
    """Say until when a task is to be done, or that it is late, sleeps or is closed."""
    from engine.cli.text import ago, short_stamp

    if task.closed_at is not None:
        return f"{task.state} {short_stamp(task.closed_at, zone, now)}"
    if task.snoozed_until is not None and task.state == "snoozed":
        return f"asleep until {short_stamp(task.snoozed_until, zone, now)}"
    if is_overdue(task, now):
        return f"OVERDUE, was due {ago(task.due, now)}"
    return f"due {short_stamp(task.due, zone, now)}"


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="tasks")
