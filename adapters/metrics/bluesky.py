"""The source `bluesky`: what an account posts, by whatever means, and what comes back: followers, likes, answers.

It reads what everybody may see, so it needs no password. A number that is not told is left out, never 0; so is a sum
of which a part is not told.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from adapters.http import safe_url
from adapters.platforms.bluesky.appview import AppView, Numbers, Past
from adapters.platforms.bluesky.records import uri_of
from adapters.platforms.bluesky.settings import APPVIEW, Handle
from adapters.platforms.bluesky.xrpc import Xrpc
from adapters.settings import problems, read
from adapters.tools import Tools
from adapters.web_address import ServerAddress
from engine.domain.base import Model, misfit
from engine.domain.errors import PublishError, SourceError
from engine.domain.messages import Observe
from engine.domain.ports import Secrets
from engine.domain.records import Activity, Reading, Sample
from engine.domain.strategy import Metric
from engine.domain.workspace import Account, SourceConfig

MOST_ACTIVITIES = 100
_DAYS = 28
_OF_ACCOUNT = {"followers", "follows", "posts"}


class BlueskySourceSettings(Model):
    """Whose posts and numbers are read."""

    handle: Handle = Field(description="the account's whole handle, such as tacos.bsky.social, or its DID.")
    appview: ServerAddress = Field(default=APPVIEW, description="the server that counts likes and followers.")
    include: Annotated[tuple[Literal["posts", "replies", "reposts"], ...], Field(min_length=1)] = Field(
        default=("posts",),
        description="what counts as activity, and whose numbers are summed up; reposts have none of their own.",
    )


class BlueskyMetricSettings(Model):
    """Which number it is: of the account, of one post, or the sum over the posts of the last days."""

    measure: Literal["followers", "follows", "posts", "likes", "reposts", "replies", "quotes"] = Field(
        description="what to read; the first three are of the account, the others of posts."
    )
    post: str | None = Field(default=None, description="the address of the one post that is meant.")
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
        if self.post and uri_of(self.post) is None:
            raise misfit("post", "it must be the address of a post, with the account's DID in it")
        return self

    @property
    def window(self) -> timedelta | None:
        """Return how old the posts may be that are summed up; None when it is no such sum."""
        if self.measure in _OF_ACCOUNT or self.post:
            return None
        return timedelta(days=self.days or _DAYS)


class BlueskySource:
    """Reads the AppView: one call for the account's numbers, one for each hundred of its posts, one for each post."""

    kind = "bluesky"

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def validate(self, source: SourceConfig, metric: Metric | None = None) -> Sequence[str]:
        """Return what is wrong with the settings of the source or of one of its metrics, one sentence each; pure."""
        if metric is not None:
            return problems(BlueskyMetricSettings, metric.settings)
        return problems(BlueskySourceSettings, source.settings)

    async def read(self, source: SourceConfig, ask: Observe, now: datetime, secrets: Secrets) -> Reading:
        """Read the account once: its newest hundred deeds up to `now`, and the metrics asked of this source."""
        wanted = [metric for metric in ask.metrics if metric.source == source.name]
        try:
            settings = read(BlueskySourceSettings, source.settings)
            asked = {metric.name: read(BlueskyMetricSettings, metric.settings) for metric in wanted}
        except ValueError as error:
            raise SourceError(f"The source {source.name!r} cannot be read. {error}") from None
        account = Account(name=source.name, platform="bluesky")
        look = _Look(AppView(Xrpc(self._tools, account, settings.appview, secrets)), settings, now)
        channels = ask.channels.get(source.name, ())
        try:
            past = await look.past([each.window for each in asked.values()], seen=bool(channels))
            values = {name: await look.value(each, past) for name, each in asked.items()}
        except PublishError as error:
            raise _unread(source, error) from None
        origin = f"{safe_url(settings.appview)} {settings.handle}"
        return Reading(
            source=source.name,
            at=now,
            ok=True,
            activities=dict.fromkeys(channels, _activities(past)),
            samples=tuple(
                Sample(metric=name, at=now, value=value, seen=now, origin=origin)
                for name, value in values.items()
                if value is not None
            ),
        )


class _Look:
    """One look at an account; what several metrics need is asked once."""

    def __init__(self, view: AppView, settings: BlueskySourceSettings, now: datetime) -> None:
        self._view, self._settings, self._now = view, settings, now
        self._account: Numbers | None = None

    async def past(self, windows: Sequence[timedelta | None], *, seen: bool) -> Past:
        """Return what the account did, as far back as somebody asked."""
        longest = max((window for window in windows if window is not None), default=None)
        if longest is None and not seen:
            return Past((), whole=True)
        since = self._now - longest if longest is not None else None
        newest = MOST_ACTIVITIES if seen else 0
        past = await self._view.past(
            self._settings.handle, self._settings.include, newest=newest, since=since
        )
        return Past(tuple(each for each in past.shown if each.at <= self._now), past.whole)

    async def value(self, asked: BlueskyMetricSettings, past: Past) -> float | None:
        """Return the number, or None when it is not told."""
        if asked.window is not None:
            return self._sum(asked.measure, past, self._now - asked.window)
        if asked.post:
            return (await self._view.post(uri_of(asked.post) or ""))[asked.measure]
        if self._account is None:
            self._account = await self._view.account(self._settings.handle)
        return self._account[asked.measure]

    def _sum(self, measure: str, past: Past, since: datetime) -> float | None:
        if not past.whole:
            return None
        numbers = [each.numbers[measure] for each in past.shown if each.at > since and each.numbers]
        known = [number for number in numbers if number is not None]
        return float(sum(known)) if len(known) == len(numbers) else None


def _activities(past: Past) -> tuple[Activity, ...]:
    newest = past.shown[:MOST_ACTIVITIES]
    return tuple(each.activity() for each in newest)


def _unread(source: SourceConfig, error: PublishError) -> SourceError:
    why = str(error).replace(" This call posted nothing.", "")
    said = f" ({error.raw})" if error.raw else ""
    return SourceError(f"The source {source.name!r} could not be read. {why}{said}")
