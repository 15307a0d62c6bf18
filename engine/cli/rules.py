"""`drumbeat rules`: the rules of a plan or a pack, to be read, tested and tried on history before they call anybody."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli import rules_backtest, rules_test
from engine.cli.options import Json

if TYPE_CHECKING:
    from engine.cli.rulesets import RuleSet
    from engine.domain.rule import Rule

SCHEMA = "drumbeat/rules/v1"

group = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


@group.callback()
def rules() -> None:
    """Read, test and try out the rules that watch a strategy."""


@group.command("list")
def list_rules(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH",
            help="Plan files or folders of them, or the name of a rule pack. Default: the current folder.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Show the rules of plans or packs: what each watches, whom it judges, and whether it may speak.

    A rule in shadow is recorded and nobody is told; a rule that is off is not judged. The budget is how many alerts a
    week are worth people's attention, over all its subjects.
    """
    from engine.cli.output import print_document
    from engine.cli.rulesets import rule_sets

    found = rule_sets(paths or [Path()])
    if json:
        print_document(SCHEMA, {"sets": [_document(one) for one in found]})
        return
    for one in found:
        _print(one)


def _document(one: RuleSet) -> dict[str, Any]:
    origin = _origins(one)
    return {
        "name": one.name,
        "rules": [
            {
                "pack": origin.get(rule.name),
                "subjects": _subjects(one, rule) if one.plan else None,
                **rule.model_dump(mode="json", by_alias=True),
            }
            for rule in one.rules
        ],
    }


def _print(one: RuleSet) -> None:
    from engine.cli.output import heading, say
    from engine.cli.rule_words import condition
    from engine.cli.text import columns, terminal_width, wrapped
    from engine.domain.words import several

    room, origin = terminal_width(), _origins(one)
    say(heading(f"{one.name}, {several(len(one.rules), 'rule')}"))
    for rule in one.rules:
        mode = "off" if not rule.enabled else rule.mode
        rows = [["judged", condition(rule)]]
        if one.plan is not None:
            names = _subjects(one, rule)
            rows.append(["of", ", ".join(names) if names else "nothing in this plan"])
        if rule.budget is not None:
            rows.append(["budget", f"{rule.budget:g} a week"])
        say("", *wrapped(f"{rule.name} · {rule.severity} · {mode} · {_from(origin, rule)}", room))
        say(*columns(rows, room))
        say(*wrapped(rule.reason, room, first="  "))
    say("")


def _from(origin: dict[str, str], rule: Rule) -> str:
    return f"pack {origin[rule.name]}" if rule.name in origin else "own rule"


def _origins(one: RuleSet) -> dict[str, str]:
    """Return the pack of each rule that is not the strategy's own."""
    from rules.packs import load_pack

    if one.plan is None:
        return {rule.name: one.name for rule in one.rules}
    own = {rule.name for rule in one.plan.strategy.rules}
    return {
        rule.name: pack
        for pack in one.plan.strategy.packs
        for rule in load_pack(pack)
        if rule.name not in own
    }


def _subjects(one: RuleSet, rule: Rule) -> list[str]:
    if one.plan is None:
        return []
    return [subject for judged, subject in one.plan.judged if judged.name == rule.name]


def register(app: typer.Typer) -> None:
    """Add the group."""
    rules_test.register(group)
    rules_backtest.register(group)
    app.add_typer(group, name="rules")
