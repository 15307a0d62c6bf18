"""A platform with limits, for the tests of what is judged by them and of who is asked for them."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.fake import FakePlatform
from adapters.measures import exceeded
from adapters.tools import Tools
from engine.domain.errors import Effect, PublishError
from engine.domain.items import ContentItem
from engine.domain.ports import Capabilities, Role, Secrets
from engine.domain.roles import Limits
from engine.domain.workspace import Account


class MeasuringPlatform(FakePlatform):
    """Takes ten characters, unless its server says five; a server called `down` says nothing."""

    def __init__(self, _tools: Tools | None = None, kind: str = "measuring") -> None:
        super().__init__(capabilities=Capabilities(roles=frozenset({Role.LIMITS})), kind=kind)

    def validate(self, account: Account, item: ContentItem | None) -> Sequence[str]:
        return self.exceeds(account, item, self.limits(account)) if item else ()

    def limits(self, account: Account) -> Limits:
        return Limits(text=10)

    async def probe(self, account: Account, secrets: Secrets) -> Limits:
        if account.settings.get("server") == "down":
            raise PublishError("The measuring platform is not there.", effect=Effect.NONE, transient=True)
        return Limits(text=5)

    def exceeds(self, account: Account, item: ContentItem, limits: Limits) -> Sequence[str]:
        return exceeded(item, item.body, limits)
