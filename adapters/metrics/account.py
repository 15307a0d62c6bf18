"""What the sources of platforms share: they read an account, its posts, and what came back.

A number that is not told is left out, never 0; so is a sum of which a part is not told.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Generic, Literal, Self, TypeVar

from pydantic import Field, model_validator

from adapters.accounts import Deed, Numbers, Past, View
from adapters.settings import problems, read
from adapters.tools import Tools
from engine.domain.base import Model, misfit
from engine.domain.errors import PublishError, SourceError
from engine.domain.messages import Observe
from engine.domain.ports import Secrets
from engine.domain.records import Reading, Sample
from engine.domain.strategy import Metric
from engine.domain.workspace import Account, SourceConfig

MOST_ACTIVITIES = 100
_DAYS = 28
_OF_ACCOUNT = {"followers", "follows", "posts"}
_OPEN = "open_replies"
_POSTED_NOTHING = " This call posted nothing."


class AccountMetricSettings(Model):
    """Which number it is: of the account, of one post, or the sum over the posts of the last days."""

    measure: Literal[
        "followers", "follows", "posts", "likes", "reposts", "replies", "quotes", "open_replies"
    ] = Field(
        description="what to read; the first three are of the account, the others of posts; `open_replies` are those "
        "that the account has not answered."
    )
    post: str | None = Field(default=None, description="the one post that is meant.")
    days: Annotated[int, Field(ge=1, le=366)] | None = Field(
        default=None, description="of how many days the posts are meant, by default 28."
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.measure in _OF_ACCOUNT and (self.post or self.days):
            name = "post" if self.post else "days"
            raise misfit(name, f"{self.measure} is a number of the account; leave this out")
        if self.post and (self.days or self.measure == _OPEN):
            name = "days" if self.days else "post"
            why = "one post is meant" if self.days else "open replies are counted for the whole account"
            raise misfit(name, f"{why}; leave this out")
        return self

    @property
    def window(self) -> timedelta | None:
        """Return how old the posts may be that count; None when no such posts are meant."""
        if self.measure in _OF_ACCOUNT or self.post:
            return None
        return timedelta(days=self.days or _DAYS)


S = TypeVar("S", bound=Model)
M = TypeVar("M", bound=AccountMetricSettings)


class AccountSource(ABC, Generic[S, M]):
    """Reads an account of a platform; each platform brings its settings and its view of an account."""

    kind: str
    settings: type[S]
    metric_settings: type[M]

    def __init__(self, tools: Tools) -> None:
        """Take the shared tools of adapters."""
        self._tools = tools

    @abstractmethod
    async def view(self, account: Account, settings: S, secrets: Secrets) -> View:
        """Return the view of the account. Raises PublishError, effect none."""

    def validate(self, source: SourceConfig, metric: Metric | None = None) -> Sequence[str]:
        """Return what is wrong with the settings of the source or of one of its metrics, one sentence each; pure."""
        if metric is not None:
            return problems(self.metric_settings, metric.settings)
        return problems(self.settings, source.settings)

    async def read(self, source: SourceConfig, ask: Observe, now: datetime, secrets: Secrets) -> Reading:
        """Read the account once: its newest hundred deeds up to `now`, and the metrics asked of this source."""
        wanted = [metric for metric in ask.metrics if metric.source == source.name]
        channels = ask.channels.get(source.name, ())
        try:
            settings = read(self.settings, source.settings)
            asked = {metric.name: read(self.metric_settings, metric.settings) for metric in wanted}
        except ValueError as error:
            raise SourceError(f"The source {source.name!r} cannot be read. {error}") from None
        try:
            view = await self.view(Account(name=source.name, platform=self.kind), settings, secrets)
            look = await _Look.at(view, tuple(asked.values()), now, seen=bool(channels))
            values = {name: await look.value(each) for name, each in asked.items()}
        except PublishError as error:
            raise unread(source, error) from None
        seen = tuple(each.activity for each in look.past.shown[:MOST_ACTIVITIES])
        return Reading(
            source=source.name,
            at=now,
            ok=True,
            activities=dict.fromkeys(channels, seen),
            samples=tuple(
                Sample(metric=name, at=now, value=value, seen=now, origin=view.origin)
                for name, value in values.items()
                if value is not None
            ),
        )


class _Look:
    """One look at an account; what several metrics need is asked once."""

    def __init__(self, view: View, past: Past[Deed], now: datetime) -> None:
        self._view, self.past, self._now = view, past, now
        self._account: Numbers | None = None

    @classmethod
    async def at(
        cls, view: View, asked: Sequence[AccountMetricSettings], now: datetime, *, seen: bool
    ) -> Self:
        """Look at what was posted, as far back as somebody asked."""
        windows = [each.window for each in asked if each.window is not None and each.measure != _OPEN]
        if not windows and not seen:
            return cls(view, Past((), whole=True), now)
        since = now - max(windows) if windows else None
        past = await view.past(since, MOST_ACTIVITIES if seen else 0)
        return cls(view, Past(tuple(each for each in past.shown if each.at <= now), past.whole), now)

    async def value(self, asked: AccountMetricSettings) -> float | None:
        """Return the number, or None when it is not told."""
        if asked.window is not None:
            since = self._now - asked.window
            return await self._view.open_replies(since) if asked.measure == _OPEN else self._sum(asked, since)
        if asked.post:
            return (await self._view.post(asked.post))[asked.measure]
        if self._account is None:
            self._account = await self._view.account()
        return self._account[asked.measure]

    def _sum(self, asked: AccountMetricSettings, since: datetime) -> float | None:
        counted = [each for each in self.past.shown if each.at > since]
        if not self.past.whole and len(counted) == len(self.past.shown):
            return None
        numbers = [each.numbers[asked.measure] for each in counted if each.numbers]
        known = [number for number in numbers if number is not None]
        return float(sum(known)) if len(known) == len(numbers) else None


def unread(source: SourceConfig, error: PublishError) -> SourceError:
    """Return why a platform could not be read, in its words; what it did not post says nothing here."""
    said = f" ({error.raw})" if error.raw else ""
    why = str(error).replace(_POSTED_NOTHING, "")
    return SourceError(f"The source {source.name!r} could not be read. {why}{said}")
