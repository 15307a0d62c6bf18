"""Plans by their digest, and the numbered revisions that point to them."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError

from engine.domain.errors import ConflictError, EngineError, NotFoundError
from engine.domain.plan import Plan
from engine.domain.storage import Revision, RevisionHead
from engine.store import dialects
from engine.store.tables import plans, revisions

_JOINED = sa.select(revisions, plans.c.document).join(plans, plans.c.digest == revisions.c.digest)


def save(
    connection: sa.Connection, plan: Plan, *, author: str, reason: str, now: datetime, expected: int | None
) -> Revision:
    """Store the plan as the next revision unless the latest one holds it already."""
    latest = find(connection, plan.id)
    # Before the conflict: a repeated save finds its own revision and is content.
    if latest is not None and (latest.digest == plan.digest or latest.plan == plan):
        return latest
    number = latest.number if latest else 0
    if expected is not None and expected != number:
        raise ConflictError(
            f"{plan.id} is at revision {number}, not {expected}: somebody applied a plan since you looked. Nothing "
            "was stored. Look at the difference with `drumbeat apply --dry-run`, then apply again."
        )
    _write(connection, plan, number + 1, author=author, reason=reason, now=now)
    return get(connection, plan.id, number + 1)


def restore(connection: sa.Connection, plan: Plan, number: int, now: datetime) -> None:
    """Write a revision under the number that it had in a store that was lost, unless it is there."""
    if find(connection, plan.id, number) is None:
        reason = "written anew by the running strategy: the store had lost it"
        _write(connection, plan, number, author="", reason=reason, now=now)


def _write(
    connection: sa.Connection, plan: Plan, number: int, *, author: str, reason: str, now: datetime
) -> None:
    document = plan.model_dump_json()
    digest = hashlib.sha256(document.encode()).hexdigest()
    _refuse_unreadable(plan, document)
    connection.execute(
        dialects.insert(connection, plans).values(digest=digest, document=document).on_conflict_do_nothing()
    )
    connection.execute(
        sa.insert(revisions).values(
            strategy=plan.id, number=number, digest=digest, author=author, reason=reason, created_at=now
        )
    )


def get(connection: sa.Connection, strategy: str, number: int | None) -> Revision:
    """Return a revision. Raises NotFoundError."""
    found = find(connection, strategy, number)
    if found is None:
        which = "a plan" if number is None else f"revision {number}"
        raise NotFoundError(f"There is no {which} of {strategy}. `drumbeat status` lists what runs.")
    return found


def find(connection: sa.Connection, strategy: str, number: int | None = None) -> Revision | None:
    """Return a revision, by default the latest, or None."""
    query = _JOINED.where(revisions.c.strategy == strategy)
    if number is not None:
        query = query.where(revisions.c.number == number)
    row = connection.execute(query.order_by(revisions.c.number.desc()).limit(1)).mappings().one_or_none()
    return None if row is None else _revision(row)


def every(connection: sa.Connection, strategy: str) -> list[Revision]:
    """Return all revisions of a strategy, oldest first."""
    query = _JOINED.where(revisions.c.strategy == strategy).order_by(revisions.c.number)
    return [_revision(row) for row in connection.execute(query).mappings()]


def latest(connection: sa.Connection) -> dict[str, RevisionHead]:
    """Return the number and the instant of every strategy's latest revision, by name."""
    newest = (
        sa.select(revisions.c.strategy, sa.func.max(revisions.c.number).label("number"))
        .group_by(revisions.c.strategy)
        .subquery()
    )
    query = (
        sa.select(revisions.c.strategy, revisions.c.number, revisions.c.created_at)
        .join(
            newest,
            sa.and_(revisions.c.strategy == newest.c.strategy, revisions.c.number == newest.c.number),
        )
        .order_by(revisions.c.strategy)
    )
    return {
        row.strategy: RevisionHead(number=row.number, created_at=row.created_at)
        for row in connection.execute(query)
    }


def _revision(row: sa.RowMapping) -> Revision:
    fields: dict[str, Any] = dict(row)
    document = fields.pop("document")
    try:
        return Revision(**fields, plan=Plan.model_validate_json(document))
    except ValidationError as error:
        raise EngineError(
            f"Revision {row['number']} of {row['strategy']} was written by another version of Drumbeat and cannot be "
            f"read by this one ({error.error_count()} fields differ). Apply the plan again to store it anew."
        ) from error


def _refuse_unreadable(plan: Plan, document: str) -> None:
    """Raise ValueError for a plan that JSON cannot hold, before it becomes a revision that nobody can run."""
    try:
        same = Plan.model_validate_json(document) == plan
    except ValidationError:
        same = False
    if not same:
        raise ValueError(
            f"The plan of {plan.id} cannot be stored as JSON without loss, so nothing was stored; is one of its "
            "numbers infinite or not a number? Write a finite one."
        )
