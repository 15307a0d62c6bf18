"""A receiver of the platform `webhook` that can be asked, and acts as often as it is told to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.testing.proxy import Request
from benchmarks.faults.double import HOOK, Double
from benchmarks.faults.proxy import StormProxy
from benchmarks.faults.storm import Weather
from benchmarks.faults.targets.served import Served


@contextmanager
def stage(weather: Weather, place: Path) -> Iterator[Served]:  # noqa: ARG001 - it needs no folder
    """Start receiver and proxy."""
    with Double() as double, StormProxy(f"127.0.0.1:{double.port}", _mutates) as proxy:
        proxy.break_some(weather.seed, weather.slots, weather.share)
        where = f"{proxy.url}{HOOK}"
        account = (
            f"    platform: webhook\n    settings: {{url: '{where}', find_url: '{where}'}}\n"
            "    secrets: {signing_key: 'env:DRUMBEAT_SECRET_STORM'}"
        )
        secrets = {"DRUMBEAT_SECRET_STORM": "a key for this storm alone"}
        yield Served("webhook", account, proxy, lambda: [post.text for post in list(double.posts)], secrets)


def _mutates(request: Request) -> bool:
    return request.method == "POST"
