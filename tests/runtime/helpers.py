"""Asking a Temporal server by its own command line."""

from __future__ import annotations

import subprocess
from pathlib import Path

from engine.runtime.embedded import temporal_binary
from engine.runtime.processes import find_processes


def temporal(address: str, *words: str) -> str:
    argv = [
        str(temporal_binary()),
        *words,
        "--address",
        address,
        "--disable-config-file",
        "--disable-config-env",
    ]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def namespaces(address: str) -> str:
    try:
        return temporal(address, "operator", "namespace", "list")
    except subprocess.CalledProcessError as error:
        return str(error)


def servers_on(place: Path) -> tuple[int, ...]:
    return find_processes(lambda line: "start-dev" in line and str(place) in line)
