"""The store as the engine sees it: what people read, and what must never be forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from pydantic import Field

from engine.domain.base import Instant, JsonDict, Model
from engine.domain.journal import Entry
from engine.domain.past import Judged, Series, Windows
from engine.domain.plan import Plan
from engine.domain.publication import Post, PublishOutcome
from engine.domain.records import Activity, Alert, ReviewRecord, Sample, Task


class Credential(Model):
    """What stands in for an account's secrets for a while, such as a session: kept by the engine, never shown.

    `values` are laid over the account's secrets by name; there are none when no key of ours opens what is kept.
    `version` counts its renewals.
    """

    values: dict[str, str] = Field(repr=False)
    expires_at: Instant | None = None
    version: int = 0


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

    def forget_judged(self, strategy: str, before: datetime) -> int:
        """Delete what was judged before that instant. Returns how many rows went.

        What `judged` answers for any later instant stays as it was, apart from tasks, which come and go.
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
