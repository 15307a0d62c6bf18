"""The source `mastodon`: what an account posts, by whatever means, and what comes back: followers, likes, answers.

A number that is not told is left out, never 0; so is a sum of which a part is not told.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from adapters.api import Api
from adapters.platforms.mastodon.server import MastodonServer, Past, Person
from adapters.settings import problems, read
from adapters.tools import Tools
from adapters.web_address import ServerAddress
from engine.domain.base import Model, misfit
from engine.domain.errors import PublishError, SourceError
from engine.domain.messages import Observe
from engine.domain.ports import Secrets
from engine.domain.records import Reading, Sample
from engine.domain.strategy import Metric
from engine.domain.workspace import Account, SourceConfig

MOST_ACTIVITIES = 100
_DAYS = 28
_SEEN_DAYS = 366
_OF_ACCOUNT = {"followers", "follows", "posts"}


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


class MastodonMetricSettings(Model):
    """Which number it is: of the account, of one post, or the sum over the posts of the last days."""

    measure: Literal["followers", "follows", "posts", "likes", "reposts", "replies", "quotes"] = Field(
        description="what to read; the first three are of the account, the others of posts."
    )
    post: Annotated[str, AfterValidator(_identity)] | None = Field(
        default=None, description="the id of the one post that is meant, the last part of its address."
    )
    days: Annotated[int, Field(ge=1, le=366)] | None = Field(
        default=None, description="of how many days the posts are meant, by default 28."
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.measure in _OF_ACCOUNT and (self.post or self.days):
            name = "post" if self.post else "days"
            raise misfit(name, f"{self.measure} is a number of the account; leave this out")
        if self.post and self.days:
            raise misfit("days", "one post is meant; leave this out")
        return self

    @property
    def window(self) -> timedelta | None:
        """Return how old the posts may be that are summed up; None when it is no such sum."""
        if self.measure in _OF_ACCOUNT or self.post:
            return None
        return timedelta(days=self.days or _DAYS)


class _Look(NamedTuple):
    """What one look at the account showed; all metrics are answered from it."""

    server: MastodonServer
    person: Person
    past: Past
    now: datetime

    async def value(self, asked: MastodonMetricSettings) -> float | None:
        """Return the number, or None when it is not told."""
        if asked.window is not None:
            return self._sum(asked.measure, self.now - asked.window)
        if asked.post is None:
            return self.person.numbers[asked.measure]
        status = await self.server.status(asked.post)
        return status.numbers[asked.measure] if status else None

    def _sum(self, measure: str, since: datetime) -> float | None:
        counted = [status for status in self.past.statuses if since < status.created_at]
        if not self.past.whole and len(counted) == len(self.past.statuses):
            return None
        numbers = [status.numbers[measure] for status in counted]
        known = [number for number in numbers if number is not None]
        return float(sum(known)) if len(known) == len(numbers) else None


class MastodonSource:
    """Reads an account: one call for it, one for each forty of its posts, one for each single post."""

    kind = "mastodon"

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def validate(self, source: SourceConfig, metric: Metric | None = None) -> Sequence[str]:
        """Return what is wrong with the settings of the source or of one of its metrics, one sentence each; pure."""
        if metric is not None:
            return problems(MastodonMetricSettings, metric.settings)
        found = problems(MastodonSourceSettings, source.settings)
        if "account" not in source.settings and "access_token" not in source.secrets:
            found.append(
                "Give the setting `account` or the secret `access_token`; one of them says whose posts."
            )
        return found

    async def read(self, source: SourceConfig, ask: Observe, now: datetime, secrets: Secrets) -> Reading:
        """Read the account once: its newest hundred posts up to `now`, and the metrics asked of this source."""
        wanted = [metric for metric in ask.metrics if metric.source == source.name]
        channels = ask.channels.get(source.name, ())
        try:
            settings = read(MastodonSourceSettings, source.settings)
            asked = {metric.name: read(MastodonMetricSettings, metric.settings) for metric in wanted}
        except ValueError as error:
            raise SourceError(f"The source {source.name!r} cannot be read. {error}") from None
        windows = [each.window for each in asked.values() if each.window is not None]
        windows += [timedelta(days=_SEEN_DAYS)] if channels else []
        try:
            look = await self._look(source, settings, now, max(windows, default=None), secrets)
            values = {name: await look.value(each) for name, each in asked.items()}
        except PublishError as error:
            said = f" ({error.raw})" if error.raw else ""
            raise SourceError(f"The source {source.name!r} could not be read. {error}{said}") from None
        seen = tuple(status.activity for status in look.past.statuses[:MOST_ACTIVITIES])
        origin = f"{settings.server} {look.person.id}"
        return Reading(
            source=source.name,
            at=now,
            ok=True,
            activities=dict.fromkeys(channels, seen),
            samples=tuple(
                Sample(metric=name, at=now, value=value, seen=now, origin=origin)
                for name, value in values.items()
                if value is not None
            ),
        )

    async def _look(
        self,
        source: SourceConfig,
        settings: MastodonSourceSettings,
        now: datetime,
        window: timedelta | None,
        secrets: Secrets,
    ) -> _Look:
        """Look at the account, and at its posts if anybody asked for them."""
        account = Account(name=source.name, platform=self.kind)
        server = MastodonServer(
            Api(self._tools, "Mastodon", account, settings.server, secrets),
            secrets.get("access_token", "").strip(),
        )
        name = (settings.account or "").removeprefix("@")
        person = await (server.person(name) if name else server.me())
        if window is None:
            return _Look(server, person, Past([], whole=True), now)
        past = await server.past(person.id, now - window, replies=settings.replies)
        return _Look(
            server, person, Past([each for each in past.statuses if each.created_at <= now], past.whole), now
        )
