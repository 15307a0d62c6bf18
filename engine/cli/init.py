"""`drumbeat init`: a first plan that runs as it stands, with a comment at each turn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli import clock

if TYPE_CHECKING:
    from collections.abc import Mapping

TEMPLATES = Path(__file__).with_name("templates") / "init"
_HALF_A_YEAR = 182


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where to write it; made if needed.", show_default="here")
    ] = Path(),
) -> None:
    """Write a small plan to start from, with comments.

    A workspace, a strategy and three posts, which run as they stand. No file is ever overwritten.
    """
    from engine.cli.output import say
    from engine.domain.errors import DrumbeatError

    texts = plan_files()
    there = [name for name in texts if (folder / name).exists()]
    if there:
        raise DrumbeatError(
            f"{folder / there[0]} is there already, so nothing was written. Name a folder that is not there yet."
        )
    try:
        for name, text in texts.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
    except OSError as error:
        raise DrumbeatError(
            f"{error.filename or folder} cannot be written ({error.strerror}), so the plan is not complete. "
            "Make the folder writable, or name another one."
        ) from error
    say(*(str(folder / name) for name in texts))
    _what_next(folder)


def plan_files() -> Mapping[str, str]:
    """Return the files of the first plan: name and text, with dates of today."""
    from datetime import timedelta

    today = clock.now().date()
    fill = {
        "@YESTERDAY@": str(today - timedelta(days=1)),  # a day's number is known when the day is over
        "@TODAY@": str(today),
        "@DUE@": str(today + timedelta(days=_HALF_A_YEAR)),
        "@ZONE@": local_zone(),
    }
    texts = {}
    for path in sorted(TEMPLATES.rglob("*")):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            for mark, value in fill.items():
                text = text.replace(mark, value)
            texts[path.relative_to(TEMPLATES).as_posix()] = text
    return texts


def local_zone() -> str:
    """Return this machine's zone by its IANA name, or UTC where it has none."""
    from engine.domain.base import zone_names

    try:
        _, _, name = str(Path("/etc/localtime").resolve(strict=True)).partition("zoneinfo/")
    except OSError:
        return "UTC"
    name = name.removeprefix("posix/").removeprefix("right/")
    return name if name in zone_names() and name not in ("Etc/UTC", "Etc/UCT", "Etc/Universal") else "UTC"


def _what_next(folder: Path) -> None:
    from engine.cli.output import tell

    tell(
        "",
        "Next:",
        f"  drumbeat check {folder}       what is wrong, what is missing",
        f"  drumbeat simulate {folder}    half a year in a second",
        f"  drumbeat up {folder}          let it run",
    )


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("init")(init)
