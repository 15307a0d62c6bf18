"""`drumbeat simulate`: live through months of a plan in seconds, with a virtual clock and no server."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli import clock
from engine.cli.options import Json, Paths, paths_or_here

if TYPE_CHECKING:
    from datetime import datetime

    from engine.cli.inputs import Row
    from engine.domain.journal import Entry
    from engine.domain.plan import Plan
    from engine.runtime.simulation import World

SCHEMA = "drumbeat/simulation/v1"
_MOST_DAYS = 36_525


def simulate(
    paths: Paths = None,
    start: Annotated[
        str,
        typer.Option(
            metavar="TIME",
            help="When the plan begins: a date is midnight in each strategy's zone. Default: today.",
        ),
    ] = "",
    days: Annotated[
        int,
        typer.Option(
            metavar="N", min=1, max=_MOST_DAYS, help="How many days to live through, by its calendar."
        ),
    ] = 180,
    posts: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Posts that people make elsewhere: CSV with channel,at and maybe ref,title,strategy.",
        ),
    ] = None,
    samples: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Values of metrics: CSV with metric,at,value and maybe strategy."),
    ] = None,
    silence: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CHANNEL@TIME", help="From then on nothing is posted on this channel. May be repeated."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Show what a plan would do, with a virtual clock.

    Every post, alert, task and review, in the order of time. It runs the very code that the engine runs; nothing is posted and nobody is told. Every
    post succeeds at once, except on a silenced channel and where a person does the posting. The last instant, START
    plus DAYS, is part of it. With --json each line is one entry.
    """
    from engine.documents.load import load
    from engine.runtime.simulation import simulate as live

    plans = load(paths_or_here(paths)).plans
    starts = {plan.id: _start(start, plan) for plan in plans}
    ends = {plan.id: _end(starts[plan.id], days, plan) for plan in plans}
    worlds = _worlds(plans, posts=posts, samples=samples, silence=silence or ())
    lives = [_told(plan, live(plan, worlds[plan.id], starts[plan.id], ends[plan.id])) for plan in plans]
    entries = _with_progress(_merged(lives))
    if json:
        _print_records(entries)
    else:
        _print_lines(entries, plans, days)
        _tell_assumptions(plans, worlds)


def _told(plan: Plan, entries: Iterator[Entry]) -> Iterator[tuple[Plan, Entry]]:
    for entry in entries:
        yield plan, entry


def _merged(lives: Iterable[Iterator[tuple[Plan, Entry]]]) -> Iterator[tuple[Plan, Entry]]:
    import heapq

    return heapq.merge(*lives, key=lambda pair: pair[1].at)


def _start(text: str, plan: Plan) -> datetime:

    from engine.cli.times import parse_instant
    from engine.domain.wallclock import day_start, wall_of

    if not text:
        return day_start(plan.zone, wall_of(plan.zone, clock.now()).date())
    try:
        return parse_instant(text, plan.zone)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(str(error), param_hint="--start") from None


def _end(start: datetime, days: int, plan: Plan) -> datetime:
    """Return the same time of day so many days later, by the strategy's own calendar."""
    from datetime import timedelta

    from engine.domain.wallclock import instant_of, wall_of

    try:
        return instant_of(plan.zone, wall_of(plan.zone, start) + timedelta(days=days))
    except OverflowError:
        raise typer.BadParameter(f"{days} days end beyond the calendar", param_hint="--days") from None


def _worlds(
    plans: Sequence[Plan], *, posts: Path | None, samples: Path | None, silence: Sequence[str]
) -> dict[str, World]:
    from engine.cli import inputs
    from engine.runtime.simulation import World

    post_rows, sample_rows = inputs.history_rows(posts, samples, plans)
    _warn_unseen(post_rows, plans)
    silences = [_silence(text, plans) for text in silence]
    by_hand = _by_hand(plans)
    return {
        plan.id: World(
            posts=inputs.posts_of(post_rows, plan),
            samples=inputs.samples_of(sample_rows, plan),
            silent_from={name: at[plan.id] for name, at in silences if plan.id in at},
            by_hand=by_hand,
        )
        for plan in plans
    }


