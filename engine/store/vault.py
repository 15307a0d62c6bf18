"""Credentials that stand in for an account's secrets for a while, and who may renew them.

What is kept is sealed. What no key opens is as good as not there: the account signs in anew, under the same lease and
version as for any renewal, and until then the row stays as it is.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from engine.domain.errors import ConflictError
from engine.domain.storage import Credential
from engine.store import dialects
from engine.store.tables import credentials

if TYPE_CHECKING:  # the library behind it takes a while to load, and only workers need it
    from engine.store.seal import Seal

_SEALED = "sealed"


def get(connection: sa.Connection, account: str, seal: Seal) -> Credential | None:
    """Return what is kept for an account; without values when no key opens it."""
    row = connection.execute(
        sa.select(credentials).where(credentials.c.account == account, credentials.c.version > 0)
    ).one_or_none()
    if row is None:
        return None
    values = seal.open(account, row.kept.get(_SEALED))
    return Credential(values=values, expires_at=row.expires_at, version=row.version)


def lease(connection: sa.Connection, account: str, version: int, now: datetime, until: datetime) -> bool:
    """Take the lease of this version unless somebody holds it or has renewed it meanwhile."""
    statement = dialects.insert(connection, credentials).values(
        account=account, version=version, kept={}, lease_until=until, written_at=now
    )
    taken = statement.on_conflict_do_update(
        index_elements=[credentials.c.account],
        set_={"lease_until": until},
        where=sa.and_(
            credentials.c.version == version,
            sa.or_(credentials.c.lease_until.is_(None), credentials.c.lease_until <= now),
        ),
    )
    return connection.execute(taken.returning(credentials.c.account)).first() is not None


def keep(
    connection: sa.Connection, account: str, version: int, new: Credential, now: datetime, seal: Seal
) -> Credential:
    """Write the next version; what is left out or empty in it stays as it was. Raises ConflictError."""
    row = connection.execute(
        sa.select(credentials.c.kept).where(
            credentials.c.account == account, credentials.c.version == version
        )
    ).one_or_none()
    before = seal.open(account, row.kept.get(_SEALED)) if row else {}
    values = {**before, **{name: value for name, value in new.values.items() if value}}
    changed = connection.execute(
        sa.update(credentials)
        .where(credentials.c.account == account, credentials.c.version == version)
        .values(
            version=version + 1,
            kept={_SEALED: seal.close(account, values)},
            expires_at=new.expires_at,
            lease_until=None,
            written_at=now,
        )
        .returning(credentials.c.account)
    ).first()
    if changed is None:
        raise ConflictError("Another call has renewed this credential meanwhile; theirs is used.")
    return Credential(values=values, expires_at=new.expires_at, version=version + 1)


def release(connection: sa.Connection, account: str, version: int) -> None:
    """End the lease of this version."""
    connection.execute(
        sa.update(credentials)
        .where(credentials.c.account == account, credentials.c.version == version)
        .values(lease_until=None)
    )


def expire(connection: sa.Connection, account: str, version: int, now: datetime) -> None:
    """Let this version end now."""
    connection.execute(
        sa.update(credentials)
        .where(credentials.c.account == account, credentials.c.version == version)
        .values(expires_at=now)
    )
