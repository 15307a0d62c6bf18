"""The source `prometheus`: a PromQL query for each metric, asked of the HTTP API of Prometheus or what speaks like it.

The answer must be one number. One that is not there, not a number or not finite is no value, never 0. A sample
carries its own time stamp where the query is a plain selector (`queue_length{queue="mail"}`); what is computed
(`sum(…)`, `rate(…)`) is of the instant of the reading. With `over` the query is read as a range, so that history
comes along; a query that is a range itself (`queue_length[1d]`) brings every sample as it was scraped.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, model_validator

from adapters.credentials import IN_WORDS
from adapters.endpoint import Endpoint, EndpointSettings, endpoint_problems
from adapters.http import FetchError, Http
from adapters.settings import problems, read
from adapters.tools import Tools
from adapters.values import number
from engine.domain.base import Model, PositiveDuration
from engine.domain.errors import SourceError
from engine.domain.messages import Observe
from engine.domain.ports import Secrets
from engine.domain.records import Reading, Sample
from engine.domain.strategy import Metric
from engine.domain.workspace import SourceConfig

# Prometheus refuses more points of one series.
MOST_POINTS = 11_000
_MOST_SHOWN = 3
# It answers twenty queries at once, and we are not its only reader.
_AT_ONCE = 5
_MOST_LABELS, _MOST_SAID = 200, 300
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class PrometheusSettings(EndpointSettings):
    """Where Prometheus is; `/api/v1/query` is added to its address."""

    accept_warnings: bool = Field(
        default=False,
        description="whether an answer with warnings counts; it may hold only a part of the data.",
    )


class PrometheusMetricSettings(Model):
    """Which query gives the metric."""

    query: Annotated[str, StringConstraints(min_length=1, max_length=4000, strip_whitespace=True)] = Field(
        description="a PromQL query that gives one number, such as sum(increase(orders_total[7d]))."
    )
    over: PositiveDuration | None = Field(
        default=None, description="how far back the query is read each time; by default only now."
    )
    step: PositiveDuration = Field(
        default=timedelta(hours=1), description="with `over`, the time from one value to the next."
    )

    @model_validator(mode="after")
    def _few_points(self) -> Self:
        if self.over and self.over / self.step >= MOST_POINTS:
            raise ValueError(f"`over` holds {MOST_POINTS:,} or more of `step`; make `step` longer")
        return self


class PrometheusSource:
    """Asks once for each metric and, for the time stamp of a single number, once more at the same instant."""

    kind = "prometheus"
    settings = PrometheusSettings
    secrets = IN_WORDS
    metric_settings = PrometheusMetricSettings

    def __init__(self, tools: Tools) -> None:
        self._http = tools.http

    def validate(self, source: SourceConfig, metric: Metric | None = None) -> Sequence[str]:
        """Return what is wrong with the settings of the source or of one of its metrics, one sentence each; pure."""
        if metric is not None:
            return problems(PrometheusMetricSettings, metric.settings)
        return endpoint_problems(PrometheusSettings, source)

    async def read(self, source: SourceConfig, ask: Observe, now: datetime, secrets: Secrets) -> Reading:
        """Read every metric once. Raises SourceError naming the metrics that cannot be read: nothing is half read."""
        try:
            settings = read(PrometheusSettings, source.settings)
            endpoint = Endpoint.of(settings, secrets)
        except ValueError as error:
            raise SourceError(f"The Prometheus {source.name!r} cannot be asked. {error}") from None
        server = _Server(endpoint, self._http, now, lenient=settings.accept_warnings)
        metrics = [metric for metric in ask.metrics if metric.source == source.name]
        answers = await asyncio.gather(*(server.try_samples(metric) for metric in metrics))
        wrong = dict.fromkeys(str(answer) for answer in answers if isinstance(answer, FetchError))
        if wrong:
            told = endpoint.hide(" ".join(wrong))
            raise SourceError(f"The Prometheus {source.name!r} could not be read. {told}")
        samples = (sample for answer in answers if not isinstance(answer, FetchError) for sample in answer)
        return Reading(source=source.name, at=now, ok=True, samples=tuple(samples))


class _Server:
    """One Prometheus at one instant."""

    def __init__(self, endpoint: Endpoint, http: Http, now: datetime, *, lenient: bool) -> None:
        self._endpoint, self._http, self._now, self._lenient = endpoint, http, now, lenient
        self._turn = asyncio.Semaphore(_AT_ONCE)

    async def try_samples(self, metric: Metric) -> list[Sample] | FetchError:
        """Return the samples, or why there are none."""
        try:
            async with self._turn:
                return await self.samples(metric)
        except FetchError as error:
            return error

    async def samples(self, metric: Metric) -> list[Sample]:
        """Return the metric's samples up to now, oldest first. Raises FetchError."""
        try:
            settings = read(PrometheusMetricSettings, metric.settings)
        except ValueError as error:
            raise FetchError(f"The metric {metric.name!r} cannot be read. {error}", transient=False) from None
        points = await (self._history(metric, settings) if settings.over else self._latest(metric, settings))
        return [
            Sample(metric=metric.name, at=at, value=value, seen=self._now, origin=self._endpoint.label)
            for at, value in points
            if value is not None and at <= self._now
        ]

    async def _latest(
        self, metric: Metric, settings: PrometheusMetricSettings
    ) -> list[tuple[datetime, float | None]]:
        kind, result = await self._ask(metric, "/api/v1/query", settings.query, {"time": _seconds(self._now)})
        points = _points(metric, kind, result)
        if kind != "vector" or not points:
            return points
        # The time of an answer is that of the question; the one of the sample is only told by asking for it. A line
        # break, because the query may end in a comment.
        stamped = f"timestamp({settings.query}\n)"
        kind, result = await self._ask(metric, "/api/v1/query", stamped, {"time": _seconds(self._now)})
        stamps = [value for _, value in _points(metric, kind, result) if value is not None]
        return [(_instant(stamps[0]), value) for _, value in points] if stamps else points

    async def _history(
        self, metric: Metric, settings: PrometheusMetricSettings
    ) -> list[tuple[datetime, float | None]]:
        # On a grid of its own, so that another reading asks of the same instants.
        end = self._now - (self._now - _EPOCH) % settings.step
        span = {
            "start": _seconds(end - (settings.over or timedelta(0))),
            "end": _seconds(end),
            "step": f"{settings.step.total_seconds():g}",
        }
        kind, result = await self._ask(metric, "/api/v1/query_range", settings.query, span)
        return _points(metric, kind, result)

    async def _ask(self, metric: Metric, path: str, query: str, more: Mapping[str, str]) -> tuple[str, Any]:
        """Return the kind of the result and the result."""
        try:
            page = await self._endpoint.call(self._http, path, {"query": query, **more})
        except FetchError as error:
            raise FetchError(f"For {metric.name!r}: {error}", transient=error.transient) from None
        try:
            answer = json.loads(page.body)
            kind, result = answer["data"]["resultType"], answer["data"]["result"]
            warnings = answer.get("warnings") or []
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            raise FetchError(
                f"{self._endpoint.label} does not answer as Prometheus does. Check the address; "
                "it is the part before /api/v1.",
                transient=False,
            ) from None
        if warnings and not self._lenient:
            said = self._endpoint.hide("; ".join(map(str, warnings)), most=_MOST_SAID)
            raise FetchError(
                f"The answer for {metric.name!r} carries a warning and may be partial: {said}. "
                "Mend what it names, or set `accept_warnings: true`.",
                transient=True,
            )
        return str(kind), result


