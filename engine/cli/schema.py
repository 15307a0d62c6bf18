"""`drumbeat schema`: the JSON Schema of plan files, for editors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def schema(
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write it to this file instead of printing it."),
    ] = None,
) -> None:
    """Print the JSON Schema of plan files, for editors.

    With the YAML language server, begin a plan file with `# yaml-language-server: $schema=drumbeat.schema.json`.
    """
    import json

    from engine.cli.output import say, tell
    from engine.documents.schema import json_schema
    from engine.domain.errors import DrumbeatError

    text = json.dumps(json_schema(), ensure_ascii=False, indent=2)
    if out is None:
        say(text)
        return
    try:
        out.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise DrumbeatError(
            f"{out} cannot be written ({error.strerror}), so there is no schema. Name another file."
        ) from error
    tell(f"Wrote {out}.")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("schema")(schema)
