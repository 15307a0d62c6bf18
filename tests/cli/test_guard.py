"""Errors become sentences and codes; the table of exit codes is kept; nobody sees a traceback by accident."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from engine.cli.guard import MEANINGS, ExitCode, GuardedGroup
from engine.domain.errors import DocumentError, DrumbeatError, Problem
from tests.cli import lived
from tests.cli.conftest import Run

SECRET = "hunter2"


class Small(GuardedGroup):
    order = ("fail",)


def failing(error: BaseException) -> typer.Typer:
    """Return a command line whose one command raises."""
    app = typer.Typer(cls=Small, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.callback()(lambda debug=False: None)

    @app.command("fail")
    def fail() -> None:
        raise error

    return app


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DrumbeatError("no"), ExitCode.FAILURE),
        (DocumentError([Problem("plan.yaml", 3, 1, "wrong", "mend")]), ExitCode.FINDINGS),
        (RuntimeError("unexpected"), ExitCode.FAILURE),
        (KeyboardInterrupt(), ExitCode.INTERRUPTED),
        (BrokenPipeError(), ExitCode.OK),
        (typer.Exit(5), ExitCode.ATTENTION),
        (typer.BadParameter("x"), ExitCode.USAGE),
    ],
)
def test_every_error_has_its_code(
    error: BaseException, code: ExitCode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    result = CliRunner().invoke(failing(error), ["fail"])
    assert result.exit_code == code
    assert result.stdout == ""
    assert "Traceback" not in result.stderr


def test_a_documents_problems_are_shown_with_place_and_count() -> None:
    problems = [Problem("plan.yaml", 3, 1, "wrong", "mend"), Problem("plan.yaml", 4, 1, "worse")]
    result = CliRunner().invoke(failing(DocumentError(problems)), ["fail"])
    assert "plan.yaml:3:1: wrong\n    mend\n" in result.stderr
    assert "2 problems; nothing was changed." in result.stderr


def test_an_unexpected_error_keeps_its_traceback_in_a_private_file_and_its_message_off_the_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    result = CliRunner().invoke(failing(RuntimeError(SECRET)), ["fail"])
    assert SECRET not in result.stderr
    assert "unexpected RuntimeError" in result.stderr
    assert "drumbeat doctor" in result.stderr
    found = re.search(r"traceback is in (\S+)\.", result.stderr)
    assert found
    kept = Path(found[1])
    assert "Traceback" in kept.read_text()
    assert kept.stat().st_mode & 0o077 == 0


def test_debug_shows_the_traceback(run: Run) -> None:
    result = run("--debug", "status", "nobody")
    assert result.exit_code == 1
    assert "Traceback" in result.stderr


def test_the_exit_codes_are_the_documented_ones() -> None:
    assert {code.name: code.value for code in MEANINGS} == {
        "OK": 0,
        "FAILURE": 1,
        "USAGE": 2,
        "FINDINGS": 3,
        "PENDING": 4,
        "ATTENTION": 5,
        "INTERRUPTED": 130,
    }


def drumbeat(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "engine.cli.main", *words]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("DRUMBEAT_")}
    return subprocess.run(argv, capture_output=True, text=True, cwd=cwd, env=environ, check=False, timeout=60)


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "engine.cli.main", "simulate", str(lived.PLAN), "--days", "900", "--json"]
    with subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith('{"schema"')
        process.stdout.close()
        assert process.wait(timeout=60) == 0
        assert process.stderr.read() == ""


def test_a_wrong_setting_is_told_without_a_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRUMBEAT_DATABASE_URL", f"mysql://root:{SECRET}@host/db")
    result = run("status")
    assert result.exit_code == 1
    assert "DRUMBEAT_DATABASE_URL" in result.stderr
    assert SECRET not in result.stderr


def test_the_module_and_the_command_are_the_same(tmp_path: Path) -> None:
    answer = drumbeat("--version", cwd=tmp_path)
    assert answer.returncode == 0
    assert re.fullmatch(r"drumbeat \d+\.\d+\.\d+\S*\n", answer.stdout)


def test_an_unknown_command_is_a_usage_error_with_the_nearest(tmp_path: Path) -> None:
    answer = drumbeat("stauts", cwd=tmp_path)
    assert answer.returncode == 2
    assert "status" in answer.stderr


@pytest.mark.parametrize(
    ("words", "code"), [(("--version",), 0), (("stauts",), 2), (("check", "nowhere"), 3)]
)
def test_with_temporals_library_loaded_a_command_leaves_without_winding_down(
    tmp_path: Path, words: tuple[str, ...], code: int
) -> None:
    # What the library's threads do while the interpreter winds down aborts the process now and then; an exit
    # handler stands for them here.
    script = (
        "import atexit, sys; import temporalio.bridge.temporal_sdk_bridge; from engine.cli.main import main; "
        f"atexit.register(print, 'winding down'); sys.argv = {['drumbeat', *words]!r}; main()"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, check=False, timeout=60
    )
    assert answer.returncode == code, answer.stderr
    assert answer.stdout + answer.stderr
    assert "winding down" not in answer.stdout


def test_output_to_a_terminal_that_lacks_letters_does_not_fail(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "engine.cli.main", "simulate", str(lived.PLAN), "--days", "8"]
    environ = {**os.environ, "PYTHONIOENCODING": "ascii"}
    answer = subprocess.run(argv, capture_output=True, cwd=tmp_path, env=environ, check=False, timeout=60)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.isascii()
