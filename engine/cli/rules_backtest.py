"""`drumbeat rules backtest`: what rules would have said over a real history, before they are let loose."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.guard import ExitCode
from engine.cli.options import Json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.cli.rulesets import RuleSet
    from rules.backtest.tally import Difference, Tried


def backtest(
    path: Annotated[
        Path,
        typer.Argument(metavar="PATH", help="The plan whose rules are tried, or the name of a rule pack."),
    ],
    rule: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only this rule. May be repeated. Default: every rule."),
    ] = None,
    posts: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="What was posted: CSV with channel,at and maybe ref,title,strategy; with --channels channel_id,date.",
        ),
    ] = None,
    channels: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Many channels, each by itself: CSV with channel_id,observed_until, the end of what was watched.",
        ),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Older rules: show which episodes appear, vanish or move."),
    ] = None,
    csv: Annotated[
        bool, typer.Option("--csv", help="Print one line of CSV for each episode instead of the table.")
    ] = False,
    json: Json = False,
) -> None:
    """Show what rules would have said over a real history, before they are let loose.

    An episode is the life of one alert: it fires once, however long it lasts. With --channels every channel of that
    file is judged by itself, and no budget is: that is what one team has for all its channels.

    Exit code 3 when a rule with a budget would have had more episodes a week than that.
    """
    from engine.cli import backtest_report as report
    from engine.cli.rulesets import one_rule_set
    from rules.backtest.tally import differences

    if csv and (json or against):
        raise typer.BadParameter(
            "--csv prints episodes alone, without --json and --against", param_hint="--csv"
        )
    if posts is None or channels is None:
        raise typer.BadParameter("name the history: --posts and --channels", param_hint="--posts")
    rules = one_rule_set(path)
    tried = _many(rules, rule or (), posts, channels)
    changes: list[Difference] | None = None
    if against is not None:
        old = _many(one_rule_set(against), rule or (), posts, channels)
        changes = differences(
            (episode for one in old for episode in one.episodes),
            (episode for one in tried for episode in one.episodes),
        )
    if csv:
        report.print_csv(tried, column="channel_id")
    elif json:
        report.print_json(rules.name, tried, changes)
    else:
        report.print_text(rules.name, tried, changes, rules.zone, str(against))
    if any(one.over_budget for one in tried):
        raise typer.Exit(ExitCode.FINDINGS)


def _many(rules: RuleSet, names: Sequence[str], posts: Path, channels: Path) -> list[Tried]:
    from engine.cli.backtest_many import judge, read
    from engine.cli.rulesets import chosen

    return judge(rules, chosen(rules.rules, names), read(posts, channels, rules.zone))


def register(group: typer.Typer) -> None:
    """Add the command to the group."""
    group.command("backtest")(backtest)
