"""Publishing once: prepare, write the intent, make one mutation, write its outcome. Nothing else happens here."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

from temporalio import activity

from activities import policies
from activities.credentials import Credentials, Session
from activities.failures import doubtful, nothing_happened, outcome_of, try_again
from activities.heartbeat import DEATHS_BEFORE, all_before_died, heartbeating
from engine.domain.errors import ConflictError, DrumbeatError, Effect, PublishError, Trouble
from engine.domain.messages import Find, Publish
from engine.domain.ports import Accepted, Clock, Platform, Published, SecretReader
from engine.domain.publication import Post, PublishOutcome, PublishStatus
from engine.domain.roles import checker, preparer
from engine.domain.storage import Publication, Store

# After these an earlier attempt provably left nothing behind.
_NOTHING_THERE = (PublishStatus.ABSENT, PublishStatus.REFUSED, PublishStatus.EXHAUSTED)
_AFTER_RENEWAL = timedelta(seconds=0.5)


@dataclass(frozen=True)
class _Ready:
    """A post for which everything is in place: the one mutation is left."""

    platform: Platform
    session: Session
    post: Post


class PublishActivities:
    """Talks to platforms and keeps the ledger of publications."""

    def __init__(
        self, platforms: Mapping[str, Platform], store: Store, secrets: SecretReader, clock: Clock
    ) -> None:
        self._platforms, self._store, self._clock = platforms, store, clock
        self._credentials = Credentials(store, secrets, clock)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def _turn(self, post: Post) -> asyncio.Lock:
        """Return what lets one call about a slot wait for another.

        When Temporal was away, it may ask again while this worker is still at the first call. Whoever looked meanwhile
        would find nothing yet, and take it for the last word.
        """
        slot = post.key.rpartition("/")[0]
        turn = self._turns.get(slot)
        if turn is None:
            turn = self._turns[slot] = asyncio.Lock()
        return turn

    @activity.defn
    async def publish(self, request: Publish) -> PublishOutcome:
        """Publish a post, or report what an earlier attempt of the same slot did.

        A retry that finds an intent without an outcome (the worker died in between) touches nothing and
        answers `maybe`. Raises a retryable error of type NothingHappened only when nothing happened.
        """
        began = self._clock.now()
        return self._dated(await self._publish(request), began)

    async def _publish(self, request: Publish) -> PublishOutcome:
        post = request.post
        async with heartbeating(), self._turn(post):
            ready = await self._prepare(post)
            row, new = await asyncio.to_thread(self._store.claim_publication, post, self._clock.now())
            if not new:
                # Somebody looked before the first attempt. A second one follows a call that may have worked.
                known_absent = request.known_absent and activity.info().attempt == 1
                earlier = self._earlier(row, post, known_absent=known_absent)
                if earlier is not None:
                    return earlier
                try:
                    now = self._clock.now()
                    await asyncio.to_thread(self._store.reopen_publication, row.key, row.attempts, now)
                except ConflictError as error:
                    return self._cut_off(str(error), post, now)
            outcome = await self._send(ready) if isinstance(ready, _Ready) else ready
            await asyncio.to_thread(self._store.settle_publication, row.key, outcome, self._clock.now())
        if outcome.status is PublishStatus.ABSENT:
            raise try_again(outcome.message, outcome.settle or _rest())
        return outcome

    def _dated(self, outcome: PublishOutcome, began: datetime) -> PublishOutcome:
        """Return the outcome with the instant from which a doubt settles; what was under way has ended by then.

        The strategy lives by the server's clock. Where ours is behind, that one's start of this attempt counts.
        """
        if outcome.status is not PublishStatus.MAYBE:
            return outcome
        behind = max(timedelta(0), activity.info().started_time - began)
        dates = {
            "since": (outcome.since or self._clock.now()) + behind,
            "under_way_until": outcome.under_way_until and outcome.under_way_until + behind,
        }
        return outcome.model_copy(update=dates)

    @activity.defn
    async def find(self, request: Find) -> PublishOutcome:
        """Look whether a post is there. Raises a retryable error when the look itself failed."""
        post = request.post
        try:
            async with heartbeating(), self._turn(post):
                outcome = await self._look(post)
        except PublishError as error:
            if error.transient:
                raise try_again(str(error), error.retry_after or _rest()) from None
            return PublishOutcome(status=PublishStatus.UNSURE, message=str(error))
        except DrumbeatError as error:
            return PublishOutcome(status=PublishStatus.UNSURE, message=str(error))
        # The slot may have been claimed with an earlier revision of its content: the ledger knows it by that key.
        row, _ = await asyncio.to_thread(self._store.claim_publication, post, self._clock.now())
        await asyncio.to_thread(self._store.settle_publication, row.key, outcome, self._clock.now())
        return outcome

    def _earlier(self, row: Publication, post: Post, *, known_absent: bool) -> PublishOutcome | None:
        """Return what an earlier attempt came to, or None when the post may be sent (again)."""
        if row.outcome is not None and row.outcome.status in (PublishStatus.PUBLISHED, PublishStatus.ASKED):
            return row.outcome
        if known_absent or (row.outcome is not None and row.outcome.status in _NOTHING_THERE):
            return None
        if row.key != post.key:
            why = f"an earlier attempt with other content was cut off; look for {row.key}"
            return PublishOutcome(status=PublishStatus.UNSURE, message=why)
        why = "an earlier attempt was cut off before its answer came"
        if all_before_died():
            # No process of ours is at its call any more; what it had sent is there once it has settled.
            doubt = doubtful(why, self._platforms[post.account.platform].capabilities)
            return doubt.model_copy(update={"since": DEATHS_BEFORE.get().seen_at})
        return self._cut_off(why, post, row.intended_at)

    def _cut_off(self, why: str, post: Post, began: datetime) -> PublishOutcome:
        """Return the doubt about another attempt, which may still be under way in a worker that lost its connection."""
        can = self._platforms[post.account.platform].capabilities
        doubt = doubtful(why, can)
        ended = began + can.timeout + can.settle
        if can.idempotent:
            return doubt.model_copy(update={"under_way_until": ended})
        return doubt.model_copy(update={"settle": max(can.settle, ended - self._clock.now())})

    async def _prepare(self, post: Post) -> _Ready | PublishOutcome:
        """Sign in and put in place what the post needs. Nobody sees it, so whatever fails here did nothing."""
        session = None
        try:
            platform = self._platforms[post.account.platform]
            session = await self._credentials.session(platform, _workspace(post), post.account)
            prepare = preparer(platform)
            if prepare is not None:
                async with asyncio.timeout(policies.PREPARE_WITHIN.total_seconds()):
                    post = await prepare.prepare(post, session.secrets)
        except PublishError as error:
            if session is not None:
                return nothing_happened(await self._after_refusal(error, post, session))
            return nothing_happened(error)
        except DrumbeatError as error:
            return PublishOutcome(status=PublishStatus.REFUSED, message=str(error))
        except TimeoutError:
            return PublishOutcome(status=PublishStatus.ABSENT, message="preparing the post took too long")
        except Exception as error:  # noqa: BLE001 - a bug in an adapter stops this post, not the worker
            why = f"the adapter broke before anything was posted: {type(error).__name__}"
            return PublishOutcome(status=PublishStatus.REFUSED, message=why)
        return _Ready(platform, session, post)

    async def _after_refusal(self, error: PublishError, post: Post, session: Session) -> PublishError:
        """Return the error, as a passing one when the credential was refused and will be renewed."""
        refused = error.trouble is Trouble.CREDENTIAL and error.effect is Effect.NONE
        if not refused or not await self._credentials.refused(_workspace(post), post.account, session):
            return error
        return PublishError(
            str(error),
            effect=Effect.NONE,
            transient=True,
            trouble=error.trouble,
            retry_after=_AFTER_RENEWAL,
            raw=error.raw,
        )

    async def _send(self, ready: _Ready) -> PublishOutcome:
        can = ready.platform.capabilities
        try:
            async with asyncio.timeout(can.timeout.total_seconds()):
                published = await ready.platform.publish(ready.post, ready.session.secrets)
        except PublishError as error:
            return outcome_of(await self._after_refusal(error, ready.post, ready.session), can)
        except TimeoutError:
            return doubtful("the platform did not answer in time", can)
        except Exception as error:  # noqa: BLE001 - a bug in an adapter is a doubt about the world, never a repeat
            return doubtful(f"the adapter broke: {type(error).__name__}", can)
        if published is None:
            return PublishOutcome(status=PublishStatus.ASKED)
        if isinstance(published, Accepted):
            return PublishOutcome(
                status=PublishStatus.MAYBE,
                native_id=published.native_id,
                message="the platform has taken the post and still works on it",
                settle=published.look_after,
            )
        return _there(published)

    async def _look(self, post: Post) -> PublishOutcome:
        """Look for a post, or how far an accepted one is. Raises PublishError, effect none, or SecretError."""
        platform = self._platforms[post.account.platform]
        session = await self._credentials.session(platform, _workspace(post), post.account)
        check = checker(platform)
        try:
            accepted = await self._accepted(post) if check and not post.claimed_link else None
            if check is None or accepted is None:
                found = await platform.find(post, session.secrets)
                return _seen(found, post, exact=platform.capabilities.exact_find)
            checked = await check.check(post, accepted, session.secrets)
        except PublishError as error:
            raise await self._after_refusal(error, post, session) from None
        if isinstance(checked, Accepted):
            raise PublishError(
                "The platform still works on the post; it is looked at again.",
                effect=Effect.NONE,
                transient=True,
                retry_after=checked.look_after,
            )
        return _seen(checked, post, exact=True)

    async def _accepted(self, post: Post) -> str | None:
        """Return the platform's id of a post that it accepted and had not shown yet."""
        row, _ = await asyncio.to_thread(self._store.claim_publication, post, self._clock.now())
        return row.outcome.native_id if row.outcome and row.outcome.status is PublishStatus.MAYBE else None


def _workspace(post: Post) -> str:
    return post.strategy.partition("/")[0]


def _rest() -> timedelta:
    return policies.pause_before_next(activity.info().attempt)


def _there(published: Published) -> PublishOutcome:
    return PublishOutcome(
        status=PublishStatus.PUBLISHED, at=published.at, url=published.url, native_id=published.native_id
    )


def _seen(found: Published | None, post: Post, *, exact: bool) -> PublishOutcome:
    if found is not None:
        return _there(found)
    if post.claimed_link:
        return PublishOutcome(status=PublishStatus.UNSURE, message=f"there is no post at {post.claimed_link}")
    if exact:
        return PublishOutcome(status=PublishStatus.ABSENT, message="looked, and it is not there")
    return PublishOutcome(
        status=PublishStatus.UNSURE,
        message="it was not found, but this platform's search does not prove that",
    )
