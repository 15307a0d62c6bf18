"""The source `http_json`: numbers in a JSON document on the web, found by JMESPath expressions.

A metric names the path to its `value`, and to the time `at` of it when the document tells; else it is of the instant
of the reading. With `rows`, a path to a list, the paths count from each row, and the whole history is read. What is
not there, null, empty or not finite is no value, never 0.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any, Self

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import AfterValidator, Field, model_validator

from adapters.credentials import IN_WORDS
from adapters.endpoint import Endpoint, EndpointSettings, endpoint_problems
from adapters.http import FetchError, Page
from adapters.settings import problems, read
from adapters.tools import Tools
from adapters.values import instant, named, number
from engine.domain.base import Model, ZoneName
from engine.domain.errors import SourceError
from engine.domain.messages import Observe
from engine.domain.ports import Secrets
from engine.domain.records import Reading, Sample
from engine.domain.strategy import Metric
from engine.domain.workspace import SourceConfig

MOST_ROWS = 50_000


def _compiles(path: str) -> str:
    try:
        jmespath.compile(path)
    except JMESPathError as error:
        # The library's sentence names its own tokens; where it stopped says more.
        stopped = getattr(error, "lex_position", getattr(error, "lexer_position", 0)) or 0
        raise ValueError(f"it is no JMESPath; it cannot be read from column {stopped + 1} on") from None
    return path


Path = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_compiles)]


class HttpJsonSettings(EndpointSettings):
    """Where the document is."""

    timezone: ZoneName = Field(
        default="UTC", description="the IANA zone of dates and of times without a zone."
    )


class HttpJsonMetricSettings(Model):
    """Where in the document a metric stands; the paths are [JMESPath](https://jmespath.org)."""

    value: Path = Field(description="the path to the number, such as data.visitors.")
    at: Path | None = Field(
        default=None,
        description="the path to its time: 2026-01-05, 2026-01-05T09:30, or seconds or milliseconds since 1970.",
    )
    rows: Path | None = Field(
        default=None, description="the path to a list of rows; `value` and `at` then count from each row."
    )

    @model_validator(mode="after")
    def _dated_rows(self) -> Self:
        if self.rows and not self.at:
            raise ValueError("With `rows` the setting `at` is needed, which tells the rows apart")
        return self


class HttpJsonSource:
    """Reads one document and takes every metric from it."""

    kind = "http_json"
    settings = HttpJsonSettings
    secrets = IN_WORDS
    metric_settings = HttpJsonMetricSettings

    def __init__(self, tools: Tools) -> None:
        self._http = tools.http

    def validate(self, source: SourceConfig, metric: Metric | None = None) -> Sequence[str]:
        """Return what is wrong with the settings of the source or of one of its metrics, one sentence each; pure."""
        if metric is not None:
            return problems(HttpJsonMetricSettings, metric.settings)
        return endpoint_problems(HttpJsonSettings, source)

    async def read(self, source: SourceConfig, ask: Observe, now: datetime, secrets: Secrets) -> Reading:
        """Read the document once, rows of the future excepted. Raises SourceError naming the metric and the row."""
        try:
            settings = read(HttpJsonSettings, source.settings)
            endpoint = Endpoint.of(settings, secrets)
        except ValueError as error:
            raise SourceError(f"The document {source.name!r} cannot be read. {error}") from None
        metrics = [metric for metric in ask.metrics if metric.source == source.name]
        found = _Document(settings.timezone, endpoint.label, now)
        try:
            page = await endpoint.call(self._http)
            samples = await asyncio.to_thread(found.samples, page, metrics)
        except (FetchError, ValueError) as error:
            told = endpoint.hide(str(error))
            raise SourceError(f"The document {source.name!r} could not be read. {told}") from None
        return Reading(source=source.name, at=now, ok=True, samples=samples)


class _Document:
    """How the values of one document become samples."""

    def __init__(self, zone: str, origin: str, now: datetime) -> None:
        self._zone, self._origin, self._now = zone, origin, now

    def samples(self, page: Page, metrics: Sequence[Metric]) -> tuple[Sample, ...]:
        """Return the samples of every metric. Raises ValueError in words that are safe to show."""
        try:
            # NaN and Infinity are not JSON, but they are sent; they are no values.
            document = json.loads(page.body, parse_constant=lambda _name: math.nan)
        except (ValueError, RecursionError):
            kind = page.content_type.partition(";")[0].strip() or "something else"
            what = "holds broken JSON" if "json" in kind else f"is no JSON but {kind}"
            raise ValueError(
                f"{self._origin} {what}. Check the address and whether it needs a login."
            ) from None
        return tuple(sample for metric in metrics for sample in self._of(metric, document))

    def _of(self, metric: Metric, document: Any) -> Iterator[Sample]:
        try:
            settings = read(HttpJsonMetricSettings, metric.settings)
        except ValueError as error:
            raise ValueError(f"The metric {metric.name!r} cannot be read. {error}") from None
        for place, row in self._rows(metric, settings.rows, document):
            try:
                sample = self._sample(metric, settings, row)
            except ValueError as error:
                raise ValueError(f"{place}{error}") from None
            if sample is not None:
                yield sample

    def _rows(self, metric: Metric, path: str | None, document: Any) -> Iterator[tuple[str, Any]]:
        if path is None:
            yield f"The metric {metric.name!r}: ", document
            return
        try:
            rows = _search(path, document)
        except ValueError as error:
            raise ValueError(f"The metric {metric.name!r}: `rows` {error}. Mend the path.") from None
        many = len(rows) if isinstance(rows, list) else None
        if many is None:
            raise ValueError(
                f"The metric {metric.name!r}: `rows` leads to {named(rows)}, not to a list. Mend the path."
            )
        if many > MOST_ROWS:
            raise ValueError(
                f"The metric {metric.name!r}: {many:,} rows are more than {MOST_ROWS:,}. Ask for fewer, by a "
                "span of time in the address or a slice such as rows[-1000:]."
            )
        yield from ((f"The metric {metric.name!r}, row {count}: ", row) for count, row in enumerate(rows, 1))

    def _sample(self, metric: Metric, settings: HttpJsonMetricSettings, row: Any) -> Sample | None:
        try:
            value = number(_search(settings.value, row))
        except ValueError as error:
            raise ValueError(f"`value` {error}. Mend the path or the document.") from None
        if value is None:
            return None
        try:
            at = instant(_search(settings.at, row), self._zone) if settings.at else self._now
        except ValueError as error:
            raise ValueError(f"`at` {error}.") from None
        if at > self._now:
            return None
        return Sample(metric=metric.name, at=at, value=value, seen=self._now, origin=self._origin)


def _search(path: str, document: Any) -> Any:
    """Return what the path leads to. The library's own error quotes what it found, so it is not shown."""
    try:
        return jmespath.search(path, document)
    except JMESPathError as error:
        function = getattr(error, "function_name", None)
        why = (
            f"its function {function}() does not take what is there"
            if function
            else "it fails on what is there"
        )
        raise ValueError(f"cannot be followed: {why}") from None
