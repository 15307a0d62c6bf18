"""`drumbeat ack`: somebody has seen an alert and deals with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.options import By, StrategyName
from engine.cli.stored import command

if TYPE_CHECKING:
    from engine.domain.messages import AcknowledgeAlert
    from engine.domain.storage import Store


def ack(
    ctx: typer.Context,
    strategy: StrategyName,
    alert: Annotated[
        str,
        typer.Argument(
            metavar="ALERT",
            help="The alert as `status` shows it, such as ChannelSilent@channel/blog; its rule or subject alone "
            "will do where only one fits.",
        ),
    ],
    by: By = "",
) -> None:
    """Say that you have seen an alert and deal with it."""

    def order(store: Store, name: str) -> AcknowledgeAlert:
        from engine.cli.names import match_alert
        from engine.domain.messages import AcknowledgeAlert

        return AcknowledgeAlert(alert=match_alert(alert, [found.id for _, found in store.alerts(name)]))

    command(ctx, strategy, order, by=by)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("ack")(ack)
