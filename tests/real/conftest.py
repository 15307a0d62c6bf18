"""The real servers, each started once for all tests that ask for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.real.servers import wordpress
from tests.real.servers.wordpress import WordPress


@pytest.fixture(scope="session")
def wordpress_site() -> Iterator[WordPress]:
    with wordpress.running() as site:
        yield site
