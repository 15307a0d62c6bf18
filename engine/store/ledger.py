"""What was meant to be published and what came of it; what was told to whom."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from engine.domain.errors import ConflictError, EngineError, NotFoundError
from engine.domain.likeness import sketch
from engine.domain.publication import Post, PublishOutcome, PublishStatus
from engine.domain.storage import Publication
from engine.store import dialects
from engine.store.tables import notices, publications

_COLUMNS = [column for column in publications.c if column.name in Publication.model_fields]


def claim(connection: sa.Connection, post: Post, now: datetime) -> tuple[Publication, bool]:
    """Write the intent; the unique slot decides between two who try at the same instant."""
    intent = dialects.insert(connection, publications).values(
        key=post.key,
        strategy=post.strategy,
        action=post.action,
        channel=post.channel.name,
        slot=post.slot,
        title=post.item.title,
        sketch=sketch(post.item.body, post.item.title),
        intended_at=now,
        attempts=1,
        published=False,
    )
    is_new = _wrote(connection, intent.on_conflict_do_nothing().returning(publications.c.key))
    row = connection.execute(
        sa.select(*_COLUMNS).where(
            publications.c.strategy == post.strategy,
            publications.c.action == post.action,
            publications.c.slot == post.slot,
        )
    ).mappings()
    found = row.one_or_none()
    if found is None:
        raise EngineError(
            f"The key {post.key!r} is already in the ledger for another slot, so nothing is posted. A key must be "
            "made of its own strategy, action and slot; this is a defect, please report it."
        )
    return Publication(**found), is_new


def reopen(connection: sa.Connection, key: str, attempts: int, now: datetime) -> Publication:
    """Count another attempt; only the one that saw the newest count may send."""
    changed = _wrote(
        connection,
        sa.update(publications)
        .where(
            publications.c.key == key,
            publications.c.attempts == attempts,
            sa.not_(publications.c.published),
        )
        .values(attempts=attempts + 1, intended_at=now, outcome=None, settled_at=None)
        .returning(publications.c.key),
    )
    publication = get(connection, key)
    if not changed:
        raise ConflictError(
            f"The post {key} is published, or another attempt sends it just now; it is not sent again."
        )
    return publication


def settle(connection: sa.Connection, key: str, outcome: PublishOutcome, now: datetime) -> Publication:
    """Write the outcome unless the row is published; return the row as it stands."""
    connection.execute(
        sa.update(publications)
        .where(publications.c.key == key, sa.not_(publications.c.published))
        .values(
            outcome=outcome.model_dump(mode="json"),
            published=outcome.status is PublishStatus.PUBLISHED,
            settled_at=now,
        )
    )
    return get(connection, key)


def get(connection: sa.Connection, key: str) -> Publication:
    """Return one row. Raises NotFoundError."""
    row = connection.execute(sa.select(*_COLUMNS).where(publications.c.key == key)).mappings().one_or_none()
    if row is None:
        raise NotFoundError(f"The ledger holds no post with the key {key!r}: nobody has claimed its slot.")
    return Publication(**row)


def read(connection: sa.Connection, strategy: str | None, limit: int) -> list[Publication]:
    """Return the ledger, newest slot first."""
    query = sa.select(*_COLUMNS).order_by(publications.c.slot.desc(), publications.c.key).limit(limit)
    if strategy is not None:
        query = query.where(publications.c.strategy == strategy)
    return [Publication(**row) for row in connection.execute(query).mappings()]


def claim_notice(connection: sa.Connection, strategy: str, notice: str, notifier: str, now: datetime) -> bool:
    """Return whether it must still be delivered, and count the try."""
    statement = dialects.insert(connection, notices).values(
        strategy=strategy, notice=notice, notifier=notifier, claimed_at=now, claims=1
    )
    claimed = statement.on_conflict_do_update(
        index_elements=[notices.c.strategy, notices.c.notice, notices.c.notifier],
        set_={"claimed_at": now, "claims": notices.c.claims + 1},
        where=notices.c.delivered_at.is_(None),
    )
    return _wrote(connection, claimed.returning(notices.c.notice))


def settle_notice(
    connection: sa.Connection, strategy: str, notice: str, notifier: str, now: datetime
) -> None:
    """Write the first instant at which it was delivered."""
    statement = dialects.insert(connection, notices).values(
        strategy=strategy, notice=notice, notifier=notifier, claimed_at=now, claims=1, delivered_at=now
    )
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[notices.c.strategy, notices.c.notice, notices.c.notifier],
            set_={"delivered_at": now},
            where=notices.c.delivered_at.is_(None),
        )
    )


def _wrote(connection: sa.Connection, statement: sa.Executable) -> bool:
    """Return whether an INSERT … RETURNING wrote its row. Counted by the row: `rowcount` is not reliable here."""
    return connection.execute(statement).first() is not None
