"""The tutorial, followed word by word as far as no engine is needed: what it shows is what a reader sees.

Blocks of `console` hold commands and what they print; a line `…` stands for lines that are left out. Blocks of `diff`
are edits of `plan/strategy.yaml`, carried out in their order. The day is the one on which the tutorial was written.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from engine.cli import clock
from engine.cli import init as init_command
from engine.cli.main import app

TUTORIAL = Path(__file__).parent.parent / "docs" / "tutorial.md"
WRITTEN = datetime(2026, 11, 22, 10, 47, tzinfo=UTC)
# The others need an engine; that they can be typed is shown in test_snippets.
FOLLOWED = ("init", "check", "simulate", "schema")
_BLOCK = re.compile(r"^```(console|diff)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def steps(text: str) -> Iterator[tuple[str, str, list[str]]]:
    """Yield the tutorial's steps in order: ("diff", "", lines) or ("console", command, the lines it prints)."""
    for kind, body in _BLOCK.findall(text):
        if kind == "diff":
            yield "diff", "", body.splitlines()
            continue
        for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
            command, *printed = part.splitlines()
            yield "console", command, printed


def edit(path: Path, lines: list[str]) -> None:
    """Replace the block's `-` lines by its `+` lines; a missing or doubled place is a mistake of the tutorial."""
    old = "".join(f"{line[1:]}\n" for line in lines if line.startswith("-"))
    new = "".join(f"{line[1:]}\n" for line in lines if line.startswith("+"))
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times in {path.name}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def shows(printed: str, told: list[str]) -> bool:
    """Return whether the output has these lines in this order; between two of them only `…` leaves lines out."""
    pattern = "".join(r"(?:.*\n)*?" if line.strip() == "…" else re.escape(line) + r"\n" for line in told)
    return re.search(rf"^{pattern}", printed, re.MULTILINE) is not None


@pytest.fixture
def _that_day(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("DRUMBEAT_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(clock, "now", lambda: WRITTEN)
    monkeypatch.setattr(init_command, "local_zone", lambda: "UTC")
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("_that_day")
def test_following_the_tutorial_shows_what_it_says() -> None:
    followed = []
    for kind, command, told in steps(TUTORIAL.read_text(encoding="utf-8")):
        if kind == "diff":
            edit(Path("plan/strategy.yaml"), told)
            continue
        words = shlex.split(command.partition(" | ")[0], comments=True)
        if words[:1] != ["drumbeat"] or words[1] not in FOLLOWED:
            continue
        result = CliRunner().invoke(app, words[1:])
        assert result.exit_code in (0, 3), result.output
        assert shows(result.stdout, told), (
            f"$ {command}\n{result.stdout}\nis not what is told:\n" + "\n".join(told)
        )
        followed.append(words[1])
    assert followed.count("check") >= 3
    assert {"init", "check", "simulate"} == set(followed)


@pytest.mark.parametrize(
    ("told", "right"),
    [
        (["one", "two"], True),
        (["one", "…", "three"], True),
        (["…", "three"], True),
        (["one", "three"], False),
        (["on"], False),
        (["two", "one"], False),
    ],
)
def test_lines_are_compared_in_order_and_whole(told: list[str], right: bool) -> None:
    assert shows("one\ntwo\nthree\n", told) is right
