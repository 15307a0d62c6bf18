"""`drumbeat demo`: the whole thing on this machine, within a minute, with nothing to set up."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.options import settings_of

if TYPE_CHECKING:
    from engine.domain.journal import Entry
    from engine.runtime.demo import Scene
    from engine.runtime.settings import Settings

PATIENCE = 180.0
LOOK_EVERY = 0.5
# What is worth a line while the demonstration runs on; the rest is in `drumbeat journal`.
_TOLD = {
    "slot.published": "posted",
    "slot.failed": "failed",
    "slot.unknown": "unknown",
    "alert.firing": "alert",
    "alert.resolved": "resolved",
    "task.opened": "task",
    "task.escalated": "overdue",
    "task.closed": "closed",
    "review.opened": "review",
    "source.state": "source",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(
    ctx: typer.Context,
    examples: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FOLDER]...", help="Folders of further plans to run beside the demonstration's."
        ),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Leave with 0 when all of it has happened.")] = False,
) -> None:
    """Show all of it at work within a minute.

    A channel that is fed and one that was forgotten, on a real engine: posts, feed, alert, task, review.

    Everything stays in the folder `demo` of the data directory; started again it goes on where it was.
    """
    from engine.cli.text import wrapped
    from engine.runtime.demo import prepare
    from engine.runtime.engine import run_engine

    settings = settings_of(ctx)
    settings = settings.model_copy(
        update={"home": settings.home / "demo", "database_url": _own_database(settings)}
    )
    show = Show(posts=settings.home / "plans" / "demo" / "site", once=once)
    folder = settings.home / "plans"
    known = folder.exists()
    plans = prepare(folder, examples or [])
    for line in wrapped(
        f"Drumbeat demo: {'going on with' if known else 'everything is kept in'} {_short(settings.home)}", 80
    ):
        show.say(line)

    async def body(ui_address: str | None) -> int:
        from engine.runtime.operations import apply_plans, reading_store

        store = reading_store(settings)
        try:
            since = {row.strategy: row.seq for row in store.strategies()}
            await apply_plans(settings, plans, author="drumbeat demo", reason="the demonstration")
            closer = f"`drumbeat --home {_short(settings.home)} status`"
            show.fact("engine", f"{len(plans)} strategies run (see {closer})")
            if ui_address:
                show.fact("Temporal", f"its web page: {ui_address}")
            return await _watch(store, since, show, once=once)
        finally:
            store.close()

    log = settings.home / "worker.log"
    code = run_engine(
        settings, say=show.progress, body=lambda home: body(home.record.ui_address), worker_log=log
    )
    show.say(
        "Stopped cleanly; `make demo` goes on from here."
        if code == 0
        else f"Ended with {code}; see {_short(log)}"
    )
    raise typer.Exit(code)


async def _watch(store: object, since: dict[str, int], show: Show, *, once: bool) -> int:
    """Show each fact when it has come true, then every line of the journal; give up after three minutes."""
    import asyncio
    from time import monotonic
    from typing import cast

    from engine.domain.storage import Store
    from engine.runtime.demo import look

    began = monotonic()
    while True:
        scene = await asyncio.to_thread(look, cast("Store", store), since)
        show.scene(scene)
        if not show.missing:
            if once:
                show.say(f"All of it happened within {monotonic() - began:.0f} s.")
                return 0
        elif monotonic() - began > PATIENCE:
            show.say(f"After {PATIENCE:.0f} s this has not happened: {'; '.join(show.missing)}.")
            show.say("`drumbeat doctor` and the worker's log say more.")
            return 1
        await asyncio.sleep(LOOK_EVERY)


class Show:
    """Writes the demonstration's lines, each fact once, at most 80 cells wide."""

    def __init__(self, *, posts: Path, once: bool = False) -> None:
        self._posts, self._once = posts, once
        self.missing: list[str] = ["everything"]
        self._facts: set[str] = set()
        self._all_told = False

    def say(self, line: str) -> None:
        """Write a line."""
        print(line, flush=True)

    def progress(self, line: str) -> None:
        """Write what the engine's processes do, to stderr."""
        print(f"  … {line}", file=sys.stderr, flush=True)

    def fact(self, name: str, text: str) -> None:
        """Write a fact under its name, wrapped; a name that was told already is left out."""
        from engine.cli.text import terminal_width, wrapped

        if name not in self._facts:
            self._facts.add(name)
            for line in wrapped(text, min(80, terminal_width()), first=f"✓ {name:<9} "):
                self.say(line)

    def scene(self, scene: Scene) -> None:
        """Write what has newly come true; once all has, the journal's lines as they come."""
        from engine.cli.text import stamp
        from engine.domain.words import several

        if scene.posted is not None:
            self.fact("posted", f"{scene.posted.summary} (every 8 s a file in {_short(self._posts)})")
        if scene.measured is not None and "posted" in self._facts:
            when, value = scene.measured
            self.fact(
                "measured",
                f"the channel's own feed, read back at {when:%H:%M:%S} UTC, shows {several(int(value), 'post')} this week",
            )
        if scene.alert is not None:
            self.fact(
                "alert",
                f"{str(scene.alert.severity).upper()} {scene.alert.rule} on newsletter. {scene.alert.because}",
            )
        if scene.task is not None:
            who = scene.task.assignee or "nobody"
            self.fact(
                "task",
                f"{scene.task.id} for {who}, until {stamp(scene.task.due, scene.zone)}: {scene.task.title}",
            )
        if scene.review is not None:
            self.fact("review", f"the next review opens {stamp(scene.review, scene.zone)} ({scene.zone})")
        told = {"posted", "measured", "alert", "task", "review"} - self._facts
        self.missing = [name for name in ("posted", "measured", "alert", "task", "review") if name in told]
        if self.missing:
            return
        if not self._all_told:
            self._all_told = True
            if not self._once:
                self.say("All promises kept; the journal goes on below. Ctrl-C stops everything cleanly.")
            return
        for strategy, entry in scene.entries:
            self._line(strategy, entry)

    def _line(self, strategy: str, entry: Entry) -> None:
        from engine.cli.text import clipped

        if entry.type in _TOLD:
            clock = entry.at.astimezone().strftime("%H:%M:%S")
            head = f"  {clock} {_TOLD[entry.type]:<8} "
            self.say(
                head + clipped(f"{strategy.rsplit('/', maxsplit=1)[-1]}: {entry.summary}", 80 - len(head))
            )


def _own_database(settings: Settings) -> object:
    """Return the demonstration's own database, unless another one was chosen."""
    from pydantic import SecretStr

    chosen = settings.database_url.get_secret_value()
    default = f"sqlite:///{settings.home / 'drumbeat.db'}"
    return SecretStr(f"sqlite:///{settings.home / 'demo' / 'drumbeat.db'}" if chosen == default else chosen)


def _short(path: Path) -> str:
    """Write a path from here where that is shorter."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
