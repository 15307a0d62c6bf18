"""The source `prometheus`: one query, one number, with the time stamp that is its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from adapters.metrics.prometheus import PrometheusSource
from adapters.testing.secrecy import SECRET, USER
from adapters.tools import Tools
from engine.domain.errors import SourceError
from engine.domain.strategy import Metric
from engine.domain.workspace import SourceConfig
from tests.adapters.local_server import Handler, Server, drip, reset, tell_tale, truncated
from tests.contracts.source_contract import NOW, Call, SourceContract, ask

STAMP = NOW.timestamp()
Answer = dict[str, Any] | bytes


def counted(query: str, name: str = "orders", **more: object) -> Metric:
    return Metric.model_validate({"name": name, "source": "prom", "settings": {"query": query, **more}})


ORDERS, MAILS = counted("sum(orders)"), counted("mails", "mails", over="3h", step="1h")


def vector(*values: tuple[float, str], **labels: str) -> dict[str, Any]:
    series: list[dict[str, Any]] = [
        {"metric": {**labels, "n": str(n)}, "value": list(pair)} for n, pair in enumerate(values)
    ]
    return {"resultType": "vector", "result": series}


def matrix(*series: Sequence[tuple[float, str]]) -> dict[str, Any]:
    return {"resultType": "matrix", "result": [{"metric": {}, "values": pairs} for pairs in series]}


class Prometheus:
    """A server that speaks the HTTP API; `answers` holds data by query, anything else has no series."""

    def __init__(self, server: Server) -> None:
        self.server, self.answers, self.warnings = server, dict[str, Answer](), list[str]()
        for path in ("/api/v1/query", "/api/v1/query_range"):
            server.add(path, self._answer)

    def _answer(self, handler: Handler) -> None:
        query = self.asked()[-1]["query"]
        data = self.answers.get(query, {"resultType": "vector", "result": []})
        document = {"status": "success", "data": data, "warnings": self.warnings}
        handler.answer(data if isinstance(data, bytes) else json.dumps(document).encode(), 200, {})

    def asked(self) -> list[dict[str, str]]:
        return [
            {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
            for _method, path, *_ in self.server.seen
        ]


@pytest.fixture
def prometheus(server: Server) -> Prometheus:
    found = Prometheus(server)
    found.answers |= {
        "sum(orders)": vector((STAMP, "12.5")),
        "timestamp(sum(orders)\n)": vector((STAMP, str(STAMP))),
        "mails": matrix([(STAMP - 3600, "1"), (STAMP, "2"), (STAMP + 3600, "9")]),
    }
    return found


@pytest.fixture
def source(tools: Tools) -> PrometheusSource:
    return PrometheusSource(tools)


@pytest.fixture
def config(prometheus: Prometheus) -> SourceConfig:
    settings = {"url": prometheus.server.url(""), "username": USER}
    return SourceConfig(name="prom", kind="prometheus", settings=settings, secrets={"password": "env:PASS"})


@pytest.fixture
def metrics() -> tuple[Metric, ...]:
    return ORDERS, MAILS


@pytest.fixture
def failures(
    source: PrometheusSource, server: Server, prometheus: Prometheus, closed_port: int
) -> Sequence[Call]:
    routes = {
        "reset": reset,
        "cut": truncated,
        "slow": drip,
        "tells": tell_tale(400),
        "breaks": tell_tale(500),
    }
    for name, route in routes.items():
        server.add(f"/{SECRET}/{name}/api/v1/query", route)
    echo = json.dumps({"data": vector((STAMP, SECRET), (STAMP, "1"), token=SECRET)})
    server.say(f"/{SECRET}/series/api/v1/query", echo)
    server.say(f"/{SECRET}/warns/api/v1/query", json.dumps({"data": vector(), "warnings": [SECRET]}))
    hidden = SourceConfig(name="prom", kind="prometheus", secrets={"url": "env:A", "bearer": "env:B"})
    urls = [server.url(f"/{SECRET}/{name}") for name in (*routes, "missing", "series", "warns")]
    urls += [f"http://127.0.0.1:{closed_port}/{SECRET}", f"{SECRET}://x", ""]
    return [
        *(partial(source.read, hidden, ask(hidden, ORDERS), NOW, {"url": u, "bearer": SECRET}) for u in urls),
        partial(source.read, hidden, ask(hidden, ORDERS), NOW, {"url": urls[0], "bearer": f"{SECRET}\n"}),
    ]


@pytest.fixture
def secrets() -> dict[str, str]:
    return {"password": SECRET}


class TestContract(SourceContract):
    """The source keeps the contract of its seam."""

    @pytest.fixture
    def secrets(self) -> dict[str, str]:
        return {"password": SECRET}


Read = Callable[..., Any]


@pytest.fixture
def values(source: PrometheusSource, config: SourceConfig, secrets: dict[str, str]) -> Read:
    """Read metrics and return ages in seconds and values."""

    async def read(*metrics: Metric, **settings: object) -> list[tuple[float, float]]:
        given = config.model_copy(update={"settings": {**config.settings, **settings}})
        reading = await source.read(given, ask(given, *metrics), NOW, secrets)
        return [((NOW - each.at).total_seconds(), each.value) for each in reading.samples]

    return read


async def test_a_plain_selector_carries_the_time_at_which_it_was_scraped(
    prometheus: Prometheus, values: Read
) -> None:
    prometheus.answers |= {"up": vector((STAMP, "1")), "timestamp(up\n)": vector((STAMP, str(STAMP - 42.5)))}
    assert await values(counted("up")) == [(42.5, 1.0)]


async def test_what_is_computed_is_of_the_instant_of_the_reading(
    prometheus: Prometheus, values: Read
) -> None:
    assert await values(ORDERS) == [(0.0, 12.5)]
    assert {asked["time"] for asked in prometheus.asked()} == {f"{STAMP:.3f}"}


async def test_a_query_that_ends_in_a_comment_is_stamped_too(prometheus: Prometheus, values: Read) -> None:
    prometheus.answers |= {
        "up # alive": vector((STAMP, "1")),
        "timestamp(up # alive\n)": vector((STAMP, str(STAMP - 5))),
    }
    assert await values(counted("up # alive")) == [(5.0, 1.0)]


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf"])
async def test_what_is_no_finite_number_is_missing_and_never_zero(
    prometheus: Prometheus, values: Read, value: str
) -> None:
    prometheus.answers["rate"] = vector((STAMP, value))
    assert await values(counted("rate")) == []


async def test_no_series_is_a_missing_value_and_never_zero(values: Read) -> None:
    assert await values(counted("nothing")) == []
    assert await values(counted("nothing", over="1d")) == []


async def test_zero_is_a_value(prometheus: Prometheus, values: Read) -> None:
    prometheus.answers["zero"] = vector((STAMP, "0"))
    assert await values(counted("zero")) == [(0.0, 0.0)]


async def test_a_scalar_is_a_number_too(prometheus: Prometheus, values: Read) -> None:
    prometheus.answers["scalar(x)"] = {"resultType": "scalar", "result": [STAMP, "7"]}
    assert await values(counted("scalar(x)")) == [(0.0, 7.0)]


async def test_several_series_are_refused_with_the_way_to_make_them_one(
    prometheus: Prometheus, values: Read
) -> None:
    prometheus.answers["visits"] = vector(
        (STAMP, "1.125"), (STAMP, "2.125"), (STAMP, "3"), (STAMP, "4"), job="web"
    )
    with pytest.raises(SourceError, match=r"query of 'orders' gives 4 series.*sum\(…\)") as caught:
        await values(counted("visits"))
    assert '{job="web", n="0"}' in str(caught.value)
    assert "1.125" not in str(caught.value), "labels tell them apart, values do not"


async def test_several_series_of_a_range_are_refused_alike(prometheus: Prometheus, values: Read) -> None:
    prometheus.answers["visits"] = matrix([(STAMP, "1")], [(STAMP, "2")])
    with pytest.raises(SourceError, match="gives 2 series"):
        await values(counted("visits", over="1d"))


async def test_a_range_brings_history_and_nothing_of_the_future(values: Read) -> None:
    assert await values(MAILS) == [(3600.0, 1.0), (0.0, 2.0)]


async def test_a_range_is_asked_on_a_grid_of_its_own(
    prometheus: Prometheus, source: PrometheusSource, config: SourceConfig, secrets: dict[str, str]
) -> None:
    for now in (NOW, NOW + timedelta(minutes=59)):
        await source.read(config, ask(config, MAILS), now, secrets)
    first, second = prometheus.asked()
    assert (
        first
        == second
        == {
            "query": "mails",
            "start": f"{STAMP - 3 * 3600:.3f}",
            "end": f"{STAMP:.3f}",
            "step": "3600",
        }
    )


async def test_a_query_that_is_a_range_itself_brings_every_sample(
    prometheus: Prometheus, values: Read
) -> None:
    prometheus.answers["up[1m]"] = matrix([(STAMP - 30.25, "1"), (STAMP - 15.25, "NaN"), (STAMP - 0.25, "0")])
    assert await values(counted("up[1m]")) == [(30.25, 1.0), (0.25, 0.0)]


async def test_a_histogram_is_no_number(prometheus: Prometheus, values: Read) -> None:
    prometheus.answers["h"] = {"resultType": "vector", "result": [{"metric": {}, "histogram": [STAMP, {}]}]}
    with pytest.raises(SourceError, match=r"gives no plain number \(vector\).*histogram_quantile"):
        await values(counted("h"))


async def test_an_answer_with_warnings_may_be_partial_and_is_refused_unless_accepted(
    prometheus: Prometheus, values: Read
) -> None:
    prometheus.warnings.append("store 2 did not answer")
    with pytest.raises(SourceError, match=r"may be partial: store 2 did not answer.*accept_warnings"):
        await values(ORDERS)
    assert await values(ORDERS, accept_warnings=True) == [(0.0, 12.5)]


@pytest.mark.parametrize(
    "body", [b"", b"<xml>", b"[]", b'{"data": null}', b"[" * 100_000, b'{"data": {"result": []}}']
)
async def test_what_is_no_answer_of_prometheus_is_named(
    prometheus: Prometheus, values: Read, body: bytes
) -> None:
    prometheus.answers["x"] = body
    with pytest.raises(SourceError, match="does not answer as Prometheus does"):
        await values(counted("x"))


async def test_the_reason_of_a_refused_query_is_passed_on(server: Server, values: Read) -> None:
    server.say(
        "/api/v1/query", '{"status":"error","error":"1:5: parse error"}', 400, Content_Type="application/json"
    )
    with pytest.raises(SourceError, match=r"For 'orders'.*answered 400.*1:5: parse error"):
        await values(ORDERS)


async def test_nothing_is_half_read_and_every_metric_that_fails_is_named(
    prometheus: Prometheus, values: Read
) -> None:
    prometheus.answers |= {"a": vector((STAMP, "1"), (STAMP, "2")), "b": vector((STAMP, "1"), (STAMP, "2"))}
    with pytest.raises(SourceError, match=r"'first' gives 2 series.*'second' gives 2 series"):
        await values(ORDERS, counted("a", "first"), counted("b", "second"))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "The setting `query` is missing"),
        ({"query": " "}, "The setting `query` is wrong"),
        ({"query": "x", "over": "never"}, "The setting `over` is wrong"),
        ({"query": "x", "over": "365d", "step": "1m"}, "make `step` longer"),
        ({"query": "x", "qury": "y"}, "There is no setting `qury`; did you mean `query`?"),
    ],
)
def test_wrong_settings_of_a_metric_are_named(
    source: PrometheusSource, config: SourceConfig, settings: dict[str, object], words: str
) -> None:
    metric = Metric.model_validate({"name": "orders", "source": "prom", "settings": settings})
    assert words in " ".join(source.validate(config, metric))
