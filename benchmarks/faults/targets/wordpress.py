"""The real WordPress."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from adapters.testing.proxy import Request
from benchmarks.faults.proxy import StormProxy
from benchmarks.faults.storm import Weather
from benchmarks.faults.targets.served import Served

_POSTS = "/wp-json/wp/v2/posts"
# A draft, then its being shown.
_MUTATIONS = 2


@contextmanager
def stage(weather: Weather, place: Path) -> Iterator[Served]:  # noqa: ARG001 - its launcher has its own folder
    """Start it behind the proxy."""
    from tests.real.servers.wordpress import running  # noqa: PLC0415 - what is not there is left out

    with running() as site, StormProxy(site.url.removeprefix("http://"), _mutates, _shows) as proxy:
        proxy.break_some(weather.seed, weather.slots * _MUTATIONS, weather.share)
        account = (
            f"    platform: wordpress\n    settings: {{url: '{proxy.url}', user: '{site.user}'}}\n"
            "    secrets: {password: 'env:DRUMBEAT_SECRET_STORM'}"
        )
        secrets = {"DRUMBEAT_SECRET_STORM": site.password}
        yield Served("WordPress", account, proxy, lambda: _texts(site), secrets)


def _mutates(request: Request) -> bool:
    return request.method == "POST" and request.path.startswith(_POSTS)


def _shows(request: Request) -> bool:
    return _mutates(request) and request.path.startswith(f"{_POSTS}/")


def _texts(site: Any) -> list[str]:
    found: list[str] = []
    while True:
        asked: dict[str, str | int] = {"per_page": 100, "offset": len(found), "_fields": "title,content"}
        page = (
            httpx.get(f"{site.url}{_POSTS}", params=asked, timeout=60, trust_env=False)
            .raise_for_status()
            .json()
        )
        found += [f"{post['title']['rendered']} {post['content']['rendered']}" for post in page]
        if not page:
            return found
