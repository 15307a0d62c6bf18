"""`drumbeat doctor`: is this machine in order, and if not, what to do."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.guard import ExitCode
from engine.cli.options import Json, settings_of

SCHEMA = "drumbeat/doctor/v1"


Ask = Annotated[
    bool,
    typer.Option(
        "--ask",
        help="Also ask the server of every account in use for its limits. Needs the accounts' secrets.",
    ),
]


def doctor(ctx: typer.Context, ask: Ask = False, json: Json = False) -> None:
    """Look at this machine, the engine and the store.

    Says what to do and changes nothing. Each line is ok, warn or fail; exit code 1 when one fails.
    """
    from dataclasses import asdict

    from engine.cli.examination import examine
    from engine.cli.output import paint, print_document, say
    from engine.cli.text import columns, terminal_width

    looks = list(examine(settings_of(ctx), ask=ask))
    failed = any(look.verdict == "fail" for look in looks)
    if json:
        print_document(SCHEMA, {"ok": not failed, "looks": [asdict(look) for look in looks]})
    else:
        colours = {"ok": "green", "warn": "yellow", "fail": "red"}
        rows = [
            [
                paint(look.verdict, colours[look.verdict]),
                look.name,
                f"{look.detail}. {look.mend}" if look.mend else look.detail,
            ]
            for look in looks
        ]
        say(*columns(rows, terminal_width(), indent=""))
    if failed:
        raise typer.Exit(ExitCode.FAILURE)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)
