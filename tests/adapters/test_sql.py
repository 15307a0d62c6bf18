"""The source `sql`: a query is answered and nothing is ever changed, by SQLite and by a real PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from adapters.metrics import sql as sql_module
from adapters.metrics.sql import SqlSource
from adapters.testing.secrecy import SECRET, assert_no_secret
from adapters.tools import Tools
from engine.domain.errors import SourceError
from engine.domain.strategy import Metric
from engine.domain.workspace import SourceConfig
from tests.contracts.source_contract import NOW, Call, SourceContract, ask

TABLE = """
CREATE TABLE orders (day text, total numeric);
INSERT INTO orders VALUES ('2026-01-05', 10.5), ('2026-01-06', NULL), ('2026-01-07', 0), ('2026-02-09', 99);
"""
DROPPING = [
    "DELETE FROM orders",
    "INSERT INTO orders VALUES ('2026-01-08', 1)",
    "UPDATE orders SET total = 1",
    "DROP TABLE orders",
    "CREATE TABLE more (n int)",
    "SELECT 1 AS value; DELETE FROM orders",
    "COMMIT; DELETE FROM orders",
    "WITH gone AS (DELETE FROM orders RETURNING 1 AS value) SELECT value FROM gone",
]


def counted(query: str, name: str = "orders") -> Metric:
    return Metric.model_validate({"name": name, "source": "shop", "settings": {"query": query}})


TOTAL = counted("SELECT sum(total) AS value FROM orders")
DAYS = counted("SELECT day AS at, total AS value FROM orders ORDER BY day", "days")


@pytest.fixture
def source() -> SqlSource:
    return SqlSource(Tools())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "shop % ü.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(TABLE)
    return path


@pytest.fixture
def config(file: Path) -> SourceConfig:
    return SourceConfig(name="shop", kind="sql", settings={"file": str(file)})


@pytest.fixture
def metrics() -> tuple[Metric, ...]:
    return TOTAL, DAYS


HIDDEN = SourceConfig(name="shop", kind="sql", settings={"timeout": "1s"}, secrets={"url": "env:SHOP_URL"})


@pytest.fixture
def failures(source: SqlSource, config: SourceConfig, file: Path, closed_port: int) -> Sequence[Call]:
    urls = [
        "",
        SECRET,
        f"{SECRET}://shop",
        f"nosuchdb://me:{SECRET}@127.0.0.1/{SECRET}",
        f"postgresql://me:{SECRET}@127.0.0.1:{closed_port}/{SECRET}?application_name={SECRET}",
        f"postgresql://me:{SECRET}@127.0.0.1:{closed_port}/shop?{SECRET}={SECRET}",
        f"postgresql+{SECRET}://me:{SECRET}@127.0.0.1/shop",
        f"mysql+pymysql://me:{SECRET}@127.0.0.1:{closed_port}/{SECRET}",
        f"sqlite:////{SECRET}/{SECRET}.db",
        f"sqlite:///{file}?{SECRET}={SECRET}",
    ]
    wrong = counted("SELECT nothing FROM nowhere")
    return [
        *(partial(source.read, HIDDEN, ask(HIDDEN, wrong), NOW, {"url": url}) for url in urls),
        partial(source.read, config, ask(config, wrong), NOW, {}),
    ]


class TestContract(SourceContract):
    """The source keeps the contract of its seam."""


Read = Callable[..., Any]


@pytest.fixture
def values(source: SqlSource, config: SourceConfig) -> Read:
    """Ask one query and return instants and values."""

    async def read(query: str, **settings: object) -> list[tuple[str, float]]:
        given = config.model_copy(update={"settings": {**config.settings, **settings}})
        reading = await source.read(given, ask(given, counted(query)), NOW, {})
        return [(f"{each.at:%Y-%m-%dT%H:%M}", each.value) for each in reading.samples]

    return read


async def test_one_number_is_of_the_instant_of_the_reading(values: Read) -> None:
    assert await values("SELECT count(*) AS value FROM orders") == [("2026-02-01T12:00", 4.0)]


async def test_rows_with_a_time_are_history_and_nothing_of_the_future_is_read(values: Read) -> None:
    assert await values("SELECT day AS at, total AS VALUE FROM orders") == [
        ("2026-01-06T00:00", 10.5),
        ("2026-01-08T00:00", 0.0),
    ]


async def test_times_without_a_zone_are_meant_in_the_sources(values: Read) -> None:
    query = "SELECT '2026-01-05 09:30:00' AS at, 1 AS value"
    assert await values(query, timezone="Europe/Berlin") == [("2026-01-05T08:30", 1.0)]


async def test_no_row_and_null_are_missing_and_never_zero(values: Read) -> None:
    assert await values("SELECT sum(total) AS value FROM orders WHERE day > '2027'") == []
    assert await values("SELECT total AS value FROM orders WHERE day > '2027'") == []


async def test_percent_signs_and_colons_are_the_querys_own(values: Read) -> None:
    assert await values("SELECT count(*) AS value FROM orders WHERE day LIKE '2026%' AND day != ' :x ?'") == [
        ("2026-02-01T12:00", 4.0)
    ]


@pytest.mark.parametrize("query", [*DROPPING, "ATTACH 'stolen.db' AS x", "PRAGMA user_version = 7", "VACUUM"])
async def test_sqlite_lets_a_query_change_nothing(values: Read, file: Path, query: str) -> None:
    before = file.read_bytes()  # noqa: ASYNC240 - nothing else runs in this loop
    with pytest.raises(SourceError, match="The metric 'orders': "):
        await values(query)
    assert file.read_bytes() == before  # noqa: ASYNC240
    assert [path.name for path in file.parent.iterdir()] == [file.name]


async def test_a_change_is_refused_in_words(values: Read) -> None:
    with pytest.raises(SourceError, match="would change something, and a source only reads"):
        await values("DELETE FROM orders")


async def test_a_database_that_is_being_written_can_be_read(values: Read, file: Path) -> None:
    with closing(sqlite3.connect(file)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("INSERT INTO orders VALUES ('2026-01-08', 1)")
        assert await values("SELECT count(*) AS value FROM orders") == [("2026-02-01T12:00", 4.0)]
        writer.rollback()


async def test_a_query_that_never_ends_is_given_up(values: Read) -> None:
    endless = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS value FROM n"
    )
    with pytest.raises(SourceError, match=r"took longer than 0\.2 s"):
        await values(endless, timeout="0.2s")


async def test_queries_that_together_take_too_long_are_given_up(
    values: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql_module, "_ALL_TOGETHER", -1)
    with pytest.raises(SourceError, match="All queries together took longer"):
        await values("SELECT 1 AS value")


async def test_too_many_rows_are_refused(values: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql_module, "MOST_ROWS", 3)
    with pytest.raises(SourceError, match="more than 3 rows"):
        await values("SELECT day AS at, total AS value FROM orders")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT count(*) FROM orders", r"the columns count\(\*\).*AS value"),
        ("SELECT 1 AS value, 2 AS other", "the columns value, other"),
        ("SELECT 1 AS value, 2 AS VALUE", "the columns value, VALUE"),
        ("SELECT total AS value FROM orders", "4 rows without a column `at`"),
        ("SELECT day AS value FROM orders LIMIT 1", "`value` in row 1 is a text that is no plain number"),
        ("SELECT 1 AS value, 'soon' AS at", "`at` in row 1 is no time"),
        ("SELECT sold AS value FROM orders", "the database says: no such column"),
        ("SELEKT 1", "the database says: near"),
    ],
)
async def test_what_does_not_fit_is_named_with_its_metric(values: Read, query: str, words: str) -> None:
    with pytest.raises(SourceError, match=f"The metric 'orders': .*{words}"):
        await values(query)


async def test_a_sample_tells_its_database_by_name_only(source: SqlSource, file: Path) -> None:
    reading = await source.read(HIDDEN, ask(HIDDEN, TOTAL), NOW, {"url": f"sqlite:///{file}"})
    assert [sample.origin for sample in reading.samples] == [f"sqlite:{file.name}"]


@pytest.mark.parametrize(
    ("settings", "secrets", "words"),
    [
        ({}, {}, "Give one of the setting `file`"),
        ({"file": "/a.db"}, {"url": "env:X"}, "Give one of the setting `file`"),
        ({"file": "a.db"}, {}, "The setting `file` is wrong: it must be an absolute path"),
        ({"file": "/a.db", "timeout": "5m"}, {}, "it is at most 30s"),
        ({"file": "/a.db", "timezone": "Berlin"}, {}, "The setting `timezone` is wrong"),
        ({"file": "/a.db"}, {"password": "env:X"}, "There is no secret `password`; there is `url`."),
        ({"url": "postgresql://me:password@host/shop"}, {"url": "env:X"}, "There is no setting `url`"),
    ],
)
def test_wrong_settings_are_named(
    source: SqlSource, settings: dict[str, Any], secrets: dict[str, str], words: str
) -> None:
    config = SourceConfig(name="shop", kind="sql", settings=settings, secrets=secrets)
    assert words in " ".join(source.validate(config))


class TestPostgres:
    """The same with a real PostgreSQL server, whose user may do anything: it is the session that only reads."""

    pytestmark = pytest.mark.postgres

    @pytest.fixture
    def url(self, postgres_url: str) -> str:
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(TABLE.encode())
            connection.execute("CREATE SEQUENCE counter")
        return postgres_url

    @pytest.fixture
    def values(self, source: SqlSource, url: str) -> Read:
        async def read(query: str) -> list[tuple[str, float]]:
            reading = await source.read(HIDDEN, ask(HIDDEN, counted(query)), NOW, {"url": url})
            return [(f"{each.at:%Y-%m-%dT%H:%M}", each.value) for each in reading.samples]

        return read

    async def test_rows_come_with_their_times(self, values: Read) -> None:
        query = "SELECT day::date AS at, total AS value FROM orders WHERE day LIKE '2026%' ORDER BY day"
        assert await values(query) == [("2026-01-06T00:00", 10.5), ("2026-01-08T00:00", 0.0)]
        assert await values("SELECT timestamptz '2026-01-05 09:30+02' AS at, 1 AS value") == [
            ("2026-01-05T07:30", 1.0)
        ]

    @pytest.mark.parametrize(
        "query",
        [
            *DROPPING,
            "SELECT nextval('counter') AS value",
            "SELECT set_config('default_transaction_read_only', 'off', false) AS value; DELETE FROM orders",
            "SET default_transaction_read_only = off",
            "SET TRANSACTION READ WRITE",
        ],
    )
    async def test_a_query_changes_nothing(self, values: Read, url: str, query: str) -> None:
        with pytest.raises(SourceError, match="The metric 'orders': "):
            await values(query)
        with psycopg.connect(url) as connection:
            (rows,) = connection.execute("SELECT count(*), sum(total) FROM orders").fetchall()
            assert rows == (4, rows[1])
            assert float(rows[1]) == 109.5
            assert connection.execute("SELECT is_called FROM counter").fetchall() == [(False,)]

    async def test_the_transaction_cannot_be_made_to_write(self, values: Read) -> None:
        with pytest.raises(SourceError, match="The metric 'orders': "):
            await values("SELECT set_config('transaction_read_only', 'off', true) AS value")

    async def test_a_query_that_takes_too_long_is_given_up(self, values: Read) -> None:
        with pytest.raises(SourceError, match="took longer than 1 s"):
            await values("SELECT pg_sleep(20), 1 AS value")

    async def test_a_mistake_is_told_as_the_database_says_it(self, values: Read) -> None:
        with pytest.raises(SourceError, match='the database says: column "nothing" does not exist'):
            await values("SELECT nothing AS value FROM orders")

    async def test_a_refused_login_shows_no_password(self, source: SqlSource, url: str) -> None:
        away = sa.make_url(url).set(username=SECRET, password=SECRET)
        secrets = {"url": away.render_as_string(hide_password=False)}
        with pytest.raises(SourceError) as caught:
            await source.read(HIDDEN, ask(HIDDEN, TOTAL), NOW, secrets)
        assert_no_secret(caught.value)
