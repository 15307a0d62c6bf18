"""Synapse, the reference server of Matrix."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from adapters.testing.proxy import Request
from benchmarks.faults.proxy import StormProxy
from benchmarks.faults.storm import Weather
from benchmarks.faults.targets.served import Served


@contextmanager
def stage(weather: Weather, place: Path) -> Iterator[Served]:  # noqa: ARG001 - its launcher has its own folder
    """Start it behind the proxy, with a room."""
    from tests.real.servers.synapse import running  # noqa: PLC0415 - what is not there is left out

    with running() as synapse, StormProxy(synapse.url.removeprefix("http://"), _mutates) as proxy:
        proxy.break_some(weather.seed, weather.slots, weather.share)
        room = synapse.room()
        account = (
            f"    platform: matrix\n    settings: {{homeserver: '{proxy.url}', room: '{room}'}}\n"
            "    secrets: {access_token: 'env:DRUMBEAT_SECRET_STORM'}"
        )
        yield Served(
            "Matrix", account, proxy, lambda: _texts(synapse, room), {"DRUMBEAT_SECRET_STORM": synapse.token}
        )


def _mutates(request: Request) -> bool:
    return request.method == "PUT" and "/send/" in request.path


def _texts(synapse: Any, room: str) -> list[str]:
    found, start = [], ""
    while True:
        page = synapse.call("GET", f"/rooms/{room}/messages?dir=b&limit=500{start}")
        found += [event["content"]["body"] for event in page["chunk"] if event["type"] == "m.room.message"]
        if "end" not in page:
            return found
        start = f"&from={page['end']}"
