"""Our own platform double behind HTTP, which posts a key twice when it is sent twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.testing.proxy import Request
from benchmarks.faults.adapter import KIND
from benchmarks.faults.double import Double
from benchmarks.faults.proxy import StormProxy
from benchmarks.faults.storm import Weather
from benchmarks.faults.targets.served import Served


@contextmanager
def stage(weather: Weather, place: Path) -> Iterator[Served]:  # noqa: ARG001 - it needs no folder
    """Start double and proxy."""
    with Double() as double, StormProxy(f"127.0.0.1:{double.port}", _mutates) as proxy:
        proxy.break_some(weather.seed, weather.slots, weather.share)
        account = f"    platform: {KIND}\n    settings: {{url: '{proxy.url}'}}"
        yield Served("http double", account, proxy, lambda: [post.text for post in list(double.posts)])


def _mutates(request: Request) -> bool:
    return request.method == "POST"
