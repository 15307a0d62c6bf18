"""`drumbeat journal`: what happened, in order, in words or as records."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli import clock
from engine.cli.options import Json, MaybeStrategy, settings_of
from engine.cli.stored import reading, strategy_ids, zone_of

if TYPE_CHECKING:
    from datetime import datetime

    from engine.domain.journal import Entry
    from engine.domain.storage import Store

SCHEMA = "drumbeat/journal/v1"
_PACE = 0.5
_BATCH = 1000
Found = list[tuple[str, "Entry"]]


def journal(
    ctx: typer.Context,
    strategy: MaybeStrategy = None,
    types: Annotated[
        list[str] | None,
        typer.Option(
            "--type",
            metavar="TYPE",
            help="Only this type, such as slot.published, or all of a family: alert.",
        ),
    ] = None,
    subject: Annotated[
        str | None, typer.Option(metavar="SUBJECT", help="Only what is about this, such as channel/blog.")
    ] = None,
    since: Annotated[
        str,
        typer.Option(metavar="TIME", help="Only from then on: a date, a time, or how long back, such as 7d."),
    ] = "",
    limit: Annotated[
        int, typer.Option(metavar="N", min=1, max=100_000, help="At most so many, the newest.")
    ] = 50,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what happens, until Ctrl-C.")
    ] = False,
    json: Json = False,
) -> None:
    """Show what happened, the newest last.

    With --json each line is one entry.
    """
    from engine.cli.names import NOTHING_YET, resolve
    from engine.cli.output import tell
    from engine.cli.times import parse_moment

    wanted = _types(types or [])
    with reading(settings_of(ctx)) as store:
        known = strategy_ids(store)
        name = resolve(strategy, known) if strategy else None
        if store is None or not known:
            tell(NOTHING_YET)
            return
        zone = zone_of(store, name) if name else "UTC"
        start = parse_moment(since, zone, clock.now(), past=True, option="--since") if since else None
        show = _printer(store, json=json, named=name is None and len(known) > 1)
        # From here on: what is written while the first page is read must not be missed.
        cursors = {each: _newest(store, each) for each in ([name] if name else known)} if follow else {}
        _first_page(store, name, wanted, subject, start, limit, show, cursors)
        while follow:
            time.sleep(_PACE)
            _show_new(store, name, cursors, wanted, subject, show)


def _types(given: list[str]) -> tuple[str, ...]:
    from engine.cli.entries import families
    from engine.documents.words import choose

    known = families()
    for name in given:
        if name not in known:
            raise typer.BadParameter(
                f"{name!r} is no type of entry. {choose(name, known, '')}", param_hint="--type"
            )
    return tuple(str(kind) for name in given for kind in known[name])


def _first_page(
    store: Store,
    name: str | None,
    types: tuple[str, ...],
    subject: str | None,
    since: datetime | None,
    limit: int,
    show: Callable[[Iterable[tuple[str, Entry]]], None],
    cursors: dict[str, int],
) -> None:
    newest = store.journal(name, types=types, subject=subject, since=since, limit=limit, newest_first=True)
    show(pair for pair in reversed(newest) if not cursors or pair[1].seq <= cursors.get(pair[0], 0))


def _newest(store: Store, strategy: str) -> int:
    last = store.journal(strategy, limit=1, newest_first=True)
    return last[0][1].seq if last else 0


def _show_new(
    store: Store,
    name: str | None,
    cursors: dict[str, int],
    types: tuple[str, ...],
    subject: str | None,
    show: Callable[[Iterable[tuple[str, Entry]]], None],
) -> None:
    """Show what was written since the cursors, in order of time, and move them."""
    found: Found = []
    for strategy in [name] if name else strategy_ids(store):
        new = store.journal(
            strategy, types=types, subject=subject, after=cursors.get(strategy, 0), limit=_BATCH
        )
        found += new
        if new:
            cursors[strategy] = new[-1][1].seq
    show(sorted(found, key=lambda pair: pair[1].at))


def _printer(store: Store, *, json: bool, named: bool) -> Callable[[Iterable[tuple[str, Entry]]], None]:
    from engine.cli.entries import lines_of, record_of
    from engine.cli.output import print_record, say
    from engine.cli.text import terminal_width

    zones: dict[str, str] = {}

    def show(entries: Iterable[tuple[str, Entry]]) -> None:
        for strategy, entry in entries:
            if json:
                print_record(SCHEMA, record_of(strategy, entry))
                continue
            if strategy not in zones:
                zones[strategy] = zone_of(store, strategy)
            say(*lines_of(strategy, entry, zones[strategy], terminal_width(), named=named))
        sys.stdout.flush()

    return show


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("journal")(journal)
