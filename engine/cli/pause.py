"""`drumbeat pause`: a declared standstill of a strategy, a channel or an action."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli import clock
from engine.cli.options import By, StrategyName
from engine.cli.stored import command, zone_of

if TYPE_CHECKING:
    from engine.domain.messages import StartPause
    from engine.domain.storage import Store

ChannelOption = Annotated[
    str | None, typer.Option("--channel", metavar="NAME", help="Only this channel, with all its actions.")
]
ActionOption = Annotated[str | None, typer.Option("--action", metavar="NAME", help="Only this action.")]


def pause(
    ctx: typer.Context,
    strategy: StrategyName,
    channel: ChannelOption = None,
    action: ActionOption = None,
    until: Annotated[
        str,
        typer.Option(
            metavar="TIME",
            help="When it goes on by itself: a date, a time, or a distance such as 2w. Default: when resumed.",
        ),
    ] = "",
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, for the journal.")] = "",
    by: By = "",
) -> None:
    """Stop posting for a while.

    The momentum clocks stand still meanwhile, so no silence is called out.

    What is due during the pause is skipped.
    """
    scope = scope_of(channel, action)

    def order(store: Store, name: str) -> StartPause:

        from engine.cli.times import parse_moment
        from engine.domain.messages import StartPause

        zone, now = zone_of(store, name), clock.now()
        end = parse_moment(until, zone, now, option="--until") if until else None
        return StartPause(scope=scope, until=end, reason=reason)

    command(ctx, strategy, order, by=by)


def scope_of(channel: str | None, action: str | None) -> str:
    """Return what a pause is about. Raises typer.BadParameter when both are given, or a name is none."""
    import re

    if channel is not None and action is not None:
        raise typer.BadParameter("give --channel or --action, not both", param_hint="--channel")
    kind, name = ("channel", channel) if channel is not None else ("action", action)
    if name is None:
        return "strategy"
    if not re.fullmatch(r"[A-Za-z][\w-]*", name):
        raise typer.BadParameter(f"{name!r} is no name of the plan", param_hint=f"--{kind}")
    return f"{kind}/{name}"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("pause")(pause)
