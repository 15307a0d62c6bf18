"""`drumbeat worker`: a worker alone, against a Temporal server that runs elsewhere."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.options import settings_of


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(worker)


def worker(
    ctx: typer.Context,
    template: Annotated[
        int | None,
        typer.Option(hidden=True, help="Fork workers when asked; tell of them on this file descriptor."),
    ] = None,
) -> None:
    """Run a worker alone, until it is stopped.

    Calls under way are finished first.

    `drumbeat up` starts one by itself. Use this on further machines of a cluster, with DRUMBEAT_TEMPORAL_ADDRESS
    and DRUMBEAT_DATABASE_URL set.
    """
    import asyncio

    from engine.runtime.telemetry import configure_logging
    from engine.runtime.worker import run_worker

    settings = settings_of(ctx)
    configure_logging(settings)
    if template is not None:
        import engine.store  # noqa: F401 - what every worker loads, loaded once
        from engine.runtime.forking import become_workers

        become_workers(template)
    asyncio.run(run_worker(settings))
