"""`drumbeat resume`: end a pause before it would end by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from engine.cli.options import By, StrategyName
from engine.cli.pause import ActionOption, ChannelOption, scope_of
from engine.cli.stored import command

if TYPE_CHECKING:
    from engine.domain.messages import EndPause
    from engine.domain.storage import Store


def resume(
    ctx: typer.Context,
    strategy: StrategyName,
    channel: ChannelOption = None,
    action: ActionOption = None,
    by: By = "",
) -> None:
    """End a pause now.

    Name the same channel or action that was paused.
    """
    scope = scope_of(channel, action)

    def order(store: Store, name: str) -> EndPause:  # noqa: ARG001 - what every order gets
        from engine.domain.messages import EndPause

        return EndPause(scope=scope)

    command(ctx, strategy, order, by=by)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("resume")(resume)
