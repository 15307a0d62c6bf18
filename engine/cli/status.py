"""`drumbeat status`: how every strategy stands, and what needs a person first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli import clock
from engine.cli.guard import ExitCode
from engine.cli.options import Json, MaybeStrategy, settings_of
from engine.cli.stored import reading

if TYPE_CHECKING:
    from datetime import datetime

    from engine.domain.lifecycle.view import View
    from engine.runtime.settings import Settings

SCHEMA = "drumbeat/status/v1"
_MOST_IN_FULL = 3


def status(
    ctx: typer.Context,
    strategy: MaybeStrategy = None,
    json: Json = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 5 when an alert fires or a task is overdue.")
    ] = False,
) -> None:
    """Show how the strategies stand, and what needs you first.

    Below it: alerts with their reasons, channels, goals, tasks and what comes next. More than three strategies are shown in brief; name one to see all of it.
    """
    from engine.cli.names import NOTHING_YET, short_names
    from engine.cli.needs import needs_attention
    from engine.cli.output import print_document, say
    from engine.cli.text import terminal_width, wrapped

    settings, now = settings_of(ctx), clock.now()
    views, known = _views(settings, strategy)
    called = short_names(known)
    attention = any(needs_attention(view, now) for view in views)
    if json:
        print_document(SCHEMA, _document(settings, views, called, now, attention=attention))
    else:
        if not views:
            say(*wrapped(NOTHING_YET, terminal_width()))
        engine = wrapped(engine_line(settings), terminal_width())
        # That nothing runs comes before everything that is shown as if it did.
        stopped = bool(views) and not engine_runs(settings)
        say(*([*engine, ""] if stopped else []))
        _print(views, called, now, in_full=strategy is not None or len(views) <= _MOST_IN_FULL)
        say(*([] if stopped else engine))
    if attention and exit_code:
        raise typer.Exit(ExitCode.ATTENTION)


def _views(settings: Settings, strategy: str | None) -> tuple[list[View], list[str]]:
    """Return the strategies to show as they were stored, and the names of all."""
    from engine.cli.names import resolve
    from engine.runtime.viewing import view_of

    with reading(settings) as store:
        rows = store.strategies() if store else []
        known = [row.strategy for row in rows]
        wanted = [resolve(strategy, known)] if strategy else known
        return [view_of(store, row) for row in rows if store and row.strategy in wanted], known


def _document(
    settings: Settings, views: Sequence[View], called: dict[str, str], now: datetime, *, attention: bool
) -> dict[str, Any]:
    from engine.cli.needs import needs, needs_attention
    from engine.runtime.operations import engine_info

    engine = engine_info(settings)
    return {
        "now": clock.as_json(now),
        "attention": attention,
        "engine": {
            "running": engine is not None if settings.embedded else None,
            "address": engine.address if engine else settings.temporal_address,
            "ui": engine.ui_address if engine else None,
        },
        "strategies": [
            {
                "attention": needs_attention(view, now),
                "needs": [need.model_dump(mode="json") for need in needs(view, called[view.strategy], now)],
                **view.model_dump(mode="json"),
            }
            for view in views
        ],
    }


def _print(views: Sequence[View], called: dict[str, str], now: datetime, *, in_full: bool) -> None:
    from engine.cli.dashboard import brief, full
    from engine.cli.needs import needs
    from engine.cli.output import say
    from engine.cli.text import terminal_width

    room = terminal_width()
    for view in views:
        name = called[view.strategy]
        waiting = needs(view, name, now)
        say(*(full(view, waiting, now, room) if in_full else brief(view, waiting, name, room)), "")


def engine_runs(settings: Settings) -> bool:
    """Return False only where this command can know that nothing runs: an embedded engine that is not there."""
    from engine.runtime.operations import engine_info

    return not settings.embedded or engine_info(settings) is not None


def engine_line(settings: Settings) -> str:
    """Say whether the engine runs, and where to look at it or how to start it."""
    from engine.runtime.operations import engine_info

    engine = engine_info(settings)
    if engine is None:
        if not settings.embedded:
            return f"The engine is a Temporal server elsewhere: {settings.temporal_address or 'by profile'}."
        return "The engine is not running: nothing is posted or measured. Start it with `drumbeat up`."
    ui = f"; Temporal's own pages: {_url(engine.ui_address)}" if engine.ui_address else ""
    return f"The engine runs (pid {engine.pid}){ui}"


def _url(address: str) -> str:
    return address if "://" in address else f"http://{address}"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("status")(status)
