"""The source `platform`: what a platform itself shows of an account, for every platform with the roles for it.

A platform with HISTORY shows what was posted, by whomever; one with METRICS its numbers. Platforms that have a source of
their own show more there. A number that the platform does not say is left out, never 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field, JsonValue

from adapters.metrics.account import MOST_ACTIVITIES, unread
from adapters.registry import Registry
from adapters.settings import problems, read
from adapters.tools import Tools
from engine.domain.base import Model
from engine.domain.errors import NotFoundError, PublishError, SourceError
from engine.domain.messages import Observe
from engine.domain.ports import Platform, Published, Role, Secrets
from engine.domain.records import Activity, Reading, Sample
from engine.domain.roles import Measured, historian, meter
from engine.domain.strategy import Metric
from engine.domain.workspace import Account, SourceConfig


class PlatformSourceSettings(Model):
    """Which account of which platform is read."""

    platform: str = Field(
        min_length=1, description="the platform, as an account names it, such as wordpress."
    )
    account: dict[str, JsonValue] = Field(
        default_factory=dict, description="the settings that an account of this platform has."
    )


class PlatformMetricSettings(Model):
    """Which number it is."""

    measure: str = Field(
        min_length=1,
        description="what to read; the platform's own page lists its numbers, such as `comments`.",
    )
    post: str | None = Field(
        default=None,
        min_length=1,
        description="the platform's own id of the one post that is meant; by default the account.",
    )


class PlatformSource:
    """Reads accounts of every platform that is installed and has the roles METRICS or HISTORY."""

    kind = "platform"
    settings = PlatformSourceSettings
    secrets = "those that an account of the platform has"
    metric_settings = PlatformMetricSettings

    def __init__(self, tools: Tools) -> None:
        self._platforms = Registry(tools).platforms

    def validate(self, source: SourceConfig, metric: Metric | None = None) -> Sequence[str]:
        """Return what is wrong with the settings of the source or of one of its metrics, one sentence each; pure."""
        if metric is not None:
            return problems(PlatformMetricSettings, metric.settings) or self._unknown_measure(source, metric)
        wrong = problems(PlatformSourceSettings, source.settings)
        if wrong:
            return wrong
        try:
            platform, account = self._account(source)
        except SourceError as error:
            return [str(error)]
        return platform.validate(account, None)

    async def read(self, source: SourceConfig, ask: Observe, now: datetime, secrets: Secrets) -> Reading:
        """Read the account once: its newest hundred posts up to `now`, and the metrics asked of this source."""
        platform, account = self._account(source)
        wanted = [metric for metric in ask.metrics if metric.source == source.name]
        channels = ask.channels.get(source.name, ())
        try:
            activities = await _history(platform, account, now, secrets) if channels else ()
            samples = await _samples(platform, account, wanted, now, secrets)
        except PublishError as error:
            raise unread(source, error) from None
        except ValueError as error:
            raise SourceError(f"The source {source.name!r} could not be read. {error}") from None
        return Reading(
            source=source.name,
            at=now,
            ok=True,
            activities=dict.fromkeys(channels, activities),
            samples=samples,
        )

    def _account(self, source: SourceConfig) -> tuple[Platform, Account]:
        """Return the platform and its account. Raises SourceError when the platform shows nothing."""
        try:
            settings = read(PlatformSourceSettings, source.settings)
            platform = self._platforms[settings.platform]
        except (ValueError, NotFoundError) as error:
            raise SourceError(f"The source {source.name!r} cannot be read. {error}") from None
        if meter(platform) is None and historian(platform) is None:
            raise SourceError(
                f"The platform {settings.platform!r} shows neither numbers nor what was posted."
            )
        if Role.REFRESH in platform.capabilities.roles:
            raise SourceError(
                f"The platform {settings.platform!r} needs a session, which only its own source has. "
                f"Is there one of kind {settings.platform!r}?"
            )
        account = Account(
            name=source.name, platform=settings.platform, settings=settings.account, secrets=source.secrets
        )
        return platform, account

    def _unknown_measure(self, source: SourceConfig, metric: Metric) -> Sequence[str]:
        try:
            platform, _ = self._account(source)
        except SourceError:
            return []  # what is wrong with the source is said there
        asked, measures = read(PlatformMetricSettings, metric.settings), meter(platform)
        known = () if measures is None else measures.post_metrics if asked.post else measures.account_metrics
        if asked.measure in known:
            return []
        whose = "a post" if asked.post else "an account"
        listed = ", ".join(known) or "none"
        return [
            f"The setting `measure` is wrong: {platform.kind} does not show this of {whose}. It shows: {listed}."
        ]


async def _history(
    platform: Platform, account: Account, now: datetime, secrets: Secrets
) -> tuple[Activity, ...]:
    shows = historian(platform)
    if shows is None:
        return ()
    found = await shows.history(account, MOST_ACTIVITIES, secrets)
    once = {each.ref: each for each in found if each.at <= now}
    return tuple(sorted(once.values(), key=lambda each: each.at, reverse=True))[:MOST_ACTIVITIES]


async def _samples(
    platform: Platform, account: Account, metrics: Sequence[Metric], now: datetime, secrets: Secrets
) -> tuple[Sample, ...]:
    """Return the numbers asked for that the platform says; a post, and the account, is asked once."""
    measures = meter(platform)
    if measures is None:
        return ()
    origin, seen, samples = f"{platform.kind} {account.name}", dict[str | None, Measured](), []
    for metric in metrics:
        asked = read(PlatformMetricSettings, metric.settings)
        if asked.post not in seen:
            post = Published(at=now, native_id=asked.post) if asked.post else None
            seen[asked.post] = await measures.measure(account, post, secrets)
        value = seen[asked.post].values.get(asked.measure)
        if value is not None:
            at = min(seen[asked.post].as_of, now)
            samples.append(Sample(metric=metric.name, at=at, value=value, seen=now, origin=origin))
    return tuple(samples)
