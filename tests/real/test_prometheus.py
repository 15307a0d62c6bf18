"""Prometheus, the real one, and what it says of numbers that come, stay away and are none."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from adapters.http import Http
from adapters.metrics.prometheus import PrometheusSource
from adapters.tools import Tools
from engine.domain.errors import SourceError
from engine.domain.records import Sample
from engine.domain.strategy import Metric
from engine.domain.workspace import SourceConfig
from tests.contracts.source_contract import ask
from tests.real.servers.prometheus import Prometheus
from tests.support import eventually_async

NUMBERS = """\
orders 12
visitors{page="home"} 30
visitors{page="shop"} 12
share NaN
"""
Read = Callable[..., Awaitable[tuple[Sample, ...]]]


@pytest.fixture
async def read(prometheus_server: Prometheus) -> AsyncIterator[Read]:
    """Read one query now."""
    http = Http(trust_env=False)
    source = PrometheusSource(Tools(http=http))
    config = SourceConfig(name="prom", kind="prometheus", settings={"url": prometheus_server.url})

    async def read(query: str, **more: object) -> tuple[Sample, ...]:
        metric = Metric.model_validate({"name": "n", "source": "prom", "settings": {"query": query, **more}})
        return (await source.read(config, ask(config, metric), datetime.now(UTC), {})).samples

    yield read
    await http.aclose()


@pytest.fixture(autouse=True)
async def _scraped(prometheus_server: Prometheus) -> None:
    """Let the numbers of this test be scraped."""
    prometheus_server.page.text = NUMBERS
    query = {"query": "orders"}

    def there() -> bool:
        answer = httpx.get(f"{prometheus_server.url}/api/v1/query", params=query, trust_env=False)
        return bool(answer.json()["data"]["result"])

    await eventually_async(there, within=20, what="Prometheus has scraped", every=0.1)


async def test_a_selector_carries_the_time_of_its_scrape(read: Read) -> None:
    before = datetime.now(UTC)
    (sample,) = await read("orders")
    (again,) = await read("orders # the same")
    assert sample.value == again.value == 12
    assert timedelta(0) <= sample.seen - sample.at < timedelta(seconds=10)
    assert sample.at < before, "it was scraped before it was asked for"


async def test_a_sum_is_of_the_instant_of_the_reading(read: Read) -> None:
    (sample,) = await read("sum(visitors)")
    assert sample.value == 42
    assert sample.seen - sample.at < timedelta(milliseconds=2)


async def test_several_series_are_refused_with_their_labels(read: Read) -> None:
    with pytest.raises(SourceError, match=r'gives 2 series.*page="home".*page="shop"'):
        await read("visitors")


@pytest.mark.parametrize("query", ["share", "nothing", "orders / 0", "0 / 0 * orders", "orders @ 0"])
async def test_what_is_not_there_or_no_number_is_missing(read: Read, query: str) -> None:
    assert await read(query) == ()


async def test_a_target_that_has_gone_gives_no_number_at_once(
    read: Read, prometheus_server: Prometheus
) -> None:
    prometheus_server.page.text = None
    query = {"query": "orders"}

    def gone() -> bool:
        answer = httpx.get(f"{prometheus_server.url}/api/v1/query", params=query, trust_env=False)
        return not answer.json()["data"]["result"]

    await eventually_async(gone, within=20, what="Prometheus has noticed", every=0.1)
    assert await read("orders") == ()
    assert len(await read("orders[1m]")) >= 1, "its past is still there"


async def test_history_is_read_by_a_range_and_by_a_query_that_is_one(read: Read) -> None:
    scraped = await read("orders[30s]")
    assert {sample.value for sample in scraped} == {12}
    first = await read("orders", over="30s", step="1s")
    assert {sample.value for sample in first} == {12}
    assert all(sample.at.microsecond == 0 for sample in first)
    second = await read("orders", over="30s", step="1s")
    assert {sample.at for sample in first} & {sample.at for sample in second}


async def test_a_mistake_is_told_as_prometheus_says_it(read: Read) -> None:
    with pytest.raises(SourceError, match=r"For 'n'.*parse error: unclosed left parenthesis"):
        await read("sum(orders")
