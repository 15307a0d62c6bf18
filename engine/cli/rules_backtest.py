"""`drumbeat rules backtest`: what rules would have said over a real history, before they are let loose."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from engine.cli.guard import ExitCode
from engine.cli.options import Json, MinCoverage, ShowCoverage, settings_of

if TYPE_CHECKING:
    from engine.cli.rulesets import RuleSet
    from engine.runtime.settings import Settings
    from rules.backtest.tally import Tried
    from rules.testing.coverage import Coverage


Posts = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="What was posted: CSV with channel,at and maybe ref,title,strategy; with --channels channel_id,date.",
    ),
]


Samples = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Values of metrics: CSV with metric,at,value and maybe strategy."),
]


Channels = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Many channels, each by itself: CSV with channel_id,observed_until, the end of what was watched.",
    ),
]


Stored = Annotated[
    bool,
    typer.Option(
        "--stored",
        help="The history is what the engine has stored of this very strategy: posts, values, pauses, failing sources.",
    ),
]


class History(NamedTuple):
    """Where the history stands, and the part of it that is lived through, as it was typed."""

    stored: Settings | None
    posts: Path | None
    samples: Path | None
    channels: Path | None
    start: str
    end: str


def backtest(  # noqa: PLR0917 - the options of a command
    ctx: typer.Context,
    path: Annotated[
        Path,
        typer.Argument(metavar="PATH", help="The plan whose rules are tried, or the name of a rule pack."),
    ],
    rule: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only this rule. May be repeated. Default: every rule."),
    ] = None,
    posts: Posts = None,
    samples: Samples = None,
    channels: Channels = None,
    stored: Stored = False,
    start: Annotated[
        str, typer.Option(metavar="TIME", help="Where it begins. Default: with the first row.")
    ] = "",
    end: Annotated[str, typer.Option(metavar="TIME", help="Where it ends. Default: with the last row.")] = "",
    against: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Older rules: show which episodes appear, vanish or move."),
    ] = None,
    coverage: ShowCoverage = False,
    min_coverage: MinCoverage = 0,
    csv: Annotated[
        bool, typer.Option("--csv", help="Print one line of CSV for each episode instead of the table.")
    ] = False,
    json: Json = False,
) -> None:
    """Show what rules would have said over a real history, before they are let loose.

    An episode is the life of one alert: it fires once, however long it lasts. The plan is lived through as the engine
    would have, only that its actions do nothing: the posts are those of the history.

    With --channels every channel of that file is judged by itself, known by its posts alone, and no budget is judged:
    that is what one team has for all its channels.

    Exit code 3 when a rule with a budget would have had more episodes a week than that.
    """
    if csv and (json or against):
        raise typer.BadParameter(
            "--csv prints episodes alone, without --json and --against", param_hint="--csv"
        )
    form = "csv" if csv else "json" if json else "text"
    files = {"--posts": posts, "--samples": samples, "--channels": channels}
    for option, file in files.items():
        if stored and file is not None:
            raise typer.BadParameter("the store holds the history; leave the file out", param_hint=option)
    history = History(settings_of(ctx) if stored else None, posts, samples, channels, start, end)
    # A share of zero is reached by everything.
    least = min_coverage if coverage or min_coverage else None
    _report(path, rule or [], history, against, form, least)


def _report(
    path: Path, names: list[str], history: History, against: Path | None, form: str, least: float | None
) -> None:
    """Try the rules and print what came of it; the conditions that were seen are counted where `least` is given."""
    from engine.cli import backtest_report as report
    from engine.cli.coverage_report import print_coverage
    from engine.cli.rulesets import one_rule_set
    from rules.backtest.tally import differences

    rules = one_rule_set(path)
    tried, seen = _tried(rules, names, history, covered=least is not None)
    changes = None
    if against is not None:
        old, _ = _tried(one_rule_set(against), names, history, covered=False)
        changes = differences(
            (episode for one in old for episode in one.episodes),
            (episode for one in tried for episode in one.episodes),
        )
    if form == "csv":
        report.print_csv(tried, column="subject" if history.channels is None else "channel_id")
    elif form == "json":
        report.print_json(rules.name, tried, changes, seen)
    else:
        report.print_text(rules.name, tried, changes, rules.zone, str(against))
        if seen is not None:
            print_coverage({rules.name: seen}, least or 0)
    short = seen is not None and seen.percent < (least or 0)
    if short or any(one.over_budget for one in tried):
        raise typer.Exit(ExitCode.FINDINGS)


def _tried(
    rules: RuleSet, names: list[str], history: History, *, covered: bool
) -> tuple[list[Tried], Coverage | None]:
    from engine.cli import backtest_history, backtest_many
    from engine.cli.rulesets import chosen

    if history.channels is None:
        plan = backtest_history.plan_of(rules)
        if history.stored is not None:
            past = backtest_history.read_stored(plan, history.stored, history.start, history.end)
            return backtest_history.judge(plan, names, past, covered=covered)
        if history.posts is None and history.samples is None:
            raise typer.BadParameter(
                "name the history: --stored, or --posts, --samples or both", param_hint="--posts"
            )
        past = backtest_history.read(plan, history.posts, history.samples, history.start, history.end)
        return backtest_history.judge(plan, names, past, covered=covered)
    if history.posts is None:
        raise typer.BadParameter("--channels needs --posts", param_hint="--posts")
    alone = {"samples": history.samples, "start": history.start, "end": history.end, "coverage": covered}
    for option, given in alone.items():
        if given:
            raise typer.BadParameter("not together with --channels", param_hint=f"--{option}")
    found = backtest_many.read(history.posts, history.channels, rules.zone)
    return backtest_many.judge(rules, chosen(rules.rules, names), found), None


def register(group: typer.Typer) -> None:
    """Add the command to the group."""
    group.command("backtest")(backtest)
