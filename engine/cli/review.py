"""`drumbeat review`: record what a review decided."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.options import By, StrategyName
from engine.cli.stored import command

if TYPE_CHECKING:
    from engine.domain.messages import DecideReview
    from engine.domain.storage import Store


class Decision(StrEnum):
    """What a review may decide; the heart's own list, repeated here because that takes long to load."""

    KEEP = "keep"
    CHANGE = "change"
    STOP = "stop"
    EXPERIMENT = "experiment"


def review(
    ctx: typer.Context,
    strategy: StrategyName,
    review: Annotated[
        str,
        typer.Argument(
            metavar="REVIEW", help="The open review as `status` shows it; its name without number will do."
        ),
    ],
    decision: Annotated[
        Decision, typer.Argument(metavar="keep|change|stop|experiment", help="What was decided.")
    ],
    note: Annotated[str, typer.Option(metavar="TEXT", help="Why, in a sentence.")] = "",
    by: By = "",
) -> None:
    """Record what a review decided.

    Anything but `keep` becomes a task for the owner.
    """

    def order(store: Store, name: str) -> DecideReview:
        from engine.domain.messages import DecideReview
        from engine.domain.records import ReviewDecision

        meant = [record.id for _, record in store.reviews(name) if review in (record.id, record.name)]
        chosen = meant[0] if len(meant) == 1 else review
        return DecideReview(review=chosen, decision=ReviewDecision(str(decision)), note=note)

    command(ctx, strategy, order, by=by)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("review")(review)
