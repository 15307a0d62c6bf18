"""The seams: what the engine expects of platforms, sources, notifiers, the store and the clock.

An adapter is a small class that keeps one of these Protocols; built-in ones have no privileges. Adapters never
retry and never decide what a failure means for a strategy: they say what happened, once, truthfully.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, Protocol, runtime_checkable

from pydantic import Field, JsonValue

from engine.domain.base import Duration, Instant, JsonDict, Model
from engine.domain.items import ContentItem
from engine.domain.journal import Entry
from engine.domain.messages import Notify, Observe
from engine.domain.plan import Plan
from engine.domain.publication import Post, PublishOutcome
from engine.domain.records import Activity, Alert, DataState, Reading, ReviewRecord, Sample, Task
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


class Credential(Model):
    """What stands in for an account's secrets for a while, such as a session: kept by the engine, never shown.

    `values` are laid over the account's secrets by name. `version` counts its renewals.
    """

    values: dict[str, str] = Field(repr=False)
    expires_at: Instant | None = None
    version: int = 0


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


class Revision(Model):
    """One stored revision of a plan. `number` counts from 1; `digest` is the content address of the plan."""

    strategy: str
    number: int
    digest: str
    author: str = ""
    reason: str = ""
    created_at: Instant
    plan: Plan


class RevisionHead(Model):
    """Which revision of a strategy is the latest, and since when (UTC); without its plan."""

    number: int
    created_at: Instant


class Publication(Model):
    """One row of the ledger of publications: the intent, written before the call, and what came of it."""

    key: str
    strategy: str
    action: str
    channel: str
    slot: Instant
    intended_at: Instant
    attempts: int = 1
    outcome: PublishOutcome | None = None
    settled_at: Instant | None = None


class StrategyRow(Model):
    """What the store knows about a strategy, as written at its last step.

    `state` is the heart's whole state, from which the strategy can be started again; `view` is made for people.
    """

    strategy: str
    revision: int
    seq: int
    updated_at: Instant
    state: JsonDict
    view: JsonDict


class Windows(NamedTuple):
    """What an evaluation will ask of the past, so that a store reads it at once; all up to `until`.

    `samples` and `posts` say from which instant on (not included) those of a metric or channel are needed; of posts
    the newest one before is needed too. `values` are the instants at which a metric's value then is needed.
    """

    until: datetime
    samples: Mapping[str, datetime]
    values: frozenset[tuple[str, datetime]]
    posts: Mapping[str, datetime]


class Series(Protocol):
    """The past of one strategy: the values of its metrics, and the posts on its channels. All instants in UTC."""

    def samples(self, metric: str, start: datetime, end: datetime) -> Sequence[Sample]:
        """Return the latest correction of each instant in (start, end], oldest first."""
        ...

    def value_at(self, metric: str, at: datetime) -> Sample | None:
        """Return the newest sample at or before that instant, with its latest correction."""
        ...

    def posts(self, channel: str, start: datetime, end: datetime) -> Sequence[Activity]:
        """Return the posts in (start, end], own and others', each once by its `ref`, oldest first."""
        ...


class Judged(Model):
    """What a rule said of a subject at an instant, and the facts that it rested on, signals included.

    `facts` holds, by their paths, those that were known: instants as ISO texts in UTC, durations as seconds.
    `revision` is that of the plan whose rule it was.
    """

    rule: str
    subject: str
    at: Instant
    truth: bool | None
    data: DataState = DataState.OK
    facts: dict[str, JsonValue] = {}
    revision: int = 0


