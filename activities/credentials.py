"""Credentials that expire: renewed for one caller at a time, kept before anybody uses them."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field
from datetime import timedelta

from temporalio import activity

from engine.domain.errors import ConflictError, Effect, PublishError, Trouble
from engine.domain.ports import Clock, Platform, SecretReader, Secrets
from engine.domain.roles import Refresher, refresher
from engine.domain.storage import Credential, Store
from engine.domain.workspace import Account

# A call may take so long; a credential that ends sooner is renewed before it.
_EARLY = timedelta(minutes=2)
# Longer than a renewal can take, so that two never run side by side; a worker that died holds it up for so long.
LEASE = timedelta(seconds=60)
_WHILE_ANOTHER_RENEWS = timedelta(seconds=2)


@dataclass(frozen=True)
class Session:
    """The secrets for one call. `fresh`: renewed just now, so that renewing again would not help."""

    secrets: Secrets = field(repr=False)
    version: int | None = None
    fresh: bool = True


class Credentials:
    """Gives every call the secrets of its account, with the kept credential laid over them where there is one."""

    def __init__(self, store: Store, secrets: SecretReader, clock: Clock) -> None:
        self._store, self._secrets, self._clock = store, secrets, clock

    async def session(self, platform: Platform, workspace: str, account: Account) -> Session:
        """Return the secrets to call with. Raises SecretError, or PublishError with effect none."""
        secrets = self._secrets(account.secrets)
        renews = refresher(platform)
        if renews is None:
            return Session(secrets)
        owner = _owner(workspace, account)
        kept = await asyncio.to_thread(self._store.credential, owner)
        if kept is not None and not kept.values:
            activity.logger.warning(
                "the session kept for an account cannot be read: its key is gone, or another one; signing in anew",
                extra={"account": account.name},
            )
        elif kept is not None and not self._ends(kept):
            return Session({**secrets, **kept.values}, kept.version, fresh=False)
        kept = await self._renew(renews, owner, account, secrets, kept)
        return Session({**secrets, **kept.values}, kept.version)

    async def refused(self, workspace: str, account: Account, session: Session) -> bool:
        """Take note that the platform refused the session. Returns whether another attempt will use a new one."""
        if session.fresh or session.version is None:
            return False
        owner, now = _owner(workspace, account), self._clock.now()
        await asyncio.to_thread(self._store.expire_credential, owner, session.version, now)
        return True

    def _ends(self, kept: Credential) -> bool:
        return kept.expires_at is not None and kept.expires_at <= self._clock.now() + _EARLY

    async def _renew(
        self, renews: Refresher, owner: str, account: Account, secrets: Secrets, kept: Credential | None
    ) -> Credential:
        version, now = (kept.version if kept else 0), self._clock.now()
        leased = await asyncio.to_thread(self._store.lease_credential, owner, version, now, now + LEASE)
        if not leased:
            raise _busy(account)
        try:
            async with asyncio.timeout(LEASE.total_seconds() / 2):
                new = await renews.refresh(account, secrets, kept if kept and kept.values else None)
            return await asyncio.to_thread(
                self._store.keep_credential, owner, version, new, self._clock.now()
            )
        except ConflictError:
            raise _busy(account) from None
        except TimeoutError:
            raise PublishError(
                f"Signing in with the account {account.name!r} took too long. Nothing was posted.",
                effect=Effect.NONE,
                transient=True,
                trouble=Trouble.BROKEN,
            ) from None
        finally:
            await asyncio.to_thread(self._store.release_credential, owner, version)


def _owner(workspace: str, account: Account) -> str:
    """Return whose credential it is. Other settings or references are another account, which signs in anew."""
    identity = account.model_dump_json(include={"platform", "settings", "secrets"})
    return f"{workspace}/{account.name}/{hashlib.sha256(identity.encode()).hexdigest()[:16]}"


def _busy(account: Account) -> PublishError:
    return PublishError(
        f"The credential of the account {account.name!r} is being renewed by another call; this one follows.",
        effect=Effect.NONE,
        transient=True,
        trouble=Trouble.CREDENTIAL,
        retry_after=_WHILE_ANOTHER_RENEWS,
    )
