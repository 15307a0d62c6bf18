"""`drumbeat up`: the engine on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.options import person, settings_of


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(up)


def up(
    ctx: typer.Context,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]…", help="Plan files or folders to apply once the engine is ready."),
    ] = None,
) -> None:
    """Run the engine on this machine, until Ctrl-C.

    It is the embedded Temporal server (unless another one is set) and a worker.

    Both are started again when they die. Everything is kept in the data directory; started again, the engine
    goes on where it was.
    """
    from engine.cli.output import tell_sentences
    from engine.documents.load import load
    from engine.runtime.engine import apply_when_ready, run_engine

    settings = settings_of(ctx)
    # Read before anything starts: a broken plan must not leave a half-started engine behind.
    plans = load(paths).plans if paths else ()

    def say(line: str) -> None:
        tell_sentences(line)

    async def body(ui_address: str | None) -> int:
        import asyncio

        await apply_when_ready(settings, plans, author=person(""), say=say)
        if ui_address:
            say(f"Temporal's own web page: {ui_address}")
        say("The engine is ready. `drumbeat status` in another terminal shows what runs; Ctrl-C stops it.")
        await asyncio.Event().wait()
        return 0

    raise typer.Exit(run_engine(settings, say=say, body=lambda home: body(home.record.ui_address)))
