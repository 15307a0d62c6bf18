"""The source `csv`: tables as people keep them, and the very cell when something is wrong in one."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from adapters.metrics import csv as csv_module
from adapters.metrics.csv import CsvSource
from adapters.testing.secrecy import SECRET
from adapters.tools import Tools
from engine.domain.errors import SourceError
from engine.domain.records import Reading
from engine.domain.strategy import Metric
from engine.domain.workspace import SourceConfig
from tests.adapters.local_server import Server, reset
from tests.contracts.source_contract import NOW, Call, SourceContract, ask


def counted(name: str, column: str | None = None) -> Metric:
    settings = {"column": column} if column else {}
    return Metric.model_validate({"name": name, "source": "table", "settings": settings})


VISITORS, ORDERS = counted("visitors"), counted("orders", "Orders (net)")


@pytest.fixture
def source(tools: Tools) -> CsvSource:
    return CsvSource(tools)


class Table:
    """A table on disk, read with one call."""

    def __init__(self, path: Path, source: CsvSource) -> None:
        self.path, self._source = path, source

    def config(self, **settings: object) -> SourceConfig:
        given = {"file": str(self.path), **settings}
        return SourceConfig.model_validate({"name": "table", "kind": "csv", "settings": given})

    async def read(
        self, text: str | bytes, *metrics: Metric, now: datetime = NOW, **settings: object
    ) -> Reading:
        self.path.write_bytes(text.encode() if isinstance(text, str) else text)
        config = self.config(**settings)
        return await self._source.read(config, ask(config, *(metrics or (VISITORS,))), now, {})

    async def values(
        self, text: str | bytes, *metrics: Metric, **settings: object
    ) -> list[tuple[str, str, float]]:
        reading = await self.read(text, *metrics, **settings)  # type: ignore[arg-type]
        return [(each.metric, f"{each.at:%Y-%m-%dT%H:%M}", each.value) for each in reading.samples]


@pytest.fixture
def table(tmp_path: Path, source: CsvSource) -> Table:
    return Table(tmp_path / "numbers.csv", source)


@pytest.fixture
def config(table: Table) -> SourceConfig:
    table.path.write_text("at,visitors,Orders (net)\n2026-01-05,10,2\n2026-01-06,11,\n2026-02-09,99,9\n")
    return table.config()


@pytest.fixture
def metrics() -> tuple[Metric, ...]:
    return VISITORS, ORDERS


@pytest.fixture
def failures(source: CsvSource, table: Table, server: Server, tmp_path: Path) -> Sequence[Call]:
    hidden = SourceConfig(name="table", kind="csv", secrets={"url": "env:TABLE_URL"})
    server.add("/reset", reset)
    for path in ("/bad", f"/{SECRET}/bad"):
        server.say(path, "at,visitors\n2026-01-05,many\n")
    urls = [
        server.url(f"{path}?token={SECRET}", userinfo=f"me:{SECRET}@")
        for path in ("/reset", "/missing", f"/{SECRET}/missing", "/bad", f"/{SECRET}/bad")
    ]
    return [
        partial(table.read, "at,visitors\n2026-01-05,many\n"),
        partial(table.read, "", file=str(tmp_path / "missing")),
        *(partial(source.read, hidden, ask(hidden, VISITORS), NOW, {"url": url}) for url in [*urls, ""]),
    ]


class TestContract(SourceContract):
    """The source keeps the contract of its seam."""


async def test_a_wide_table_has_a_column_for_each_metric(table: Table) -> None:
    text = "at,Orders (net),visitors,ignored\n2026-01-05,2,10,x\n2026-01-06,3,11,y\n"
    assert await table.values(text, VISITORS, ORDERS) == [
        ("visitors", "2026-01-06T00:00", 10),
        ("orders", "2026-01-06T00:00", 2),
        ("visitors", "2026-01-07T00:00", 11),
        ("orders", "2026-01-07T00:00", 3),
    ]


async def test_a_long_table_names_the_metric_in_each_row(table: Table) -> None:
    text = "metric,at,value\nvisitors,2026-01-05,10\nOrders (net),2026-01-05,2\nstranger,2026-01-05,bad\n"
    assert await table.values(text, VISITORS, ORDERS) == [
        ("visitors", "2026-01-06T00:00", 10),
        ("orders", "2026-01-06T00:00", 2),
    ]


async def test_an_empty_cell_is_no_value_and_never_zero(table: Table) -> None:
    text = "at,visitors,orders\n2026-01-05,,1\n2026-01-06, ,1\n2026-01-07\n2026-01-08,n/a,1\n\n,,\n2026-01-09,0,1\n"
    assert await table.values(text, missing=["n/a"]) == [("visitors", "2026-01-10T00:00", 0)]


@pytest.mark.parametrize(
    ("cell", "zone", "instant"),
    [
        ("2026-01-05", "UTC", "2026-01-06T00:00"),
        ("2026-01-05", "Europe/Berlin", "2026-01-05T23:00"),
        ("2025-03-29", "Europe/Berlin", "2025-03-29T23:00"),
        ("2025-03-30", "Europe/Berlin", "2025-03-30T22:00"),
        (
            "2025-09-06",
            "America/Santiago",
            "2025-09-07T04:00",
        ),  # the next day starts at 01:00: midnight is skipped
        ("2026-01-05T09:30", "Europe/Berlin", "2026-01-05T08:30"),
        ("2026-01-05 09:30:00", "UTC", "2026-01-05T09:30"),
        ("2026-01-05T09:30:00Z", "Europe/Berlin", "2026-01-05T09:30"),
        ("2026-01-05T09:30:00+05:30", "UTC", "2026-01-05T04:00"),
        ("2025-03-30T02:30", "Europe/Berlin", "2025-03-30T01:00"),  # in the gap: the first valid instant
    ],
)
async def test_a_date_is_over_at_the_next_days_start_and_a_time_is_an_instant(
    table: Table, cell: str, zone: str, instant: str
) -> None:
    assert await table.values(f"at,visitors\n{cell},1\n", timezone=zone) == [("visitors", instant, 1)]


async def test_rows_of_the_future_wait_for_their_time(table: Table) -> None:
    text = "at,visitors\n2026-01-31,1\n2026-02-01,2\n"
    assert len((await table.read(text)).samples) == 1
    assert len((await table.read(text, now=datetime(2026, 2, 2, tzinfo=UTC))).samples) == 2


@pytest.mark.parametrize(
    ("cell", "decimal", "value"),
    [
        ("1.5", ".", 1.5),
        ("1,5", ",", 1.5),
        ("-3", ".", -3),
        ("+2", ",", 2),
        (" 7 ", ".", 7),
        ("1e3", ".", 1000),
    ],
)
async def test_numbers_are_read_with_the_decimal_mark_of_the_table(
    table: Table, cell: str, decimal: str, value: float
) -> None:
    text = f"at;visitors\n2026-01-05;{cell}\n"
    assert [v for _, _, v in await table.values(text, delimiter=";", decimal=decimal)] == [value]


@pytest.mark.parametrize(
    "cell", ["many", '"1,5"', "1.234.5", "12%", "€5", "nan", "inf", "1e999", "1_000", "٣", "0x1"]
)
async def test_what_is_no_plain_number_is_named_with_its_cell(table: Table, cell: str) -> None:
    with pytest.raises(SourceError, match=r"numbers\.csv:3:2: .* is no number with a decimal point"):
        await table.read(f"at,visitors\n2026-01-05,1\n2026-01-06,{cell}\n")


@pytest.mark.parametrize(
    "cell", ["05.01.2026", "yesterday", "2026-13-01", "2026-01-05T25:00", "9999-12-31", ""]
)
async def test_what_is_no_date_is_named_with_its_cell(table: Table, cell: str) -> None:
    with pytest.raises(SourceError, match=r"numbers\.csv:2:1: .* is no date"):
        await table.read(f"at,visitors\n{cell},1\n")


async def test_the_line_is_right_after_a_cell_of_several_lines(table: Table) -> None:
    with pytest.raises(SourceError, match=r"numbers\.csv:4:2: 'bad'"):
        await table.read('at,visitors,note\n2026-01-05,1,"two\nlines"\n2026-01-06,bad,\n')


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", r"1:1: the table is empty"),
        ("\n\n", r"1:1: the table is empty"),
        ("date,visitors\n", "no column 'at'"),
        ("at,visitor\n", "no column 'visitors'; did you mean 'visitor'"),
        ("at;visitors\n", "no column 'at'"),
        ("at,visitors,at\n", r"1:3: 'at' is the name of two columns"),
        ("at,visitors\n2026-01-05,1,5\n", r"2:3: '5' is one cell too many"),
        (b"at,visitors\n2026-01-05,\xff\n", "not text in utf-8"),
        ("at,visitors\n" + "x" * 140_000 + ",1\n", "not a readable table"),
    ],
)
async def test_what_is_no_table_is_named(table: Table, text: str | bytes, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        await table.read(text)


async def test_a_header_alone_is_a_table_without_values(table: Table) -> None:
    assert (await table.read("at,visitors\n")).samples == ()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
async def test_what_spreadsheets_save_is_read(table: Table, encoding: str) -> None:
    text = "at;Größe\r\n2026-01-05;1,5\r\n".encode(encoding)
    name = {"utf-8-sig": "utf-8"}.get(encoding, encoding)
    values = await table.values(text, counted("size", "Größe"), delimiter=";", decimal=",", encoding=name)
    assert values == [("size", "2026-01-06T00:00", 1.5)]


async def test_a_corrected_row_is_shown_with_the_others(table: Table) -> None:
    await table.read("at,visitors\n2026-01-05,10\n2026-01-06,11\n")
    assert await table.values("at,visitors\n2026-01-05,12\n2026-01-06,11\n") == [
        ("visitors", "2026-01-06T00:00", 12),
        ("visitors", "2026-01-07T00:00", 11),
    ]


async def test_too_many_rows_are_refused(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_module, "MOST_ROWS", 2)
    with pytest.raises(SourceError, match=r"numbers\.csv:4:1: more than 2 rows"):
        await table.read("at,visitors\n2026-01-05,1\n2026-01-06,1\n2026-01-07,1\n")


async def test_a_table_on_the_web_is_read_alike(source: CsvSource, server: Server) -> None:
    url = server.say("/numbers.csv", "at,visitors\n2026-01-05,10\n", Content_Type="text/csv")
    config = SourceConfig(name="table", kind="csv", settings={"url": f"{url}?token={SECRET}"})
    (sample,) = (await source.read(config, ask(config, VISITORS), NOW, {})).samples
    assert (sample.value, sample.origin) == (10, url)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"file": "relative.csv"}, "absolute path"),
        ({"url": "https://a.example/"}, "Give one of `file`"),
        ({"timezone": "Berlin"}, "`timezone`"),
        ({"delimiter": ", "}, "`delimiter`"),
        ({"decimal": "x"}, "`decimal`"),
        ({"column": "x"}, "no setting `column`"),
    ],
)
def test_wrong_settings_are_named(
    source: CsvSource, table: Table, settings: dict[str, str], words: str
) -> None:
    assert words in " ".join(source.validate(table.config(**settings)))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"colum": "x"}, "There is no setting `colum`; did you mean `column`?"),
        ({"column": ""}, "The setting `column` is wrong"),
        ({"column": 3}, "The setting `column` is wrong"),
    ],
)
def test_wrong_settings_of_a_metric_are_named(
    source: CsvSource, table: Table, settings: dict[str, object], words: str
) -> None:
    metric = Metric.model_validate({"name": "visits", "source": "table", "settings": settings})
    found = list(source.validate(table.config(), metric))
    assert len(found) == 1
    assert words in found[0]


async def test_a_table_of_ten_thousand_rows_fits_in_little_memory(table: Table) -> None:
    text = "at,visitors\n" + "".join(
        f"2025-01-01T00:{n // 60 % 60:02}:{n % 60:02}Z,{n}\n" for n in range(10_000)
    )
    tracemalloc.start()
    assert len((await table.read(text)).samples) == 10_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40_000_000


async def test_of_a_secret_address_nothing_but_the_host_is_kept(source: CsvSource, server: Server) -> None:
    url = server.say(f"/{SECRET}/numbers.csv", "at,visitors\n2026-01-05,10\n")
    config = SourceConfig(name="table", kind="csv", secrets={"url": "env:TABLE_URL"})
    (sample,) = (await source.read(config, ask(config, VISITORS), NOW, {"url": url})).samples
    assert sample.origin == server.url("")
