"""The source `mastodon`: what an account posts, by whatever means, and what comes back: followers, likes, answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from adapters.accounts import Numbers, Past
from adapters.api import Api
from adapters.metrics.account import AccountMetricSettings, AccountSource
from adapters.platforms.mastodon.server import POST_NUMBERS, MastodonServer, Person, Status
from adapters.web_address import ServerAddress
from engine.domain.base import Model
from engine.domain.ports import Clock, Secrets
from engine.domain.strategy import Metric
from engine.domain.workspace import Account, SourceConfig

_SEEN_DAYS = timedelta(days=366)


class MastodonSourceSettings(Model):
    """Whose posts and numbers are read: those of `account`, or of whoever the secret `access_token` belongs to."""

    server: ServerAddress = Field(description="the account's server, such as https://mastodon.social.")
    account: Annotated[str, StringConstraints(pattern=r"^@?\w[\w.-]*$")] | None = Field(
        default=None, description="the account's name there, such as tacos; needless with an `access_token`."
    )
    replies: bool = Field(
        default=False, description="whether answers to others count as activity and in sums."
    )


def _identity(text: str) -> str:
    if not text.isalnum():
        raise ValueError("it must be the post's id alone, the last part of its address")
    return text


class MastodonMetricSettings(AccountMetricSettings):
    """Which number it is: of the account, of one post, or the sum over the posts of the last days."""

    post: Annotated[str, AfterValidator(_identity)] | None = Field(
        default=None, description="the id of the one post that is meant, the last part of its address."
    )


class MastodonSource(AccountSource[MastodonSourceSettings, MastodonMetricSettings]):
    """Reads an account: one call for it, one for each forty of its posts, one for each single post.

    Open replies cost one more for each forty times that it was mentioned.
    """

    kind = "mastodon"
    settings = MastodonSourceSettings
    secrets = "`access_token`, needless with `account` where posts are public"
    metric_settings = MastodonMetricSettings

    def validate(self, source: SourceConfig, metric: Metric | None = None) -> Sequence[str]:
        """Return what is wrong with the settings of the source or of one of its metrics, one sentence each; pure."""
        found = [*super().validate(source, metric)]
        if metric is None and "account" not in source.settings and "access_token" not in source.secrets:
            found.append(
                "Give the setting `account` or the secret `access_token`; one of them says whose posts."
            )
        return found

    async def view(self, account: Account, settings: MastodonSourceSettings, secrets: Secrets) -> _View:
        """Return what the server shows of the account, which it is asked for first."""
        server = MastodonServer(
            Api(self._tools, "Mastodon", account, settings.server, secrets),
            secrets.get("access_token", "").strip(),
        )
        name = (settings.account or "").removeprefix("@")
        person = await (server.person(name) if name else server.me())
        return _View(server, settings, person, self._tools.clock)


class _View:
    def __init__(
        self, server: MastodonServer, settings: MastodonSourceSettings, person: Person, clock: Clock
    ) -> None:
        self._server, self._settings, self._person, self._clock = server, settings, person, clock
        self.origin = f"{settings.server} {person.id}"

    async def account(self) -> Numbers:
        return self._person.numbers

    async def post(self, post: str) -> Numbers:
        status = await self._server.status(post)
        return status.numbers if status else dict.fromkeys(POST_NUMBERS)

    async def past(self, since: datetime | None, newest: int) -> Past[Status]:
        earliest = [since] if since is not None else []
        earliest += [self._clock.now() - _SEEN_DAYS] if newest else []
        return await self._server.past(self._person.id, min(earliest), replies=self._settings.replies)

    async def open_replies(self, since: datetime) -> float | None:
        return await self._server.open_replies(self._person.id, since)
