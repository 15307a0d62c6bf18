"""The command `drumbeat`. Nothing heavy is imported before a command runs, so that `--help` answers at once."""

from __future__ import annotations

import contextlib
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.guard import MEANINGS, GuardedGroup
from engine.cli.options import Globals

# In the order of `--help`: from the first plan to the engine's own health, each with the first sentence of its help. Each
# module has `register(app)`, and is loaded when its command is asked for: `--help` answers at once.
COMMANDS = {
    "init": "Write a small plan to start from, with comments.",
    "check": "Say what is wrong with a plan, and what it lacks.",
    "schema": "Print the JSON Schema of plan files, for editors.",
    "demo": "Show all of it at work within a minute.",
    "up": "Run the engine on this machine, until Ctrl-C.",
    "apply": "Check plans and let the engine carry them out.",
    "status": "Show how the strategies stand, and what needs you first.",
    "tasks": "Show the open tasks; say that one is done, later or decided.",
    "explain": "Say why rules are true, false or unknown of a subject, and who was told.",
    "ack": "Say that you have seen an alert and deal with it.",
    "silence": "Tell nobody of certain alerts for a while, always with an end.",
    "review": "Record what a review decided.",
    "pause": "Stop posting for a while.",
    "resume": "End a pause now.",
    "simulate": "Show what a plan would do, with a virtual clock.",
    "rules": "Read, test and try out the rules that watch a strategy.",
    "journal": "Show what happened, the newest last.",
    "worker": "Run a worker alone, until it is stopped.",
    "doctor": "Look at this machine, the engine and the store.",
}
_TEMPORAL = "temporalio.bridge.temporal_sdk_bridge"
_CODES = ", ".join(f"{code.value} {meaning}" for code, meaning in MEANINGS.items())


def _made(name: str) -> dict[str, Any]:
    alone = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    import_module(f"engine.cli.{name}").register(alone)
    return dict(typer.main.get_group(alone).commands)


class Root(GuardedGroup):
    """All commands, each made when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 -- Click's signature
        """Return the commands in the order in which a person meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command, or None when there is none of that name."""
        # A name that is none is compared with those that are there, for "did you mean".
        for name in [cmd_name] if cmd_name in COMMANDS else COMMANDS:
            if name not in self.commands:
                self.commands.update(_made(name))
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 -- Click's signature
        """Write the list of commands without making them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


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
