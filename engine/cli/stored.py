"""How commands reach what is stored: reading the store, and telling a strategy something."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from engine.cli.options import person, settings_of

if TYPE_CHECKING:
    from engine.domain.messages import Instruction
    from engine.domain.storage import Store
    from engine.runtime.settings import Settings


@contextmanager
def reading(settings: Settings) -> Iterator[Store | None]:
    """Open the store for the length of a block; None where nothing was ever stored, which is no error."""
    from engine.runtime.operations import reading_store

    if never_written(settings):
        yield None
        return
    store = reading_store(settings)
    try:
        yield store
    finally:
        store.close()


def never_written(settings: Settings) -> bool:
    """Say whether the database is a file that is not there: looking must not make one."""
    from engine.domain.errors import EngineError

    scheme, _, path = settings.database_url.get_secret_value().partition(":///")
    if scheme != "sqlite" or not path or path == ":memory:":
        return False
    try:
        # Not `exists`: before Python 3.12 it raises, and since then it takes a closed folder for an empty one.
        Path(path.partition("?")[0]).stat()
    except FileNotFoundError:
        return True
    except OSError as error:
        raise EngineError(
            f"The database {path.partition('?')[0]} cannot be looked at ({error.strerror}). Run this command as the user "
            "who runs the engine, or set DRUMBEAT_HOME to a data directory of your own."
        ) from None
    return False


def strategy_ids(store: Store | None) -> list[str]:
    """Return the strategies that are stored."""
    return [] if store is None else [row.strategy for row in store.strategies()]


def zone_of(store: Store, strategy: str) -> str:
    """Return the zone in which people of this strategy write their times."""
    return str(store.strategy(strategy).view.get("zone") or "UTC")


def command(
    ctx: typer.Context,
    given: str,
    order: Callable[[Store, str], Instruction],
    *,
    by: str,
) -> None:
    """Find the strategy, make the instruction, send it and print the answer.

    Raises NotFoundError, CommandRefusedError or EngineError.
    """
    import asyncio

    from engine.cli.names import resolve
    from engine.cli.output import say
    from engine.domain.errors import NotFoundError
    from engine.runtime.operations import send_command

    settings = settings_of(ctx)
    with reading(settings) as store:
        strategy = resolve(given, strategy_ids(store))
        if store is None:
            raise NotFoundError
        instruction = order(store, strategy)
    say(asyncio.run(send_command(settings, strategy, instruction, by=person(by))))
