"""The source `sql` and MariaDB, the real one: answered, in time, and nothing is changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pymysql
import pytest

from adapters.metrics.sql import SqlSource
from adapters.tools import Tools
from engine.domain.errors import SourceError
from engine.domain.strategy import Metric
from engine.domain.workspace import SourceConfig
from tests.contracts.source_contract import ask
from tests.real.servers.wordpress import WordPress

Read = Callable[[str], Awaitable[list[tuple[str, float]]]]
TABLE = (
    "DROP TABLE IF EXISTS orders",
    "CREATE TABLE orders (day date, total decimal(9, 2))",
    "INSERT INTO orders VALUES ('2026-01-05', 10.5), ('2026-01-06', NULL), ('2026-01-07', 0)",
)


@pytest.fixture
def socket(wordpress_site: WordPress) -> str:
    path = str(wordpress_site.database.log.parent / "db.sock")
    with pymysql.connect(unix_socket=path, user="root", database="wordpress") as connection:
        for statement in TABLE:
            connection.cursor().execute(statement)
        connection.commit()
    return path


@pytest.fixture
def read(socket: str) -> Read:
    url = f"mysql+pymysql://root@localhost/wordpress?unix_socket={socket}"
    config = SourceConfig(
        name="shop", kind="sql", settings={"timeout": "1s"}, secrets={"url": "env:SHOP_URL"}
    )

    async def read(query: str) -> list[tuple[str, float]]:
        metric = Metric.model_validate({"name": "orders", "source": "shop", "settings": {"query": query}})
        reading = await SqlSource(Tools()).read(config, ask(config, metric), datetime.now(UTC), {"url": url})
        return [(f"{each.at:%Y-%m-%dT%H:%M}", each.value) for each in reading.samples]

    return read


async def test_rows_come_with_their_times(read: Read) -> None:
    query = "SELECT day AS at, total AS value FROM orders WHERE day LIKE '2026%' ORDER BY day"
    assert await read(query) == [("2026-01-06T00:00", 10.5), ("2026-01-08T00:00", 0.0)]


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM orders",
        "INSERT INTO orders VALUES ('2026-01-08', 1)",
        "DROP TABLE orders",
        "CREATE TABLE more (n int)",
        "SELECT 1 AS value; DELETE FROM orders",
        "SET SESSION TRANSACTION READ WRITE",
    ],
)
async def test_a_query_changes_nothing(read: Read, socket: str, query: str) -> None:
    with pytest.raises(SourceError, match="The metric 'orders': "):
        await read(query)
    with pymysql.connect(unix_socket=socket, user="root", database="wordpress") as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT count(*) FROM orders")
        assert cursor.fetchone() == (3,)
        cursor.execute("SHOW TABLES LIKE 'more'")
        assert cursor.fetchone() is None


async def test_a_query_that_takes_too_long_is_given_up(read: Read) -> None:
    with pytest.raises(SourceError, match="took longer than 1 s"):
        await read("SELECT sleep(20) AS value")
