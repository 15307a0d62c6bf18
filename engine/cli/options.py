"""Options and arguments that several commands share, and what they mean."""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from engine.runtime.settings import Settings

ShowCoverage = Annotated[
    bool,
    typer.Option("--coverage", help="Show which single conditions were not seen both true and false."),
]
MinCoverage = Annotated[
    float,
    typer.Option(
        metavar="PERCENT", min=0, max=100, help="Exit with 3 when fewer conditions were seen both ways."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON with a `schema` field instead of text.")]
Paths = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="PATH", help="Plan files, or folders that hold them. Default: the current folder."
    ),
]
StrategyName = Annotated[
    str, typer.Argument(metavar="STRATEGY", help="The strategy: its name, or `workspace/name`.")
]
MaybeStrategy = Annotated[
    str | None,
    typer.Argument(metavar="STRATEGY", help="One strategy: its name, or `workspace/name`. Default: all."),
]
By = Annotated[
    str,
    typer.Option(
        "--by", metavar="NAME", help="Who says so. Default: the name of this user.", show_default=False
    ),
]


@dataclass(frozen=True)
class Globals:
    """The options before the command."""

    debug: bool = False
    home: Path | None = None


def settings_of(ctx: typer.Context) -> Settings:
    """Read the settings, with the options of the command line laid over them. Raises SettingsError."""
    from engine.runtime.settings import load_settings

    given = ctx.obj if isinstance(ctx.obj, Globals) else Globals()
    return load_settings(home=given.home)


def paths_or_here(paths: list[Path] | None) -> list[Path]:
    """Return the paths named, or the current folder."""
    return paths or [Path()]


def person(by: str) -> str:
    """Return who gives a command: the name given, or this user's."""
    if by.strip():
        return by.strip()
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return "somebody"
