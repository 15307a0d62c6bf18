"""The reference of the command line, made from the commands themselves: `python -m engine.cli.reference`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import typer

from engine.cli.guard import MEANINGS
from engine.cli.main import app
from engine.domain.journal import EntryType

_HEAD = """\
# The command line

This page is made from the commands by `python -m engine.cli.reference > docs/reference/cli.md`.

Data goes to stdout; progress, hints and errors go to stderr. With `--json` a command prints one JSON document, or
one record a line (`simulate`, `journal`); each has a field `schema` that names its form and its version. Colour is
used on a terminal only, never where `NO_COLOR` is set, and never as the only sign.

A record of `simulate` (`drumbeat/simulation/v1`) and of `journal` (`drumbeat/journal/v1`) is one entry of the journal:
`at` (when it became true, UTC), `strategy`, `type`, `subject` (such as `channel/blog`), `summary` (a sentence for
people), `seq` (its number within the strategy, from 1), and then the fields of its data, such as `alert`, `task`,
`review` or `slot`. The types are: {types}.

Times may be written as a date (midnight in the strategy's zone), a local time (`2026-03-01T09:00`), a time with its
zone (`2026-03-01T09:00Z`), and, where that makes sense, a distance from now (`36h`, `3d`).
"""


def markdown() -> str:
    """Return the reference as Markdown."""
    root = typer.main.get_command(app)
    codes = [f"| {code.value} | {meaning} |" for code, meaning in MEANINGS.items()]
    types = ", ".join(f"`{kind}`" for kind in EntryType)
    parts = [
        _HEAD.format(types=types),
        "## Exit codes\n\n| code | meaning |\n| --- | --- |\n" + "\n".join(codes) + "\n",
        "## Before the command\n\n" + _table(root),
    ]
    parts += [_section(command, name) for name, command in commands(root)]
    return "\n".join(parts)


def commands(root: Any, prefix: str = "drumbeat") -> Iterator[tuple[str, Any]]:
    """Yield every command with its full name; a group comes before its own commands."""
    context = root.context_class(root)
    for name in root.list_commands(context):
        command = root.get_command(context, name)
        yield f"{prefix} {name}", command
        if hasattr(command, "commands"):
            yield from commands(command, f"{prefix} {name}")


def parameters(command: Any) -> Iterator[tuple[str, str]]:
    """Yield what a command takes: how it is written, and its help."""
    context = command.context_class(command)
    for param in command.params:
        record = param.get_help_record(context)
        if record is not None:
            written, told = record
            yield (param.metavar or written if param.param_type_name == "argument" else written), told


def _section(command: Any, name: str) -> str:
    text = inspect.cleandoc(command.help or "")
    return f"## `{name}`\n\n{text}\n\n{_table(command)}"


def _table(command: Any) -> str:
    rows = [f"| `{_cell(written)}` | {_cell(told)} |" for written, told in parameters(command)]
    return "\n".join(["| | |", "| --- | --- |", *rows]) + "\n" if rows else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    print(markdown(), end="")