def _silence(text: str, plans: Sequence[Plan]) -> tuple[str, dict[str, datetime]]:
    """Read `channel@time` or `strategy/channel@time`: the channel, and from when for each strategy that has it."""
    from engine.cli.names import fits
    from engine.cli.times import parse_instant
    from engine.documents.words import choose

    where, at, when = text.rpartition("@")
    strategy, _, channel = where.rpartition("/")
    if not at or not channel:
        raise typer.BadParameter(
            f"{text!r} is not CHANNEL@TIME, as in blog@2026-03-01", param_hint="--silence"
        )
    meant = [p for p in plans if channel in p.channels and (not strategy or fits(strategy, p.id))]
    if not meant:
        names = {name for plan in plans for name in plan.channels}
        raise typer.BadParameter(
            f"no plan has a channel {where!r}. {choose(channel, names, '')}", param_hint="--silence"
        )
    try:
        return channel, {plan.id: parse_instant(when, plan.zone) for plan in meant}
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(str(error), param_hint="--silence") from None


def _by_hand(plans: Sequence[Plan]) -> frozenset[str]:
    """Return the platforms of the plans on which a person does the posting."""
    from adapters.registry import Registry

    platforms = Registry().platforms
    used = {account.platform for plan in plans for account in plan.workspace.accounts}
    return frozenset(name for name in used if name in platforms and platforms[name].capabilities.human)


def _warn_unseen(rows: Sequence[Row], plans: Sequence[Plan]) -> None:
    from engine.cli.output import tell

    named = {row.cells["channel"] for row in rows}
    seen = {name for plan in plans for name, channel in plan.channels.items() if channel.activity}
    for channel in sorted(named - seen):
        tell(
            f"Posts on {channel} in --posts change nothing: the channel has no `activity` source, so Drumbeat sees "
            "only what it posts there itself."
        )


def _tell_assumptions(plans: Sequence[Plan], worlds: Mapping[str, World]) -> None:
    """Say what in this world was not as it will be: nobody does tasks, and no source is read."""
    from engine.cli.output import tell_sentences

    by_hand = {name for plan in plans for name in plan.channels if _is_by_hand(plan, name, worlds[plan.id])}
    unmeasured = {name for plan in plans for name in plan.metrics if not worlds[plan.id].samples.get(name)}
    if by_hand:
        tell_sentences(f"Nobody does tasks in a simulation, so {_names(by_hand)} stayed unfed.")
    if unmeasured:
        tell_sentences(
            f"No source is read in a simulation, so {_names(unmeasured)} had no values; --samples gives some."
        )


def _is_by_hand(plan: Plan, channel: str, world: World) -> bool:
    """Return whether only people feed this channel, and --posts shows nothing of them."""
    account = plan.accounts.get(plan.channels[channel].account)
    return account is not None and account.platform in world.by_hand and not world.posts.get(channel)


def _names(names: Iterable[str]) -> str:
    from engine.documents.words import listed

    return listed(names)


def _with_progress(entries: Iterable[tuple[Plan, Entry]]) -> Iterable[tuple[Plan, Entry]]:
    """Pass entries on; where only stderr is watched, say now and then how far it is."""
    from engine.cli.progress import watched

    if sys.stdout.isatty():
        return entries
    return watched(entries, lambda _, pair: f"{pair[1].at:%Y-%m-%d}")


def _print_records(entries: Iterable[tuple[Plan, Entry]]) -> None:
    from engine.cli.entries import record_of
    from engine.cli.output import print_record

    for plan, entry in entries:
        print_record(SCHEMA, record_of(plan.id, entry))


def _print_lines(entries: Iterable[tuple[Plan, Entry]], plans: Sequence[Plan], days: int) -> None:
    from engine.cli.entries import count_by_type, lines_of
    from engine.cli.output import heading, say
    from engine.cli.text import terminal_width, wrapped
    from engine.domain.words import several

    room, seen = terminal_width(), []
    zones = sorted({plan.zone for plan in plans})
    say(heading(f"{len(plans)} {'strategy' if len(plans) == 1 else 'strategies'}, {several(days, 'day')}"))
    say(f"Times are in {' and '.join(zones)}{', each strategy its own' if len(zones) > 1 else ''}.")
    for plan, entry in entries:
        seen.append(entry.type)
        say(*lines_of(plan.id, entry, plan.zone, room, named=len(plans) > 1))
    say("", *wrapped(f"In {several(days, 'day')}: {', '.join(count_by_type(seen))}.", room))


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("simulate")(simulate)
