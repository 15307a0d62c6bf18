"""The command `drumbeat`. Nothing heavy is imported before a command runs, so that `--help` answers at once."""

from __future__ import annotations

import contextlib
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.guard import MEANINGS, GuardedGroup
from engine.cli.options import Globals

# In the order of `--help`: from the first plan to the engine's own health. Each module has `register(app)`.
COMMANDS = (
    "init",
    "check",
    "schema",
    "demo",
    "up",
    "apply",
    "status",
    "tasks",
    "explain",
    "ack",
    "silence",
    "review",
    "pause",
    "resume",
    "simulate",
    "rules",
    "journal",
    "worker",
    "doctor",
)
_TEMPORAL = "temporalio.bridge.temporal_sdk_bridge"
_CODES = ", ".join(f"{code.value} {meaning}" for code, meaning in MEANINGS.items())


class Root(GuardedGroup):
    """All commands."""

    order = COMMANDS


app = typer.Typer(
    name="drumbeat",
    cls=Root,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"Exit codes: {_CODES}. The reference is in docs/reference/cli.md.",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"drumbeat {version('drumbeat')}")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="The engine's data directory. Default: $DRUMBEAT_HOME, else .drumbeat."
        ),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[  # noqa: ARG001 - answered by its callback
        bool,
        typer.Option("--version", help="Print the version and leave.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """Run a team's strategies: post on time, measure, notice lost momentum, call for revision.

    A first plan: `drumbeat init plan`, `drumbeat check plan`, `drumbeat simulate plan`. To let it live:
    `drumbeat up` in one terminal, `drumbeat apply plan` and `drumbeat status` in another.
    """
    ctx.obj = Globals(debug=debug, home=home)


for _name in COMMANDS:
    import_module(f"engine.cli.{_name}").register(app)


def main() -> None:
    """Run the command line of this process and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that lacks a letter shows another one; that is no reason to fail.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        app(prog_name="drumbeat")
    except SystemExit as leaving:
        _leave(leaving.code)
        raise


def _leave(code: object) -> None:
    """End the process at once where Temporal's library is loaded; elsewhere let it wind down as usual.

    The library has threads of its own. One that lets go of a Python object while the interpreter winds down aborts
    the process: two of ten `apply` on a busy machine had done their work and still ended with 134. Nothing of ours
    waits for the winding down.
    """
    if _TEMPORAL not in sys.modules:
        return
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code if isinstance(code, int) else 0 if code is None else 1)


if __name__ == "__main__":
    main()
