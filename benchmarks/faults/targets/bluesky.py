"""The real server of the AT Protocol, with one account."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from adapters.testing.proxy import Request
from benchmarks.faults.proxy import StormProxy
from benchmarks.faults.storm import Weather
from benchmarks.faults.targets.served import Served

_POST = "app.bsky.feed.post"


@contextmanager
def stage(weather: Weather, place: Path) -> Iterator[Served]:  # noqa: ARG001 - its launcher has its own folder
    """Start it behind the proxy, with an account."""
    from tests.real.servers.bluesky import PASSWORD, accounts_only  # noqa: PLC0415 - what is not there is left out

    with accounts_only() as network:
        person = network.person("gale")
        upstream = network.pds.removeprefix("http://")
        with StormProxy(upstream, _mutates) as proxy:
            proxy.break_some(weather.seed, weather.slots, weather.share)
            account = (
                f"    platform: bluesky\n    settings: {{handle: {person.handle}, service: '{proxy.url}'}}\n"
                "    secrets: {app_password: 'env:DRUMBEAT_SECRET_STORM'}"
            )
            yield Served(
                "Bluesky",
                account,
                proxy,
                lambda: _texts(network, person.did),
                {"DRUMBEAT_SECRET_STORM": PASSWORD},
            )


def _mutates(request: Request) -> bool:
    return request.method == "POST" and request.path.startswith("/xrpc/com.atproto.repo.putRecord")


def _texts(network: Any, did: str) -> list[str]:
    found: list[str] = []
    asked = {"repo": did, "collection": _POST, "limit": 100}
    while True:
        page = network.ask("GET", network.pds, "com.atproto.repo.listRecords", params=asked)
        found += [record["value"]["text"] for record in page["records"]]
        if not page["records"] or "cursor" not in page:
            return found
        asked["cursor"] = page["cursor"]
