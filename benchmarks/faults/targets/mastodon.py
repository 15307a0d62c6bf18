"""mastodon_mock, a stateful fake of Mastodon by another hand: a real one cannot be had without a network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from adapters.testing.proxy import Request
from benchmarks.faults.proxy import StormProxy
from benchmarks.faults.storm import Weather
from benchmarks.faults.targets.served import Served

_TAG = re.compile(r"<[^>]+>")


@contextmanager
def stage(weather: Weather, place: Path) -> Iterator[Served]:  # noqa: ARG001 - its launcher has its own folder
    """Start it behind the proxy."""
    from tests.real.servers.mastodon_mock import running  # noqa: PLC0415 - what is not there is left out

    with running() as mock, StormProxy(mock.url.removeprefix("http://"), _mutates) as proxy:
        proxy.break_some(weather.seed, weather.slots, weather.share)
        account = (
            f"    platform: mastodon\n    settings: {{server: '{proxy.url}'}}\n"
            "    secrets: {access_token: 'env:DRUMBEAT_SECRET_STORM'}"
        )
        yield Served(
            "Mastodon (mock)", account, proxy, lambda: _texts(mock), {"DRUMBEAT_SECRET_STORM": mock.token}
        )


def _mutates(request: Request) -> bool:
    return request.method == "POST" and request.path.startswith("/api/v1/statuses")


def _texts(mock: Any) -> list[str]:
    me = mock.get("/api/v1/accounts/verify_credentials")["id"]
    found: list[str] = []
    asked = {"limit": "40"}
    while page := mock.get(f"/api/v1/accounts/{me}/statuses", **asked):
        found += [_TAG.sub("", status["content"]) for status in page]
        asked["max_id"] = page[-1]["id"]
    return found
