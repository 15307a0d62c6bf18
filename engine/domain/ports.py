"""The seams: what the engine expects of platforms, sources, notifiers, the store and the clock.

An adapter is a small class that keeps one of these Protocols; built-in ones have no privileges. Adapters never
retry and never decide what a failure means for a strategy: they say what happened, once, truthfully.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from engine.domain.base import Duration, Instant, Model
from engine.domain.items import ContentItem
from engine.domain.messages import Notify, Observe
from engine.domain.publication import Post
from engine.domain.records import Reading
from engine.domain.strategy import Metric
from engine.domain.workspace import Account, NotifierConfig, SourceConfig

# A secret by the name it has in the account, resolved just before the call; never stored.
Secrets = Mapping[str, str]


class Role(StrEnum):
    """What a platform may do beside publishing; each role has its Protocol in `engine.domain.roles`.

    limits   it says what a text and its images may be, if asked also for the very server
    prepare  something must be there before the post, such as its images
    check    it accepts a post first and shows it later
    refresh  the account's secrets are exchanged for a credential that expires
    metrics  it shows numbers of posts and accounts
    history  it shows what was posted through the account, by whomever
    """

    LIMITS = "limits"
    PREPARE = "prepare"
    CHECK = "check"
    REFRESH = "refresh"
    METRICS = "metrics"
    HISTORY = "history"


class Capabilities(Model):
    """What a platform can do; the engine asks for these, never for a platform's name.

    `exact_find`: absence in `find` proves that nothing was posted. `human`: a person does the posting.
    `idempotent`: sending the same key twice leaves one post, so nobody need wait for a call that was cut off.
    `settle`: how long after a doubtful call `find` can be trusted. `timeout`: the longest one call may take.
    `roles`: what else it does.
    """

    exact_find: bool = False
    human: bool = False
    idempotent: bool = False
    settle: timedelta = timedelta(seconds=5)
    timeout: timedelta = timedelta(seconds=20)
    roles: frozenset[Role] = frozenset()


class Published(Model):
    """A post that is there: when (UTC), its public link and the platform's own id."""

    at: Instant
    url: str | None = None
    native_id: str | None = None


class Accepted(Model):
    """A post that the platform has taken and still works on: its own id of it, and when to look how far it is."""

    native_id: str
    look_after: Duration = timedelta(seconds=5)


@runtime_checkable
class Platform(Protocol):
    """Publishes posts. `publish` makes exactly one mutation and raises PublishError with its effect."""

    kind: str
    capabilities: Capabilities

    def validate(self, account: Account, item: ContentItem | None) -> Sequence[str]:
        """Return what is wrong with the account's settings or the item, one sentence each; pure, no network."""
        ...

    async def publish(self, post: Post, secrets: Secrets) -> Published | Accepted | None:
        """Post it once: exactly one mutation.

        Returns None when a person must do it, and with the role CHECK also Accepted. Raises PublishError.
        """
        ...

    async def find(self, post: Post, secrets: Secrets) -> Published | None:
        """Look whether the post is there (by key, or by `claimed_link`). Raises PublishError, effect none."""
        ...


@runtime_checkable
class MetricSource(Protocol):
    """Reads activity and numbers."""

    kind: str

    def validate(self, source: SourceConfig, metric: Metric | None = None) -> Sequence[str]:
        """Return what is wrong with the source's settings, or with those of one of its metrics; pure, no network.

        One sentence each; a setting that is to blame stands in backticks. With a metric only its own settings
        are judged.
        """
        ...

    async def read(self, source: SourceConfig, ask: Observe, now: datetime, secrets: Secrets) -> Reading:
        """Read the source once. Raises SourceError; a missing value is left out, never 0."""
        ...


@runtime_checkable
class Notifier(Protocol):
    """Tells people."""

    kind: str

    def validate(self, notifier: NotifierConfig) -> Sequence[str]:
        """Return what is wrong with the notifier's settings, one sentence each; pure, no network."""
        ...

    async def send(self, notifier: NotifierConfig, notice: Notify, secrets: Secrets) -> None:
        """Deliver once. Raises NotifyError."""
        ...


class SecretReader(Protocol):
    """Resolves secret references such as `env:NAME`."""

    def __call__(self, references: Mapping[str, str]) -> dict[str, str]:
        """Return the secrets by name. Raises SecretError that names the reference, never the value."""
        ...


class Clock(Protocol):
    """Tells the time; a virtual one in simulations and tests."""

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        ...
