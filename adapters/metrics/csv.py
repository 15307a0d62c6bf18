"""The source `csv`: numbers that people or programs keep in a table.

Two forms, told apart by the header: long (`metric,at,value`) and wide (`at` and a column for each metric).
`at` is a date or a date with a time. A time without a zone is meant in the setting `timezone`. A date alone stands
for the whole day, which is over at the start of the next one in that zone: this is the sample's instant. Rows of
the future wait; an empty cell is no value, never 0.
"""

from __future__ import annotations

import asyncio
import csv
import io
import math
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from difflib import get_close_matches
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from adapters.credentials import hide
from adapters.http import FetchError, Page
from adapters.location import SECRETS, LocatedSettings, label, load, located
from adapters.settings import problems, read
from adapters.tools import Tools
from adapters.values import instant
from engine.domain.base import Model, ZoneName
from engine.domain.errors import SourceError
from engine.domain.messages import Observe
from engine.domain.ports import Secrets
from engine.domain.records import Reading, Sample
from engine.domain.strategy import Metric
from engine.domain.workspace import SourceConfig

MOST_ROWS = 200_000
_MOST_SHOWN = 40
_NUMBERS = {
    mark: re.compile(rf"[+-]?\d+(?:{re.escape(mark)}\d+)?(?:[eE][+-]?\d+)?", re.ASCII) for mark in ".,"
}
_EXAMPLE = {".": "1234.5", ",": "1234,5"}


class CsvSettings(LocatedSettings):
    """Where the table is and how it is written."""

    timezone: ZoneName = Field(
        default="UTC", description="the IANA zone of dates and of times without a zone."
    )
    delimiter: str = Field(
        default=",", min_length=1, max_length=1, description="what stands between two cells."
    )
    decimal: Literal[".", ","] = Field(default=".", description="the decimal mark of numbers.")
    encoding: Literal["utf-8", "utf-16", "latin-1", "cp1252"] = Field(
        default="utf-8", description="how the file's letters are stored."
    )
    missing: tuple[str, ...] = Field(
        default=(), description="further cells that mean 'no value', such as n/a."
    )


class CsvMetricSettings(Model):
    """Under which name the table holds a metric; by default its own."""

    column: Annotated[str, Field(min_length=1)] | None = Field(
        default=None, description="the table's name for this metric; by default the metric's own."
    )


class CsvSource:
    """Reads whole tables; the store finds out what is new and what was corrected."""

    kind = "csv"
    settings = CsvSettings
    secrets = SECRETS
    metric_settings = CsvMetricSettings

    def __init__(self, tools: Tools) -> None:
        self._http = tools.http

    def validate(self, source: SourceConfig, metric: Metric | None = None) -> Sequence[str]:
        """Return what is wrong with the settings of the source or of one of its metrics, one sentence each; pure."""
        if metric is not None:
            return problems(CsvMetricSettings, metric.settings)
        return problems(CsvSettings, located(source))

    async def read(self, source: SourceConfig, ask: Observe, now: datetime, secrets: Secrets) -> Reading:
        """Read every row up to `now`, at most 200,000. Raises SourceError with file:line:cell of a bad cell."""
        try:
            settings = read(CsvSettings, located(source, secrets))
        except ValueError as error:
            raise SourceError(f"The table {source.name!r} cannot be read. {error}") from None
        metrics = [metric for metric in ask.metrics if metric.source == source.name]
        try:
            page = await load(self._http, settings.where, accept="text/csv, text/plain;q=0.9, */*;q=0.5")
        except FetchError as error:
            told = hide(str(error), secrets)
            raise SourceError(f"The table {source.name!r} could not be read. {told}") from None
        table = _Table(settings, label(settings.where, secrets), metrics, now)
        samples = await asyncio.to_thread(lambda: tuple(table.samples(page)))
        return Reading(source=source.name, at=now, ok=True, samples=samples)


class _Cell(NamedTuple):
    """A cell and where it stands; lines and cells are counted from 1."""

    text: str
    table: str
    line: int
    number: int

    def wrong(self, message: str) -> SourceError:
        shown = self.text if len(self.text) <= _MOST_SHOWN else f"{self.text[:_MOST_SHOWN]}…"
        return SourceError(f"{self.table}:{self.line}:{self.number}: {shown!r} {message}")


