"""The embedded server's ports: free ones on loopback, kept from run to run so that clients find it again."""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from engine.domain.errors import EngineError
from engine.runtime.datadir import write_atomically

HOST = "127.0.0.1"
# Below the range from which systems take the local port of outgoing connections. In that range a worker that
# tries to reconnect can be given the dead server's port, connect to itself, and keep the server from its port.
RANGE = range(20_000, 30_000)


class Ports(NamedTuple):
    """Where the server listens: gRPC, and its web pages."""

    frontend: int
    ui: int


def choose_ports(file: Path, say: Callable[[str], None]) -> Ports:
    """Return the ports that the file names while they are free, else new ones, which the file then names.

    Raises EngineError when no pair is free.
    """
    last = _read(file)
    if last and all(is_free(port) for port in last):
        return last
    if last:
        say(f"the ports {last.frontend} and {last.ui} of the last run are taken; choosing others")
    chosen = _free_pair()
    write_atomically(file, json.dumps(chosen._asdict()) + "\n")
    return chosen


def _read(path: Path) -> Ports | None:
    try:
        ports = json.loads(path.read_text(encoding="utf-8"))
        return Ports(int(ports["frontend"]), int(ports["ui"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def is_free(port: int) -> bool:
    """Say whether a server could listen on this port of the loopback now."""
    with socket.socket() as probe, suppress(OSError, OverflowError):
        # The server does the same; without it a connection that is just fading away would count as taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((HOST, port))
        return True
    return False


def _free_pair() -> Ports:
    for _ in range(1000):
        first = secrets.choice(RANGE[:-1])
        if is_free(first) and is_free(first + 1):
            return Ports(first, first + 1)
    raise EngineError(
        f"No free pair of ports between {RANGE.start} and {RANGE.stop} on {HOST}, so the embedded server cannot "
        "start. Close what holds them, or set DRUMBEAT_TEMPORAL_ADDRESS to a server of your own."
    )
