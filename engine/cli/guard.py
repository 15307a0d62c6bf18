"""Exit codes, and the one place where an error becomes a sentence and a code."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from enum import IntEnum
from typing import Any

import typer
from typer.core import TyperGroup


class ExitCode(IntEnum):
    """What the command says to a script. 4 and 5 only where `--exit-code` asks for them."""

    OK = 0
    FAILURE = 1
    USAGE = 2
    FINDINGS = 3
    PENDING = 4
    ATTENTION = 5
    INTERRUPTED = 130


MEANINGS = {
    ExitCode.OK: "all is well",
    ExitCode.FAILURE: "it failed; stderr says why and what to do",
    ExitCode.USAGE: "the command line is wrong",
    ExitCode.FINDINGS: "a document has problems, or findings that matter",
    ExitCode.PENDING: "changes are pending (only with --exit-code)",
    ExitCode.ATTENTION: "an alert fires or a task is overdue (only with --exit-code)",
    ExitCode.INTERRUPTED: "stopped with Ctrl-C",
}


class GuardedGroup(TyperGroup):
    """The root of all commands: no traceback reaches a person who did not ask for it."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; turn what it raises into an exit code."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            # The reader has seen enough (`| head`). What is still buffered must not be complained about at exit.
            _discard_stdout()
            raise typer.Exit(ExitCode.OK) from None
        except KeyboardInterrupt:
            raise typer.Exit(ExitCode.INTERRUPTED) from None
        except Exception as error:
            # Typer's own exceptions (usage errors, Exit) bring their code with them.
            if hasattr(error, "exit_code"):
                raise
            raise typer.Exit(explain(error, debug=bool(ctx.params.get("debug")))) from None
        return result


def explain(error: Exception, *, debug: bool = False) -> ExitCode:
    """Say on stderr what went wrong and what to do, and return the exit code."""
    from engine.cli.output import tell, tell_sentences
    from engine.domain.errors import DocumentError, DrumbeatError

    if debug:
        tell("".join(traceback.format_exception(error)).rstrip())
    if isinstance(error, DocumentError):
        count = len(error.problems)
        tell(str(error), f"{count} problem{'s' if count != 1 else ''}; nothing was changed.")
        return ExitCode.FINDINGS
    if isinstance(error, DrumbeatError):
        tell_sentences(f"drumbeat: {error}")
        return ExitCode.FAILURE
    place = "above" if debug else f"in {_keep_traceback(error)}"
    # The message of a foreign exception may hold a secret, such as a database's address: only its kind is shown.
    tell_sentences(
        f"drumbeat: an unexpected {type(error).__name__} ended this command; the traceback is {place}. "
        "Run `drumbeat doctor` to see whether this machine is in order, or `drumbeat --debug …` to see the "
        "traceback at once, and report it."
    )
    return ExitCode.FAILURE


def _keep_traceback(error: Exception) -> str:
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="drumbeat-error-", suffix=".txt", encoding="utf-8", delete=False
        ) as file:
            file.writelines(traceback.format_exception(error))
    except OSError:
        return "no file, because the folder for temporary files cannot be written"
    return file.name


def _discard_stdout() -> None:
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        # Not a real file, as under a test runner: nothing to discard.
        return
