"""The store: the Protocol `engine.domain.ports.Store` on SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from engine.domain.errors import EngineError
from engine.domain.journal import Entry
from engine.domain.past import Judged, Series, Windows
from engine.domain.plan import Plan
from engine.domain.publication import Post, PublishOutcome
from engine.domain.records import Activity, Alert, ReviewRecord, Sample, Task
from engine.domain.storage import Credential, Publication, Revision, RevisionHead, StrategyRow
from engine.store import (
    chronicle,
    dialects,
    judgements,
    ledger,
    posts,
    projections,
    revisions,
    series,
    tables,
    vault,
    windows,
)
from engine.store.database import Database, translated
from engine.store.migrate import HEAD, current, ensure_schema

if TYPE_CHECKING:
    from engine.store.seal import Seal


def open_store(url: str, *, migrate: bool = True, seal: Seal | None = None) -> SqlStore:
    """Open the store behind a SQLAlchemy address: `sqlite:////path/file.db` or `postgresql://user@host/name`.

    With `migrate` the schema is made or upgraded first, once, however many processes start together; without, a
    missing or older schema is an error, so that a reader never changes anything. `sqlite://` is a store in memory
    for tests. Without `seal` everything but credentials can be read and written. Raises EngineError when the
    database cannot be used, is not ours or is newer than this version.
    """
    try:
        address = sa.make_url(url)
    except sa.exc.ArgumentError:
        # Without the address itself, which may hold a password.
        raise EngineError(
            "The database address cannot be read; nothing is stored. It looks like "
            "sqlite:////path/to/file.db or postgresql://user@host/database."
        ) from None
    database = Database(dialects.make_engine(address))
    try:
        with translated(database.place):
            ensure_schema(database, migrate=migrate)
    except BaseException:
        database.engine.dispose()
        raise
    return SqlStore(database, seal)


class SqlStore:
    """Keeps the Protocol `Store`, whose docstrings count here. Made by `open_store`.

    Every method is one transaction and raises EngineError when the database cannot be reached.
    """

    def __init__(self, database: Database, seal: Seal | None = None) -> None:
        self._database, self._given_seal = database, seal

    def save_revision(
        self, plan: Plan, *, author: str, reason: str, now: datetime, expected: int | None = None
    ) -> Revision:
        with self._database.write(plan.id) as connection:
            return revisions.save(connection, plan, author=author, reason=reason, now=now, expected=expected)

    def restore_revision(self, plan: Plan, number: int, now: datetime) -> None:
        with self._database.write(plan.id) as connection:
            revisions.restore(connection, plan, number, now)

    def revision(self, strategy: str, number: int | None = None) -> Revision:
        with self._database.read() as connection:
            return revisions.get(connection, strategy, number)

    def revisions(self, strategy: str) -> list[Revision]:
        with self._database.read() as connection:
            return revisions.every(connection, strategy)

    def latest_revisions(self) -> dict[str, RevisionHead]:
        with self._database.read() as connection:
            return revisions.latest(connection)

    def record(self, row: StrategyRow, entries: Sequence[Entry], now: datetime) -> int:
        with self._database.write(row.strategy) as connection:
            return chronicle.record(connection, row, entries, now)

    def rebuild(self, strategy: str) -> int:
        """Make the alerts, tasks and reviews of a strategy again from its journal. Returns how many there are."""
        with self._database.write(strategy) as connection:
            return projections.rebuild(connection, strategy)

    def strategies(self) -> list[StrategyRow]:
        with self._database.read() as connection:
            return chronicle.every(connection)

    def strategy(self, name: str) -> StrategyRow:
        with self._database.read() as connection:
            return chronicle.get(connection, name)

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
        """Return entries: one strategy's in order of seq, several strategies' in order of instant."""
        with self._database.read() as connection:
            return chronicle.read(
                connection,
                strategy,
                types=types,
                subject=subject,
                after=after,
                since=since,
                limit=limit,
                newest_first=newest_first,
            )

    def alerts(self, strategy: str | None = None, *, active: bool = True) -> list[tuple[str, Alert]]:
        with self._database.read() as connection:
            return projections.read(connection, tables.alerts, Alert, strategy, only_open=active)

    def tasks(self, strategy: str | None = None, *, open_only: bool = True) -> list[tuple[str, Task]]:
        with self._database.read() as connection:
            return projections.read(connection, tables.tasks, Task, strategy, only_open=open_only)

    def reviews(
        self, strategy: str | None = None, *, open_only: bool = True
    ) -> list[tuple[str, ReviewRecord]]:
        with self._database.read() as connection:
            return projections.read(connection, tables.reviews, ReviewRecord, strategy, only_open=open_only)

    def claim_publication(self, post: Post, now: datetime) -> tuple[Publication, bool]:
        """Write the intent. Go on with the key of the row returned: another content may have claimed the slot."""
        with self._database.write() as connection:
            return ledger.claim(connection, post, now)

    def reopen_publication(self, key: str, attempts: int, now: datetime) -> Publication:
        with self._database.write() as connection:
            return ledger.reopen(connection, key, attempts, now)

    def settle_publication(self, key: str, outcome: PublishOutcome, now: datetime) -> Publication:
        """Write the outcome and return the row as it stands. Raises NotFoundError when never claimed."""
        with self._database.write() as connection:
            return ledger.settle(connection, key, outcome, now)

    def credential(self, account: str) -> Credential | None:
        with self._database.read() as connection:
            return vault.get(connection, account, self._seal)

    def lease_credential(self, account: str, version: int, now: datetime, until: datetime) -> bool:
        with self._database.write() as connection:
            return vault.lease(connection, account, version, now, until)

    def keep_credential(self, account: str, version: int, new: Credential, now: datetime) -> Credential:
        with self._database.write() as connection:
            return vault.keep(connection, account, version, new, now, self._seal)

    def release_credential(self, account: str, version: int) -> None:
        with self._database.write() as connection:
            vault.release(connection, account, version)

    def expire_credential(self, account: str, version: int, now: datetime) -> None:
        with self._database.write() as connection:
            vault.expire(connection, account, version, now)

    def publications(self, strategy: str | None = None, *, limit: int = 1000) -> list[Publication]:
        with self._database.read() as connection:
            return ledger.read(connection, strategy, limit)

    def add_samples(self, strategy: str, samples: Sequence[Sample]) -> int:
        """Append samples. Raises SourceError, and stores none of them, when a value is not finite."""
        with self._database.write(strategy) as connection:
            return series.add(connection, strategy, samples)

    def samples(
        self,
        strategy: str,
        metric: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        known_at: datetime | None = None,
    ) -> list[Sample]:
        """Return one value for each instant from `start` to `end`, both included."""
        with self._database.read() as connection:
            return series.read(connection, strategy, metric, start=start, end=end, known_at=known_at)

    def add_activities(
        self, strategy: str, activities: Mapping[str, Sequence[Activity]], seen: datetime
    ) -> int:
        with self._database.write(strategy) as connection:
            return posts.add(connection, strategy, activities, seen)

    def activities(
        self, strategy: str, channel: str, *, start: datetime | None = None, end: datetime | None = None
    ) -> list[Activity]:
        with self._database.read() as connection:
            return posts.read(connection, strategy, channel, start, end)

    def series(self, strategy: str, asked: Windows) -> Series:
        """Return the past as it stood in one transaction."""
        with self._database.read() as connection:
            return windows.read(connection, strategy, asked)

    def save_judged(self, strategy: str, revision: int, rows: Sequence[Judged]) -> int:
        with self._database.write(strategy) as connection:
            return judgements.save(connection, strategy, revision, rows)

    def forget_judged(self, strategy: str, before: datetime) -> int:
        with self._database.write(strategy) as connection:
            return judgements.forget(connection, strategy, before)

    def judged(
        self,
        strategy: str,
        rule: str | None = None,
        subject: str | None = None,
        at: datetime | None = None,
    ) -> list[Judged]:
        with self._database.read() as connection:
            return judgements.read(connection, strategy, rule, subject, at)

    def claim_notice(self, strategy: str, notice: str, notifier: str, now: datetime) -> bool:
        """Return True until it is settled: a sender killed before delivery must be able to try again."""
        with self._database.write() as connection:
            return ledger.claim_notice(connection, strategy, notice, notifier, now)

    def settle_notice(self, strategy: str, notice: str, notifier: str, now: datetime) -> None:
        with self._database.write() as connection:
            ledger.settle_notice(connection, strategy, notice, notifier, now)

    def health(self) -> dict[str, Any]:
        """Return dialect, place (no password), schema, bytes, rows per table. Raises EngineError when damaged."""
        with self._database.read() as connection:
            found = dialects.damage(connection)
            if found is not None:
                raise EngineError(
                    f"The database {self._database.place} is damaged ({found}). Stop the engine and put a backup in "
                    "its place."
                )
            counts = [
                sa.select(sa.func.count()).select_from(table).scalar_subquery().label(table.name)
                for table in tables.metadata.sorted_tables
            ]
            return {
                "dialect": connection.dialect.name,
                "place": self._database.place,
                "schema": current(connection),
                "expected_schema": HEAD,
                "bytes": dialects.size_in_bytes(connection),
                "rows": dict(connection.execute(sa.select(*counts)).mappings().one()),
            }

    @property
    def _seal(self) -> Seal:
        if self._given_seal is None:
            raise EngineError(
                "This process has no key of kept sessions; only a worker reads and writes them."
            )
        return self._given_seal

    def close(self) -> None:
        self._database.engine.dispose()
