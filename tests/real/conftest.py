"""The real servers, each started once for all tests that ask for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.postgres import Cluster
from tests.real.servers import bluesky, wordpress
from tests.real.servers.bluesky import Network
from tests.real.servers.wordpress import WordPress


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
