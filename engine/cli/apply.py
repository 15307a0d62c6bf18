"""`drumbeat apply`: make checked plans the ones that run, or show what would change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.guard import ExitCode
from engine.cli.options import Json, Paths, paths_or_here, person, settings_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.domain.plan import Plan
    from engine.runtime.changes import Pending
    from engine.runtime.operations import Applied

SCHEMA = "drumbeat/apply/v1"
PREVIEW_SCHEMA = "drumbeat/preview/v1"


def apply(
    ctx: typer.Context,
    paths: Paths = None,
    author: Annotated[
        str, typer.Option(metavar="NAME", help="Who changes the plan. Default: the name of this user.")
    ] = "",
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why the plan changes, for its history.")] = "",
    expect: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="Refuse unless the running revision is N, so that nobody's change is lost.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change and change nothing.")
    ] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="With --dry-run: exit with 4 when changes are pending.")
    ] = False,
    json: Json = False,
) -> None:
    """Check plans and let the engine carry them out.

    All of them, or none.

    Any problem or error in any file leaves every running strategy as it is (exit code 3). Warnings and notes do
    not hold it up. A strategy that runs already takes the new revision without losing its past.
    """
    if exit_code and not dry_run:
        raise typer.BadParameter(
            "it tells whether changes are pending; add --dry-run", param_hint="--exit-code"
        )
    plans = _sound(paths, json=json)
    if expect is not None and len(plans) != 1:
        raise typer.BadParameter(
            f"it names the revision of one strategy, but the files hold {len(plans)}", param_hint="--expect"
        )
    if dry_run:
        _preview(ctx, plans, exit_code=exit_code, json=json)
        return
    import asyncio

    from engine.runtime.operations import apply_plans

    applied = asyncio.run(
        apply_plans(settings_of(ctx), plans, author=person(author), reason=reason, expected=expect)
    )
    _report(applied, json=json)


def _sound(paths: Paths, *, json: bool) -> tuple[Plan, ...]:
    """Return plans that can run; otherwise say why not and leave with exit code 3."""
    from engine.cli.check import examine, finding_text, print_judgement
    from engine.cli.output import tell
    from engine.domain.errors import DocumentError

    try:
        loaded, findings = examine(paths_or_here(paths))
    except DocumentError as error:
        if not json:
            raise
        print_judgement(problems=error.problems)
        raise typer.Exit(ExitCode.FINDINGS) from None
    errors = [finding for finding in findings if str(finding.severity) == "error"]
    if errors:
        if json:
            print_judgement(plans=[plan.id for plan in loaded.plans], findings=findings)
        tell(*(finding_text(finding) for finding in errors), "Nothing was changed; mend these first.")
        raise typer.Exit(ExitCode.FINDINGS)
    if not loaded.plans:
        tell(
            "The files hold no strategy, so there is nothing to apply. `drumbeat init` shows what one looks like."
        )
        raise typer.Exit(ExitCode.FINDINGS)
    if any(str(finding.severity) == "warning" for finding in findings):
        tell("The plans have weak spots: `drumbeat check` tells them.")
    return loaded.plans


def _preview(ctx: typer.Context, plans: Sequence[Plan], *, exit_code: bool, json: bool) -> None:
    from dataclasses import asdict

    from engine.cli.output import print_document, say
    from engine.cli.stored import never_written
    from engine.runtime.changes import pending as compare
    from engine.runtime.operations import preview

    settings = settings_of(ctx)
    # A dry run leaves no database behind where there was none.
    pending = [compare(plan, None) for plan in plans] if never_written(settings) else preview(settings, plans)
    waiting = any(item.change != "same" for item in pending)
    if json:
        print_document(PREVIEW_SCHEMA, {"pending": waiting, "strategies": [asdict(item) for item in pending]})
    else:
        for item in pending:
            say(_headline(item), *(part for line in item.lines for part in _change(line)))
        say("Nothing was changed: this was a dry run." if waiting else "No changes.")
    if waiting and exit_code:
        raise typer.Exit(ExitCode.PENDING)


def _change(line: str) -> list[str]:
    from engine.cli.text import terminal_width, wrapped

    return wrapped(line, terminal_width(), first="  ", rest="    ")


def _headline(item: Pending) -> str:
    from engine.cli.output import heading

    told = {
        "new": "would start with this plan",
        "changed": f"would change from revision {item.revision}",
        "same": f"stays at revision {item.revision}",
    }
    return f"{heading(item.strategy)} {told[item.change]}"


def _report(applied: Sequence[Applied], *, json: bool) -> None:
    from engine.cli.output import print_document, say

    if json:
        fields = ("strategy", "revision", "changed", "started")
        print_document(
            SCHEMA, {"applied": [{name: getattr(item, name) for name in fields} for item in applied]}
        )
        return
    for item in applied:
        if item.started:
            how = f"started with revision {item.revision}"
        else:
            how = (
                f"now runs revision {item.revision}"
                if item.changed
                else f"unchanged, revision {item.revision}"
            )
        say(f"{item.strategy}: {how}")
    say("`drumbeat status` shows how they stand.")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("apply")(apply)
