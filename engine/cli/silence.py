"""`drumbeat silence`: alerts of which nobody is told for a while; they are recorded all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli import clock
from engine.cli.options import By, Json, MaybeStrategy, StrategyName, settings_of
from engine.cli.stored import command, reading, strategy_ids, zone_of

if TYPE_CHECKING:
    from engine.domain.messages import EndSilence, StartSilence
    from engine.domain.records import Silencing
    from engine.domain.storage import Store

SCHEMA = "drumbeat/silences/v1"

group = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


@group.callback()
def silence() -> None:
    """Tell nobody of certain alerts for a while, always with an end."""


@group.command("add")
def add(
    ctx: typer.Context,
    strategy: StrategyName,
    until: Annotated[
        str,
        typer.Option(
            metavar="TIME", help="When it ends by itself: a date, a time, or a distance from now such as 2d."
        ),
    ],
    rule: Annotated[
        str, typer.Option(metavar="NAME", help="Only alerts of this rule; may end in *, as in Channel*.")
    ] = "",
    subject: Annotated[
        str,
        typer.Option(
            metavar="SUBJECT", help="Only alerts about this subject; may end in *, as in channel/*."
        ),
    ] = "",
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, for the journal.")] = "",
    by: By = "",
) -> None:
    """Begin a silence: nobody is told of alerts that match, and no task opens for them.

    What still fires when it ends is told then. Name a rule, a subject or both; `--rule '*'` silences everything.
    """
    if not rule and not subject:
        raise typer.BadParameter(
            "name a --rule, a --subject or both; --rule '*' silences everything", param_hint="--rule"
        )

    def order(store: Store, name: str) -> StartSilence:
        from engine.cli.times import parse_moment
        from engine.domain.messages import StartSilence

        end = parse_moment(until, zone_of(store, name), clock.now(), option="--until")
        return StartSilence(rule=rule or "*", subject=subject or "*", until=end, reason=reason)

    command(ctx, strategy, order, by=by)


@group.command("list")
def list_silences(ctx: typer.Context, strategy: MaybeStrategy = None, json: Json = False) -> None:
    """Show the silences that hold, those that end first at the top."""
    from engine.cli.names import resolve, short_names
    from engine.cli.output import print_document

    with reading(settings_of(ctx)) as store:
        known = strategy_ids(store)
        wanted = [resolve(strategy, known)] if strategy else known
        found = [(name, each) for name in wanted for each in _silences(store, name)]
        zones = {name: zone_of(store, name) for name, _ in found} if store else {}
    found.sort(key=lambda pair: pair[1].end)
    if json:
        records = [{"strategy": name, **each.model_dump(mode="json")} for name, each in found]
        print_document(SCHEMA, {"now": clock.as_json(clock.now()), "silences": records})
        return
    _print(found, zones, short_names(known))


def _silences(store: Store | None, name: str) -> list[Silencing]:
    from engine.domain.lifecycle.state import State

    if store is None:
        return []
    now = clock.now()
    state = State.model_validate(store.strategy(name).state)
    return [each for each in state.silencings.values() if each.end > now]


def _print(found: list[tuple[str, Silencing]], zones: dict[str, str], shown: dict[str, str]) -> None:
    from engine.cli.output import say
    from engine.cli.text import columns, short_stamp, terminal_width

    if not found:
        say("Nothing is silenced.")
        return
    now = clock.now()
    rows = []
    for name, each in found:
        why = f": {each.reason}" if each.reason else ""
        what = f"{each.rule} on {each.subject}, by {each.by or 'somebody'}{why}"
        rows.append([shown[name], each.id, f"until {short_stamp(each.end, zones[name], now)}", what])
    say(*columns(rows, terminal_width(), indent=""))


@group.command("end")
def end(
    ctx: typer.Context,
    strategy: StrategyName,
    silence: Annotated[str, typer.Argument(metavar="SILENCE", help="The silence's number, such as S1.")],
    by: By = "",
) -> None:
    """End a silence before its time. What still fires is told then."""

    def order(store: Store, name: str) -> EndSilence:  # noqa: ARG001 - what every order gets
        from engine.domain.messages import EndSilence

        return EndSilence(silence=silence)

    command(ctx, strategy, order, by=by)


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="silence")
