"""Every fault at every request, before the small servers of these tests; `make test-real` does it before real ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from adapters.http import Limits
from adapters.keys import digest
from adapters.platforms.mastodon.adapter import MastodonAdapter
from adapters.platforms.matrix.adapter import MatrixAdapter
from adapters.platforms.webhook.adapter import WebhookAdapter
from adapters.signing import message_id
from adapters.testing.behind_a_proxy import ProxiedContract
from adapters.testing.proxy import FaultProxy
from adapters.tools import Tools
from engine.domain.workspace import Account
from tests.adapters import matrix_server
from tests.adapters.local_server import Server
from tests.adapters.mastodon_server import TOKEN, Mastodon
from tests.adapters.matrix_server import ROOM, Homeserver
from tests.adapters.webhook_receiver import SECRETS, Receiver, hook


@pytest.fixture
def upstream(server: Server) -> str:
    return f"127.0.0.1:{server.server_port}"


class Nearby(ProxiedContract):
    """The servers of these tests answer at once."""

    @pytest.fixture
    def web_limits(self) -> Limits:
        return Limits(connect=1, read=0.8, total=1)


class TestMastodon(Nearby):
    """A server that shows every post, and stamps it with a time after every slot."""

    @pytest.fixture
    def mastodon(self, server: Server) -> Mastodon:
        return Mastodon(server, datetime(2030, 1, 1, tzinfo=UTC))

    @pytest.fixture
    def platform(self, tools: Tools) -> MastodonAdapter:
        return MastodonAdapter(tools)

    @pytest.fixture
    def account(self, proxy: FaultProxy, mastodon: Mastodon) -> Account:
        references = {"access_token": "env:T"}
        return Account(name="tacos", platform="mastodon", settings={"server": proxy.url}, secrets=references)

    @pytest.fixture
    def secrets(self) -> dict[str, str]:
        return {"access_token": TOKEN}

    @pytest.fixture
    def count(self, mastodon: Mastodon) -> Callable[[str], int]:
        def counted(key: str) -> int:
            assert len(mastodon.statuses) == len(mastodon.keys), "a post came without its key, or twice"
            return int(digest(key) in mastodon.keys)

        return counted


class TestMatrix(Nearby):
    """A homeserver that remembers transactions."""

    @pytest.fixture
    def homeserver(self, server: Server) -> Homeserver:
        return Homeserver(server, datetime(2030, 1, 1, tzinfo=UTC))

    @pytest.fixture
    def platform(self, tools: Tools) -> MatrixAdapter:
        return MatrixAdapter(tools)

    @pytest.fixture
    def account(self, proxy: FaultProxy, homeserver: Homeserver) -> Account:
        settings = {"homeserver": proxy.url, "room": ROOM}
        return Account.model_validate(
            {"name": "room", "platform": "matrix", "settings": settings, "secrets": {"access_token": "env:T"}}
        )

    @pytest.fixture
    def secrets(self) -> dict[str, str]:
        return {"access_token": matrix_server.TOKEN}

    @pytest.fixture
    def count(self, homeserver: Homeserver) -> Callable[[str], int]:
        return homeserver.count


class TestWebhook(Nearby):
    """A receiver that acts once for each delivery, can be asked, and refuses what is not signed."""

    @pytest.fixture
    def receiver(self, server: Server) -> Receiver:
        return Receiver(server)

    @pytest.fixture
    def platform(self, tools: Tools) -> WebhookAdapter:
        return WebhookAdapter(tools)

    @pytest.fixture
    def account(self, proxy: FaultProxy, receiver: Receiver) -> Account:
        return hook(url=f"{proxy.url}/hook", find_url=f"{proxy.url}/find")

    @pytest.fixture
    def secrets(self) -> dict[str, str]:
        return SECRETS

    @pytest.fixture
    def count(self, receiver: Receiver) -> Callable[[str], int]:
        return lambda key: int(message_id(key) in receiver.kept)
