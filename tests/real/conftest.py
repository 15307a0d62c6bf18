"""The real servers, each started once for all tests that ask for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from adapters.http import Http
from adapters.tools import Tools
from tests.postgres import Cluster
from tests.real.servers import alertmanager, bluesky, prometheus, synapse, wordpress
from tests.real.servers import mastodon_mock as mastodon
from tests.real.servers.alertmanager import Alertmanager
from tests.real.servers.bluesky import Network
from tests.real.servers.mastodon_mock import MastodonMock
from tests.real.servers.prometheus import Prometheus
from tests.real.servers.synapse import Synapse
from tests.real.servers.wordpress import WordPress


@pytest.fixture
async def tools() -> AsyncIterator[Tools]:
    tools = Tools(http=Http(trust_env=False))
    yield tools
    await tools.http.aclose()


@pytest.fixture(scope="session")
def wordpress_site() -> Iterator[WordPress]:
    with wordpress.running() as site:
        yield site


@pytest.fixture(scope="session")
def bluesky_accounts() -> Iterator[Network]:
    """The server that holds accounts; nobody counts."""
    with bluesky.accounts_only() as network:
        yield network


@pytest.fixture(scope="session")
def bluesky_network(postgres_cluster: Cluster) -> Iterator[Network]:
    """The server that holds accounts and the one that counts."""
    with bluesky.with_appview(postgres_cluster.url) as network:
        yield network


@pytest.fixture(scope="session")
def mastodon_server() -> Iterator[MastodonMock]:
    with mastodon.running() as server:
        yield server


@pytest.fixture
def mastodon_mock(mastodon_server: MastodonMock) -> MastodonMock:
    """Give the server as it was when it started."""
    mastodon_server.reset()
    return mastodon_server


@pytest.fixture(scope="session")
def homeserver() -> Iterator[Synapse]:
    with synapse.running() as server:
        yield server


@pytest.fixture(scope="session")
def prometheus_server() -> Iterator[Prometheus]:
    with prometheus.running() as server:
        yield server


@pytest.fixture(scope="session")
def alertmanager_server() -> Iterator[Alertmanager]:
    with alertmanager.running() as server:
        yield server
