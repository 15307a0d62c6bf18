"""`drumbeat check`: what is wrong with a plan, and what it lacks, before anything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli import clock
from engine.cli.guard import ExitCode
from engine.cli.options import Json, Paths, paths_or_here

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.documents.findings import Finding
    from engine.documents.load import Loaded
    from engine.domain.errors import Problem

SCHEMA = "drumbeat/check/v1"


Ask = Annotated[
    bool,
    typer.Option(
        "--ask",
        help="Ask the server of every account what it takes, and judge the content by that. Needs the accounts' secrets.",
    ),
]


def check(paths: Paths = None, ask: Ask = False, json: Json = False) -> None:
    """Say what is wrong with a plan, and what it lacks.

    Nothing is changed, and without --ask nothing is contacted.

    Problems keep a plan from being read. Findings are judgements about a plan that can be read: errors keep it
    from being applied, warnings are weak spots, notes are worth knowing. Exit code 3 when there are problems,
    errors or warnings.
    """
    from engine.cli.output import say
    from engine.domain.errors import DocumentError

    try:
        loaded, findings = examine(paths_or_here(paths), ask=ask)
    except DocumentError as error:
        if json:
            print_judgement(problems=error.problems)
        else:
            say(*(str(problem) for problem in error.problems), _counted(0, error.problems, ()))
        raise typer.Exit(ExitCode.FINDINGS) from None
    if json:
        print_judgement(plans=[plan.id for plan in loaded.plans], findings=findings)
    else:
        say(*(finding_text(finding) for finding in findings), _counted(len(loaded.plans), (), findings))
    if any(str(finding.severity) != "info" for finding in findings):
        raise typer.Exit(ExitCode.FINDINGS)


def examine(paths: Sequence[Any], *, ask: bool = False) -> tuple[Loaded, list[Finding]]:
    """Load plans and judge them with all adapters. Raises DocumentError with every problem of every file.

    With `ask`, servers are asked for their limits first; one that cannot be asked is told on stderr.
    """
    from adapters.registry import Registry
    from engine.documents.findings import check as judge
    from engine.documents.load import load

    loaded = load(paths)
    if not ask:
        return loaded, judge(loaded, clock.now(), Registry())
    from engine.cli.output import tell_sentences
    from engine.runtime.probing import probe

    probed, failures = probe(loaded.plans)
    for failure in failures:
        tell_sentences(failure)
    return loaded, judge(loaded, clock.now(), Registry(), probed)


def finding_text(finding: Finding) -> str:
    """Return a finding with its severity in colour; the word stands there without colour too."""
    from engine.cli.output import paint

    colour = {"error": "red", "warning": "yellow", "info": "dim"}[str(finding.severity)]
    at = f"{finding.problem.file}:{finding.problem.line}:{finding.problem.column}"
    text = f"{at}: {paint(_word(finding), colour)} {finding.code}: {finding.message}"
    return f"{text}\n    {finding.mend}" if finding.mend else text


def print_judgement(
    *,
    plans: Sequence[str] = (),
    problems: Sequence[Problem] = (),
    findings: Sequence[Finding] = (),
) -> None:
    """Print problems and findings as one JSON document."""
    from engine.cli.output import print_document

    print_document(
        SCHEMA,
        {
            "ok": not problems and all(str(finding.severity) == "info" for finding in findings),
            "plans": list(plans),
            "problems": [_place(problem) for problem in problems],
            "findings": [
                {"code": finding.code, "severity": str(finding.severity), **_place(finding.problem)}
                for finding in findings
            ],
            "counts": {"problems": len(problems), **_by_severity(findings)},
        },
    )


def _place(problem: Problem) -> dict[str, Any]:
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "message": problem.message,
        "mend": problem.mend,
    }


def _word(finding: Finding) -> str:
    return "note" if str(finding.severity) == "info" else str(finding.severity)


def _by_severity(findings: Sequence[Finding]) -> dict[str, int]:
    severities = [str(finding.severity) for finding in findings]
    return {severity: severities.count(severity) for severity in ("error", "warning", "info")}


def _counted(plans: int, problems: Sequence[Problem], findings: Sequence[Finding]) -> str:
    from engine.cli.output import tally

    if problems:
        return f"{tally([(len(problems), 'problem')])}; mend these first, then the plans are judged."
    counts = _by_severity(findings)
    nouns = [(counts["error"], "error"), (counts["warning"], "warning"), (counts["info"], "note")]
    return f"{tally([(plans, 'plan')])} read: {tally(nouns)}."


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("check")(check)
