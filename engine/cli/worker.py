"""`drumbeat worker`: a worker alone, against a Temporal server that runs elsewhere."""

from __future__ import annotations

import typer

from engine.cli.options import settings_of


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(worker)


def worker(ctx: typer.Context) -> None:
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
    asyncio.run(run_worker(settings))
