"""The source `sql`: one query for each metric, asked of any database that SQLAlchemy reaches, and never a change.

A query gives rows with a column `value` and, for history, a column `at`. Without `at` it gives one row, of the
instant of the reading. What makes it read only stands in `adapters.metrics.sql_access`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import AfterValidator, Field, StringConstraints

from adapters.credentials import hide
from adapters.metrics.sql_access import RefusedError, open_database
from adapters.settings import problems, read
from adapters.tools import Tools
from adapters.values import instant, number
from engine.domain.base import Model, PositiveDuration, ZoneName
from engine.domain.errors import SourceError
from engine.domain.messages import Observe
from engine.domain.ports import Secrets
from engine.domain.records import Reading, Sample
from engine.domain.strategy import Metric
from engine.domain.workspace import SourceConfig

MOST_ROWS = 50_000
_LONGEST = timedelta(seconds=30)
# What all queries of one reading may take: it is given up after 40 s, and no thread should work on for nobody.
_ALL_TOGETHER = 32


def _absolute(path: str) -> str:
    if not Path(path).is_absolute():
        raise ValueError("it must be an absolute path")
    return path


def _bearable(timeout: timedelta) -> timedelta:
    if timeout > _LONGEST:
        raise ValueError("it is at most 30s; let the database keep a table of results instead")
    return timeout


class SqlSettings(Model):
    """Which database; all but a SQLite file is named by the secret `url`."""

    file: Annotated[str, AfterValidator(_absolute)] | None = Field(
        default=None, description="a SQLite file, meant from the workspace's file."
    )
    timezone: ZoneName = Field(
        default="UTC", description="the IANA zone of dates and of times without a zone."
    )
    timeout: Annotated[PositiveDuration, AfterValidator(_bearable)] = Field(
        default=timedelta(seconds=10), description="how long one query may take, at most 30s."
    )


class SqlMetricSettings(Model):
    """Which query gives the metric."""

    query: Annotated[str, StringConstraints(min_length=1, max_length=20_000, strip_whitespace=True)] = Field(
        description="one SELECT with a column `value` and, for several rows, a column `at`."
    )


class SqlSource:
    """Asks in a thread, over a connection that lives as long as the reading."""

    kind = "sql"
    settings = SqlSettings
    secrets = "`url`, the database's address as SQLAlchemy reads it"
    metric_settings = SqlMetricSettings

    def __init__(self, _tools: Tools) -> None:
        """Take the shared tools like every adapter; a database is reached by its own driver."""

    def validate(self, source: SourceConfig, metric: Metric | None = None) -> Sequence[str]:
        """Return what is wrong with the settings of the source or of one of its metrics, one sentence each; pure."""
        if metric is not None:
            return problems(SqlMetricSettings, metric.settings)
        found = problems(SqlSettings, source.settings)
        if ("file" in source.settings) == ("url" in source.secrets):
            found.append(
                "Give one of the setting `file` (a SQLite file) and the secret `url` (any database)."
            )
        return found + [
            f"There is no secret `{name}`; there is `url`." for name in source.secrets if name != "url"
        ]

    async def read(self, source: SourceConfig, ask: Observe, now: datetime, secrets: Secrets) -> Reading:
        """Ask every query once. Raises SourceError naming the metric; nothing is half read."""
        try:
            settings = read(SqlSettings, source.settings)
        except ValueError as error:
            raise SourceError(f"The database {source.name!r} cannot be asked. {error}") from None
        metrics = [metric for metric in ask.metrics if metric.source == source.name]
        url = secrets.get("url") or _file_url(settings.file)
        try:
            samples = await asyncio.to_thread(_read, url, settings, metrics, now)
        except (RefusedError, ValueError) as error:
            told = hide(str(error), secrets)
            raise SourceError(f"The database {source.name!r} could not be read. {told}") from None
        return Reading(source=source.name, at=now, ok=True, samples=samples)


def _file_url(file: str | None) -> str:
    return sa.URL.create("sqlite", database=file).render_as_string(hide_password=False) if file else ""


def _read(url: str, settings: SqlSettings, metrics: Sequence[Metric], now: datetime) -> tuple[Sample, ...]:
    """Return the samples of every metric. Raises RefusedError or ValueError in words without the address."""
    samples: list[Sample] = []
    ends = time.monotonic() + _ALL_TOGETHER
    with open_database(url, settings.timeout) as database:
        for metric in metrics:
            query = read(SqlMetricSettings, metric.settings).query
            if time.monotonic() > ends:
                raise RefusedError(
                    f"All queries together took longer than {_ALL_TOGETHER} s. Make them faster, or give some of the "
                    "metrics a source of their own."
                )
            try:
                columns, rows = database.ask(query, MOST_ROWS)
                pairs = _pairs(columns, rows, settings.timezone, now)
                samples += [
                    Sample(metric=metric.name, at=at, value=value, seen=now, origin=database.label)
                    for at, value in pairs
                    if at <= now
                ]
            except (RefusedError, ValueError) as error:
                raise RefusedError(f"The metric {metric.name!r}: {error}") from None
    return tuple(samples)


def _pairs(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], zone: str, now: datetime
) -> Iterator[tuple[datetime, float]]:
    """Yield instants and values. Raises ValueError naming the row, counted from 1, never its content."""
    names = [column.lower() for column in columns]
    if "value" not in names or not set(names) <= {"value", "at"} or len(names) != len(set(names)):
        raise ValueError(
            f"the query gives the columns {', '.join(columns)}. Name the number `value` and its time `at`, "
            "as in SELECT count(*) AS value."
        )
    if "at" not in names and len(rows) > 1:
        raise ValueError(
            f"the query gives {len(rows)} rows without a column `at`, and a metric is one number at a time. "
            "Count or sum them, or select their time AS at."
        )
    for count, row in enumerate(rows, 1):
        cells = dict(zip(names, row, strict=True))
        try:
            value = number(cells["value"])
        except ValueError as error:
            raise ValueError(
                f"`value` in row {count} {error}. Mend the query, with CAST for example."
            ) from None
        if value is None:
            continue
        try:
            at = instant(cells["at"], zone) if "at" in cells else now
        except ValueError as error:
            raise ValueError(f"`at` in row {count} {error}.") from None
        yield at, value