def _points(metric: Metric, kind: str, result: Any) -> list[tuple[datetime, float | None]]:
    """Return instants and values of the only series; none when there is no series."""
    try:
        match kind:
            case "scalar":
                return [_point(result)]
            case "vector":
                return [_point(one["value"]) for one in _only(metric, result)]
            case "matrix":
                return [_point(pair) for one in _only(metric, result) for pair in one["values"]]
    except (ValueError, TypeError, LookupError, OverflowError):
        pass
    raise FetchError(
        f"The query of {metric.name!r} gives no plain number ({kind}). Write one that does, such as sum(…); "
        "of a histogram take histogram_quantile(…), histogram_sum(…) or histogram_count(…).",
        transient=False,
    )


def _only(metric: Metric, result: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    if len(result) > 1:
        shown = [_labels(one.get("metric", {})) for one in result[:_MOST_SHOWN]]
        more = ["…"] if len(result) > _MOST_SHOWN else []
        raise FetchError(
            f"The query of {metric.name!r} gives {len(result)} series, and a metric is one number: "
            f'{", ".join([*shown, *more])}. Choose one with labels, such as {{instance="…"}}, or put sum(…), '
            "max(…) or avg(…) around it.",
            transient=False,
        )
    yield from result


def _labels(labels: Mapping[str, str]) -> str:
    told = ", ".join(f'{name}="{value}"' for name, value in sorted(labels.items()) if name != "__name__")
    shown = "".join(char for char in f"{labels.get('__name__', '')}{{{told}}}" if char.isprintable())
    return shown if len(shown) <= _MOST_LABELS else f"{shown[:_MOST_LABELS]}…"


def _point(pair: Sequence[Any]) -> tuple[datetime, float | None]:
    return _instant(float(pair[0])), number(str(pair[1]))


def _instant(seconds: float) -> datetime:
    return _EPOCH + timedelta(milliseconds=round(seconds * 1000))


def _seconds(moment: datetime) -> str:
    """Write an instant as Prometheus keeps it: in whole milliseconds, never later than it is."""
    milliseconds = (moment - _EPOCH) // timedelta(milliseconds=1)
    return f"{milliseconds / 1000:.3f}"
