"""The two servers of these tests: one that skips time, and the real one."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from engine.runtime.datadir import DataDirectory
from engine.runtime.embedded import EmbeddedTemporal
from engine.runtime.settings import Settings, load_settings
from engine.store import SqlStore, open_store

TEST_SERVER = Path(sys.executable).with_name("temporal-test-server")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def skipping() -> AsyncIterator[WorkflowEnvironment]:
    """A server whose time jumps to the next timer whenever somebody waits."""
    environment = await WorkflowEnvironment.start_time_skipping(
        data_converter=pydantic_data_converter, test_server_existing_path=str(TEST_SERVER)
    )
    async with environment:
        yield environment


@pytest.fixture(scope="session")
def server_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of an engine with a data directory of its own."""
    return load_settings({}, home=str(tmp_path_factory.mktemp("engine")))


@pytest.fixture(scope="session")
def server(server_settings: Settings) -> Iterator[EmbeddedTemporal]:
    """The real server, as `drumbeat up` runs it."""
    with DataDirectory.open(server_settings.home) as home, EmbeddedTemporal(home, server_settings) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def client(server: EmbeddedTemporal, server_settings: Settings) -> Client:
    """A client of the real server."""
    return await Client.connect(
        server.address,
        namespace=server_settings.temporal_namespace,
        data_converter=pydantic_data_converter,
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    """An empty store."""
    opened = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    yield opened
    opened.close()