class _Table:
    """One table being read: what its header promises, and which metrics are wanted of it."""

    def __init__(self, settings: CsvSettings, name: str, metrics: Sequence[Metric], now: datetime) -> None:
        self._settings, self._name, self._now = settings, name, now
        self._metrics = {str(metric.settings.get("column") or metric.name): metric.name for metric in metrics}
        self._columns: dict[str, int] = {}

    def samples(self, page: Page) -> Iterator[Sample]:
        """Yield the samples of every metric asked for, in the order of the file."""
        rows = self._rows(self._text(page))
        header = next(rows, None)
        if header is None:
            raise self._wrong(1, "the table is empty; it needs a header such as at,visitors.")
        self._read_header(*header)
        long = "metric" in self._columns and "value" in self._columns
        at = self._column("at")
        wide = [] if long else [(self._column(name), metric) for name, metric in self._metrics.items()]
        for count, (line, row) in enumerate(rows, 1):
            if count > MOST_ROWS:
                raise self._wrong(
                    line, f"more than {MOST_ROWS:,} rows; split the table, by year for example."
                )
            if len(row) > len(self._columns):
                raise self._cell(line, row, len(self._columns)).wrong(
                    f"is one cell too many: the header has {len(self._columns)}. "
                    "Is a number with a decimal comma unquoted?"
                )
            for index, metric in self._named(row) if long else wide:
                cell = self._cell(line, row, index)
                if not self._absent(cell):
                    yield from self._sample(metric, self._cell(line, row, at), cell)

    def _sample(self, metric: str, at: _Cell, cell: _Cell) -> Iterator[Sample]:
        moment = self._instant(at)
        if moment <= self._now:
            value = self._number(cell)
            yield Sample(metric=metric, at=moment, value=value, seen=self._now, origin=self._name)

    def _text(self, page: Page) -> str:
        encoding = "utf-8-sig" if self._settings.encoding == "utf-8" else self._settings.encoding
        try:
            return page.body.decode(encoding)
        except UnicodeError:
            raise SourceError(
                f"{self._name} is not text in {self._settings.encoding}. Save it as UTF-8, or set `encoding`."
            ) from None

    def _rows(self, text: str) -> Iterator[tuple[int, list[str]]]:
        """Yield the rows that hold anything, each with the line on which it starts."""
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=self._settings.delimiter)
        line = 1
        try:
            for row in reader:
                if any(cell.strip() for cell in row):
                    yield line, row
                line = reader.line_num + 1
        except csv.Error as error:
            raise self._wrong(line, f"this is not a readable table ({error}). Check `delimiter`.") from None

    def _read_header(self, line: int, header: list[str]) -> None:
        for index, text in enumerate(header):
            name = text.strip()
            if name in self._columns:
                raise self._cell(line, header, index).wrong("is the name of two columns; rename one of them.")
            self._columns[name] = index

    def _column(self, wanted: str) -> int:
        if wanted not in self._columns:
            near = get_close_matches(wanted, self._columns, n=1)
            hint = (
                f"did you mean {near[0]!r}?"
                if near
                else f"it has {', '.join(self._columns)}. Check `delimiter`."
            )
            raise self._wrong(1, f"there is no column {wanted!r}; {hint}")
        return self._columns[wanted]

    def _named(self, row: list[str]) -> list[tuple[int, str]]:
        """Return, for a row of the long form, its value's place and its metric, if that one is wanted."""
        index = self._columns["metric"]
        metric = self._metrics.get(row[index].strip()) if index < len(row) else None
        return [(self._columns["value"], metric)] if metric else []

    def _cell(self, line: int, row: list[str], index: int) -> _Cell:
        """Return a cell; what a short row leaves out is empty."""
        return _Cell(row[index] if index < len(row) else "", self._name, line, index + 1)

    def _absent(self, cell: _Cell) -> bool:
        text = cell.text.strip()
        return not text or text in self._settings.missing

    def _number(self, cell: _Cell) -> float:
        text, mark = cell.text.strip(), self._settings.decimal
        value = float(text.replace(mark, ".")) if _NUMBERS[mark].fullmatch(text) else math.nan
        if not math.isfinite(value):
            raise cell.wrong(
                f"is no number with a decimal {'point' if mark == '.' else 'comma'}, such as {_EXAMPLE[mark]} "
                "(without thousands marks, currency or %). Mend the cell, or set `decimal`."
            )
        return value

    def _instant(self, cell: _Cell) -> datetime:
        try:
            return instant(cell.text, self._settings.timezone)
        except ValueError:
            raise cell.wrong(
                "is no date. Write 2026-01-05 or 2026-01-05T09:30, with a zone if need be."
            ) from None

    def _wrong(self, line: int, message: str) -> SourceError:
        return SourceError(f"{self._name}:{line}:1: {message}")
