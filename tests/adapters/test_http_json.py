"""The source `http_json`: numbers out of documents as the web's services write them, with their own times."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest

from adapters.metrics import http_json
from adapters.metrics.http_json import HttpJsonSource
from adapters.testing.secrecy import SECRET, USER
from adapters.tools import Tools
from engine.domain.errors import SourceError
from engine.domain.strategy import Metric
from engine.domain.workspace import SourceConfig
from tests.adapters.local_server import Server, drip, flood, reset, tell_tale, truncated
from tests.contracts.source_contract import NOW, Call, SourceContract, ask

DOCUMENT = {
    "site": {"visitors": 120, "text": "12.5", "none": None, "yes": True, "list": [1]},
    "days": [
        {"date": "2026-01-05", "orders": 3},
        {"date": "2026-01-06", "orders": None},
        {"date": "2026-01-07", "orders": "5"},
        {"date": "2026-02-09", "orders": 99},
    ],
}


def counted(value: str, name: str = "visitors", **more: object) -> Metric:
    return Metric.model_validate({"name": name, "source": "shop", "settings": {"value": value, **more}})


VISITORS = counted("site.visitors")
ORDERS = counted("orders", "orders", rows="days", at="date")


@pytest.fixture
def source(tools: Tools) -> HttpJsonSource:
    return HttpJsonSource(tools)


@pytest.fixture
def config(server: Server) -> SourceConfig:
    url = server.say("/numbers", json.dumps(DOCUMENT), Content_Type="application/json")
    secrets = {"header.X-Api-Key": "env:SHOP_KEY"}
    return SourceConfig(name="shop", kind="http_json", settings={"url": url}, secrets=secrets)


@pytest.fixture
def metrics() -> tuple[Metric, ...]:
    return VISITORS, ORDERS


@pytest.fixture
def secrets() -> dict[str, str]:
    return {"header.X-Api-Key": SECRET}


@pytest.fixture
def failures(source: HttpJsonSource, server: Server, closed_port: int) -> Sequence[Call]:
    routes = {"reset": reset, "cut": truncated, "slow": drip, "flood": flood, "tells": tell_tale(401)}
    for name, route in routes.items():
        server.add(f"/{SECRET}/{name}", route)
    server.say(f"/{SECRET}/secretive", json.dumps({"site": {"visitors": SECRET}}))
    server.say(f"/{SECRET}/page", f"<html>{SECRET}</html>", Content_Type="text/html")
    hidden = SourceConfig(
        name="shop",
        kind="http_json",
        settings={"username": USER},
        secrets={"url": "env:A", "password": "env:B"},
    )
    urls = [server.url(f"/{SECRET}/{name}") for name in (*routes, "missing", "secretive", "page")]
    urls += [f"http://127.0.0.1:{closed_port}/{SECRET}", f"{SECRET}://x", ""]
    summed = counted("sum(site.visitors)")
    return [
        *(
            partial(source.read, hidden, ask(hidden, VISITORS), NOW, {"url": u, "password": SECRET})
            for u in urls
        ),
        partial(source.read, hidden, ask(hidden, summed), NOW, {"url": urls[-5], "password": SECRET}),
    ]


class TestContract(SourceContract):
    """The source keeps the contract of its seam."""

    @pytest.fixture
    def secrets(self) -> dict[str, str]:
        return {"header.X-Api-Key": SECRET}


Read = Callable[..., Any]


@pytest.fixture
def values(source: HttpJsonSource, config: SourceConfig, server: Server, secrets: dict[str, str]) -> Read:
    """Read metrics out of a document and return instants and values."""

    async def read(document: object, *metrics: Metric, **settings: object) -> list[tuple[str, float]]:
        if document is not DOCUMENT:
            body = document if isinstance(document, bytes) else json.dumps(document)
            server.say("/numbers", body, Content_Type="application/json")
        given = config.model_copy(update={"settings": {**config.settings, **settings}})
        reading = await source.read(given, ask(given, *metrics), NOW, secrets)
        return [(f"{each.at:%Y-%m-%dT%H:%M}", each.value) for each in reading.samples]

    return read


async def test_a_value_without_a_time_is_of_the_instant_of_the_reading(values: Read) -> None:
    assert await values(DOCUMENT, VISITORS) == [("2026-02-01T12:00", 120.0)]


async def test_rows_bring_history_and_nothing_of_the_future(values: Read) -> None:
    assert await values(DOCUMENT, ORDERS) == [("2026-01-06T00:00", 3.0), ("2026-01-08T00:00", 5.0)]


async def test_a_value_may_have_its_own_time(values: Read) -> None:
    document = {"n": 7, "as_of": "2026-01-31T09:30"}
    metric = counted("n", at="as_of")
    assert await values(document, metric, timezone="Europe/Berlin") == [("2026-01-31T08:30", 7.0)]
    assert await values({"n": 7, "as_of": 1769851800000}, metric) == [("2026-01-31T09:30", 7.0)]
    assert await values({"n": 7, "as_of": "2026-02-03"}, metric) == []


async def test_an_expression_may_reckon(values: Read) -> None:
    assert await values(DOCUMENT, counted("length(days[?orders])")) == [("2026-02-01T12:00", 3.0)]
    assert await values([{"n": 1}, {"n": 2}], counted("sum([].n)")) == [("2026-02-01T12:00", 3.0)]


@pytest.mark.parametrize("path", ["site.none", "site.nothing", "nowhere.at.all", "days[9].orders"])
async def test_what_is_not_there_is_missing_and_never_zero(values: Read, path: str) -> None:
    assert await values(DOCUMENT, counted(path)) == []


@pytest.mark.parametrize(
    "body", [b'{"n": NaN}', b'{"n": Infinity}', b'{"n": 1e999}', b'{"n": ""}', b'{"n": "NaN"}']
)
async def test_what_is_no_finite_number_is_missing_and_never_zero(values: Read, body: bytes) -> None:
    assert await values(body, counted("n")) == []


async def test_zero_is_a_value(values: Read) -> None:
    assert await values({"n": 0}, counted("n")) == [("2026-02-01T12:00", 0.0)]


@pytest.mark.parametrize(
    ("metric", "words"),
    [
        (counted("site.yes"), r"The metric 'visitors': `value` is a yes or no, not a number"),
        (counted("site.list"), r"`value` is a list, not a number"),
        (counted("site"), r"`value` is an object, not a number"),
        (
            counted("sum(site)"),
            r"`value` cannot be followed: its function sum\(\) does not take what is there",
        ),
        (counted("n", rows="site", at="n"), r"`rows` leads to an object, not to a list"),
        (counted("n", rows="keys(days)", at="n"), r"`rows` cannot be followed: its function keys\(\)"),
        (counted("orders", rows="days", at="day"), r"row 1: `at` is no time"),
        (counted("date", rows="days", at="date"), r"row 1: `value` is a text that is no plain number"),
    ],
)
async def test_what_does_not_fit_is_named_with_its_metric_and_row(
    values: Read, metric: Metric, words: str
) -> None:
    with pytest.raises(SourceError, match=words):
        await values(DOCUMENT, metric)


@pytest.mark.parametrize("body", [b"", b"<xml></xml>", b'{"n": ', b"[" * 100_000, b"\xff\xfe\xfd"])
async def test_what_is_no_json_is_named(values: Read, body: bytes) -> None:
    with pytest.raises(SourceError, match="holds broken JSON"):
        await values(body, counted("n"))


async def test_what_says_that_it_is_something_else_is_named_by_that(values: Read, server: Server) -> None:
    url = server.say("/table", "at,visitors", Content_Type="text/csv; charset=utf-8")
    with pytest.raises(SourceError, match=r"/table is no JSON but text/csv\."):
        await values(DOCUMENT, VISITORS, url=url)


async def test_too_many_rows_are_refused(values: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_json, "MOST_ROWS", 3)
    with pytest.raises(SourceError, match="4 rows are more than 3"):
        await values(DOCUMENT, ORDERS)


async def test_the_document_is_fetched_once_for_all_metrics_with_its_secret(
    values: Read, server: Server
) -> None:
    await values(DOCUMENT, VISITORS, ORDERS)
    assert server.paths() == ["GET /numbers"]
    assert server.seen[0][2]["X-Api-Key"] == SECRET


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "The setting `value` is missing"),
        (
            {"value": "a."},
            "The setting `value` is wrong: it is no JMESPath; it cannot be read from column 3 on",
        ),
        ({"value": "a[", "at": "b"}, "from column 3 on"),
        ({"value": "a", "at": "%"}, "The setting `at` is wrong: it is no JMESPath"),
        ({"value": "n", "rows": "days"}, "With `rows` the setting `at` is needed"),
        ({"value": "n", "row": "days"}, "There is no setting `row`; did you mean `rows`?"),
    ],
)
def test_wrong_settings_of_a_metric_are_named(
    source: HttpJsonSource, config: SourceConfig, settings: dict[str, object], words: str
) -> None:
    metric = Metric.model_validate({"name": "visitors", "source": "shop", "settings": settings})
    assert words in " ".join(source.validate(config, metric))
