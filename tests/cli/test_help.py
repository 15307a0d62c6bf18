"""Help: complete for every command, and fast."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import typer

from engine.cli import reference
from engine.cli.main import COMMANDS, app
from tests.cli.conftest import Run

ROOT = typer.main.get_command(app)
EVERY = dict(reference.commands(ROOT))
REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"
ROUNDS = 9
# What no command may load before it runs: each costs more than all of `--help`.
HEAVY = ("pydantic", "temporalio", "sqlalchemy", "httpx", "structlog", "yaml", "rich", "asyncio", "croniter")


@pytest.mark.parametrize("name", EVERY)
def test_each_command_says_what_it_does_in_a_sentence(name: str) -> None:
    text: str = EVERY[name].help or ""
    assert text.split("\n", maxsplit=1)[0].rstrip().endswith("."), text


@pytest.mark.parametrize("name", ["drumbeat", *EVERY])
def test_each_option_and_argument_has_help(name: str) -> None:
    command: Any = ROOT if name == "drumbeat" else EVERY[name]
    for written, told in reference.parameters(command):
        assert len(told.split()) >= 3, f"{name} {written} has no help"


def test_all_promised_commands_are_there(run: Run) -> None:
    promised = "init check schema apply up demo status tasks pause resume simulate journal doctor"
    assert set(promised.split()) <= set(COMMANDS)
    text = run("--help").stdout
    assert all(f"  {name} " in text for name in COMMANDS)
    assert "5 an alert fires" in " ".join(text.split())


def test_the_list_of_commands_says_of_each_what_its_own_help_says_first() -> None:
    told = {name: (EVERY[f"drumbeat {name}"].help or "").strip().splitlines()[0] for name in COMMANDS}
    assert told == COMMANDS


def test_a_misspelt_command_is_shown_the_nearest_one(run: Run) -> None:
    assert "Did you mean 'status'?" in run("statsu").stderr


def test_the_reference_is_made_from_the_commands() -> None:
    remedy = "run `python -m engine.cli.reference > docs/reference/cli.md`"
    assert REFERENCE.read_text(encoding="utf-8") == reference.markdown(), remedy


def test_nothing_heavy_is_imported_for_help() -> None:
    script = (
        "import sys; from engine.cli.main import app; import typer; typer.main.get_command(app);"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


@pytest.mark.xdist_group("alone")
def test_help_needs_at_most_twice_the_time_of_importing_typer(tmp_path: Path) -> None:
    """Both in turn, several times; the quickest of each are compared, for others' work only ever adds to a time."""
    help_ = [sys.executable, "-m", "engine.cli.main", "--help"]
    bare = [sys.executable, "-c", "import typer"]
    for argv in (help_, bare):  # the first run of each may still have to compile
        seconds(argv, tmp_path)
    pairs = [(seconds(help_, tmp_path), seconds(bare, tmp_path)) for _ in range(ROUNDS)]
    ours, theirs = (min(times) for times in zip(*pairs, strict=True))
    assert ours / theirs <= 2.0, f"help {ours * 1000:.0f} ms, import typer {theirs * 1000:.0f} ms"


def seconds(argv: list[str], cwd: Path) -> float:
    """Return how long a program takes from start to end."""
    began = time.perf_counter()
    subprocess.run(argv, check=True, capture_output=True, cwd=cwd, timeout=60)
    return time.perf_counter() - began