class Store(Protocol):
    """Keeps what people read and what must never be forgotten. Synchronous; safe to use from several threads.

    Every write is one transaction and may be repeated without harm.
    """

    def save_revision(
        self, plan: Plan, *, author: str, reason: str, now: datetime, expected: int | None = None
    ) -> Revision:
        """Store the plan as the next revision, or return the latest one if it holds the same plan.

        Raises ConflictError when `expected` is given and is not the latest number.
        """
        ...

    def restore_revision(self, plan: Plan, number: int, now: datetime) -> None:
        """Write a revision that was lost with an earlier store, under its old number; one that is there stays."""
        ...

    def revision(self, strategy: str, number: int | None = None) -> Revision:
        """Return a revision, by default the latest. Raises NotFoundError."""
        ...

    def revisions(self, strategy: str) -> list[Revision]:
        """Return all revisions of a strategy, oldest first."""
        ...

    def latest_revisions(self) -> dict[str, RevisionHead]:
        """Return the latest revision of every strategy, in order of their names. Reads no plan, so none can fail it."""
        ...

    def record(self, row: StrategyRow, entries: Sequence[Entry], now: datetime) -> int:
        """Append entries to the journal, update alerts, tasks and reviews from their `data`, and the row.

        Entries already there (same strategy and seq) are left alone; a row older than the stored one
        (by `seq`) does not replace it. Returns the highest seq stored.
        """
        ...

    def strategies(self) -> list[StrategyRow]:
        """Return every strategy, by name."""
        ...

    def strategy(self, name: str) -> StrategyRow:
        """Return one strategy. Raises NotFoundError."""
        ...

    def journal(
        self,
        strategy: str | None = None,
        *,
        types: Sequence[str] = (),
        subject: str | None = None,
        after: int = 0,
        since: datetime | None = None,
        limit: int = 1000,
        newest_first: bool = False,
    ) -> list[tuple[str, Entry]]:
        """Return journal entries with their strategy, oldest first, or the newest ones first."""
        ...

    def alerts(self, strategy: str | None = None, *, active: bool = True) -> list[tuple[str, Alert]]:
        """Return alerts with their strategy; `active` leaves out inactive and resolved ones."""
        ...

    def tasks(self, strategy: str | None = None, *, open_only: bool = True) -> list[tuple[str, Task]]:
        """Return tasks with their strategy, the earliest due first."""
        ...

    def reviews(
        self, strategy: str | None = None, *, open_only: bool = True
    ) -> list[tuple[str, ReviewRecord]]:
        """Return reviews with their strategy, the newest first."""
        ...

    def claim_publication(self, post: Post, now: datetime) -> tuple[Publication, bool]:
        """Write the intent to publish before the call. Returns the row and whether it is new.

        A slot (strategy, action, instant) has one row for ever: a second claim, whatever its content,
        returns the first row unchanged and False.
        """
        ...

    def reopen_publication(self, key: str, attempts: int, now: datetime) -> Publication:
        """Count another attempt, intended now, and clear the outcome, after the last one provably did nothing.

        `attempts` is the count that the caller saw: of two callers who saw the same, one gets ConflictError, as
        does whoever asks for a post that is published.
        """
        ...

    def settle_publication(self, key: str, outcome: PublishOutcome, now: datetime) -> Publication:
        """Write what came of it. A row that is `published` is never changed again."""
        ...

    def credential(self, account: str) -> Credential | None:
        """Return what is kept in the place of an account's secrets, or None."""
        ...

    def lease_credential(self, account: str, version: int, now: datetime, until: datetime) -> bool:
        """Return True to the one who may renew the credential of this version (0: there is none) until then."""
        ...

    def keep_credential(self, account: str, version: int, new: Credential, now: datetime) -> Credential:
        """Keep what came of renewing that version, and end the lease. Returns it as it is kept.

        A value that is left out or empty stays as it was. Raises ConflictError when that version is no longer kept.
        """
        ...

    def release_credential(self, account: str, version: int) -> None:
        """End the lease when that version could not be renewed; does nothing when it was."""
        ...

    def expire_credential(self, account: str, version: int, now: datetime) -> None:
        """Note that the platform refuses this version from now on; a later one is left alone."""
        ...

    def publications(self, strategy: str | None = None, *, limit: int = 1000) -> list[Publication]:
        """Return the ledger, newest slot first."""
        ...

    def add_samples(self, strategy: str, samples: Sequence[Sample]) -> int:
        """Append samples in bulk and return how many were written.

        A sample equal to the newest one of its instant is left out; a different value for a known instant is
        kept beside it as a correction.
        """
        ...

    def samples(
        self,
        strategy: str,
        metric: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        known_at: datetime | None = None,
    ) -> list[Sample]:
        """Return one value for each instant, the latest correction known (at `known_at`), oldest first."""
        ...

    def add_activities(
        self, strategy: str, activities: Mapping[str, Sequence[Activity]], seen: datetime
    ) -> int:
        """Keep posts by their channel; one with a known `ref` is left alone. Returns how many were new.

        Own posts come here by themselves: `record` keeps one for each slot that was published.
        """
        ...

    def activities(
        self, strategy: str, channel: str, *, start: datetime | None = None, end: datetime | None = None
    ) -> list[Activity]:
        """Return the posts on a channel from `start` to `end`, both included, oldest first."""
        ...

    def series(self, strategy: str, asked: Windows) -> Series:
        """Return the past as far as these windows reach, read in a handful of queries."""
        ...

    def save_judged(self, strategy: str, revision: int, rows: Sequence[Judged]) -> int:
        """Keep what was judged by the plan of that revision. Returns how many rows were news.

        A row is left out when the newest one of its rule and subject, of the same revision, says the same and is
        younger than a day.
        """
        ...

    def judged(
        self,
        strategy: str,
        rule: str | None = None,
        subject: str | None = None,
        at: datetime | None = None,
    ) -> list[Judged]:
        """Return the newest of each rule and subject (at or before `at`), in the order of their names."""
        ...

    def claim_notice(self, strategy: str, notice: str, notifier: str, now: datetime) -> bool:
        """Return True once for each notice and notifier that has not been marked as delivered."""
        ...

    def settle_notice(self, strategy: str, notice: str, notifier: str, now: datetime) -> None:
        """Mark a notice as delivered through this notifier."""
        ...

    def health(self) -> dict[str, Any]:
        """Return facts for `doctor`: dialect, schema revision, sizes. Raises EngineError when unreachable."""
        ...

    def close(self) -> None:
        """Release connections."""
        ...
