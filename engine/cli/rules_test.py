"""`drumbeat rules test`: the tests of rules, run by the very heart that will run the rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.guard import ExitCode
from engine.cli.options import Json, MinCoverage, ShowCoverage

if TYPE_CHECKING:
    from engine.runtime.ruletesting import Verdict
    from rules.testing.coverage import Coverage

SCHEMA = "drumbeat/rule-tests/v1"


def run_tests(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH",
            help="Files with rule tests, or folders that hold them. Default: the current folder.",
        ),
    ] = None,
    coverage: ShowCoverage = False,
    min_coverage: MinCoverage = 0,
    json: Json = False,
) -> None:
    """Run rule tests: what happens, and which alerts, tasks and messages there must be.

    A test lives through its series and posts with the heart that the engine runs. That there is no alert is no proof
    where the rule was never judged; such a check fails and says so.

    Exit code 3 when a test fails or a file cannot be read.
    """
    from engine.cli.coverage_report import print_coverage
    from engine.cli.output import print_document
    from engine.cli.progress import counted
    from engine.documents.rule_tests import read_cases
    from engine.runtime.ruletesting import run

    cases = read_cases(paths or [Path()])
    verdicts = [run(case) for case in counted(cases, "tests")]
    covered = _coverages(verdicts)
    if json:
        print_document(SCHEMA, _document(verdicts, covered))
    else:
        _print(verdicts)
        if coverage or min_coverage:
            print_coverage(covered, min_coverage)
    short = any(one.percent < min_coverage for one in covered.values())
    if short or any(verdict.failures for verdict in verdicts):
        raise typer.Exit(ExitCode.FINDINGS)


def _coverages(verdicts: Sequence[Verdict]) -> dict[str, Coverage]:
    """Return the coverage of each file's plan, by all its tests together."""
    from rules.testing.coverage import merged

    by_file: dict[str, list[Coverage]] = defaultdict(list)
    for verdict in verdicts:
        by_file[verdict.case.spot.file].append(verdict.coverage)
    return {file: whole for file, each in by_file.items() if (whole := merged(each)) is not None}


def _document(verdicts: Sequence[Verdict], covered: dict[str, Coverage]) -> dict[str, Any]:
    from engine.cli.coverage_report import coverage_record

    return {
        "ok": not any(verdict.failures for verdict in verdicts),
        "tests": [
            {
                "file": verdict.case.spot.file,
                "line": verdict.case.spot.line,
                "name": verdict.case.name,
                "ok": not verdict.failures,
                "failures": [
                    {"line": one.spot.line, "column": one.spot.column, "message": one.message}
                    for one in verdict.failures
                ],
            }
            for verdict in verdicts
        ],
        "coverage": [{"file": file, **coverage_record(whole)} for file, whole in covered.items()],
    }


def _print(verdicts: Sequence[Verdict]) -> None:
    from engine.cli.output import paint, say, tally
    from engine.cli.text import terminal_width, wrapped

    room = terminal_width()
    for verdict in verdicts:
        mark = paint("FAILED", "red") if verdict.failures else paint("ok", "green")
        say(*wrapped(verdict.case.name, room, first=f"{mark:<6}  "))
        for failure in verdict.failures:
            say(*wrapped(f"{failure.spot}: {failure.message}.", room, first="        "))
    failed = sum(bool(verdict.failures) for verdict in verdicts)
    say("", f"{tally([(len(verdicts), 'test')])}, {failed or 'none'} failed.")


def register(group: typer.Typer) -> None:
    """Add the command to the group."""
    group.command("test")(run_tests)
