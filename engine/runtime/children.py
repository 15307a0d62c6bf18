"""What an engine consists of: the embedded server, unless there is another one, and a worker."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from engine.runtime.child import Child
from engine.runtime.datadir import DataDirectory
from engine.runtime.embedded import EmbeddedTemporal, Progress
from engine.runtime.settings import Settings, environment, variable_of

# -P: a file of the user's that happens to be called rules.py must not stand in for our package.
WORKER = (sys.executable, "-P", "-m", "engine.cli.main", "worker")
# Elsewhere a forked worker would outlive its template, and some system libraries must not be used after a fork.
_FORKS = bool(sys.platform == "linux")
# The supervisor waits this much longer than the worker takes, so that the worker ends its calls undisturbed.
_MARGIN = 10.0


def engine_children(
    home: DataDirectory,
    settings: Settings,
    *,
    progress: Progress | None = None,
    worker_log: Path | None = None,
) -> tuple[Child, ...]:
    """Return the engine's processes in the order of their start, and publish where the server will be.

    Raises EngineError when the embedded server cannot be prepared.
    """
    if not settings.embedded:
        home.publish(address=settings.temporal_address)
        return (worker_child(settings, settings.temporal_address, log=worker_log),)
    server = EmbeddedTemporal(home, settings)
    server.prepare(progress)
    home.publish(address=server.address, ui_address=server.ui_address)
    return server.child(), worker_child(settings, server.address, log=worker_log)


def worker_child(settings: Settings, address: str | None, *, log: Path | None = None) -> Child:
    """Return the worker; it gets the settings, those of the command line included, and the address by variables."""
    given = {variable_of(name) for name in (*settings.model_fields_set, "home")}
    # Only what was given: a default handed down as a variable would win over what a Temporal profile says.
    env = {**environment(), **{name: value for name, value in settings.as_environ().items() if name in given}}
    if settings.embedded:
        # The user's Temporal profile (address, TLS, API key) is about another server than our own.
        env = {name: value for name, value in env.items() if not name.startswith("TEMPORAL_")}
        env["TEMPORAL_CONFIG_FILE"] = os.devnull
    if address is not None:
        env[variable_of("temporal_address")] = address
    grace = settings.shutdown_grace + _MARGIN
    if not _FORKS:
        return Child("worker", WORKER, env=env, grace=grace, log=log)
    return Child("worker", (*WORKER, "--template"), env=env, grace=grace, log=log, template="template")
