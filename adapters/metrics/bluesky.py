"""The source `bluesky`: what an account posts, by whatever means, and what comes back: followers, likes, answers.

It reads what everybody may see, so it needs no password.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from adapters.accounts import Numbers, Past
from adapters.http import safe_url
from adapters.metrics.account import AccountMetricSettings, AccountSource
from adapters.platforms.bluesky.appview import AppView, Shown
from adapters.platforms.bluesky.records import uri_of
from adapters.platforms.bluesky.settings import APPVIEW, Handle
from adapters.platforms.bluesky.xrpc import Xrpc
from adapters.web_address import ServerAddress
from engine.domain.base import Model
from engine.domain.ports import Secrets
from engine.domain.workspace import Account


class BlueskySourceSettings(Model):
    """Whose posts and numbers are read."""

    handle: Handle = Field(description="the account's whole handle, such as tacos.bsky.social, or its DID.")
    appview: ServerAddress = Field(default=APPVIEW, description="the server that counts likes and followers.")
    include: Annotated[tuple[Literal["posts", "replies", "reposts"], ...], Field(min_length=1)] = Field(
        default=("posts",),
        description="what counts as activity, and whose numbers are summed up; reposts have none of their own.",
    )


def _address(text: str) -> str:
    if uri_of(text) is None:
        raise ValueError("it must be the address of a post, with the account's DID in it")
    return text


class BlueskyMetricSettings(AccountMetricSettings):
    """Which number it is: of the account, of one post, or the sum over the posts of the last days."""

    post: Annotated[str, AfterValidator(_address)] | None = Field(
        default=None, description="the address of the one post that is meant."
    )


class BlueskySource(AccountSource[BlueskySourceSettings, BlueskyMetricSettings]):
    """Reads the AppView: one call for the account's numbers, one for each hundred of its posts, one for each post.

    Open replies cost one more for each of its posts that was replied to.
    """

    kind = "bluesky"
    settings = BlueskySourceSettings
    secrets = ""
    metric_settings = BlueskyMetricSettings

    async def view(self, account: Account, settings: BlueskySourceSettings, secrets: Secrets) -> _View:
        """Return what the AppView shows of the account."""
        return _View(AppView(Xrpc(self._tools, account, settings.appview, secrets)), settings)


class _View:
    def __init__(self, appview: AppView, settings: BlueskySourceSettings) -> None:
        self._appview, self._settings = appview, settings
        self.origin = f"{safe_url(settings.appview)} {settings.handle}"

    async def account(self) -> Numbers:
        return await self._appview.account(self._settings.handle)

    async def post(self, post: str) -> Numbers:
        return await self._appview.post(uri_of(post) or "")

    async def past(self, since: datetime | None, newest: int) -> Past[Shown]:
        return await self._appview.past(
            self._settings.handle, self._settings.include, newest=newest, since=since
        )

    async def open_replies(self, since: datetime) -> float | None:
        return await self._appview.open_replies(self._settings.handle, since)
