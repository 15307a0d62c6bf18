"""Publishing once: one mutation, its intent written before and its outcome after. Nothing else happens here."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

from temporalio import activity

from activities import policies
from activities.failures import doubtful, outcome_of, try_again
from activities.heartbeat import heartbeating
from engine.domain.errors import ConflictError, DrumbeatError, PublishError
from engine.domain.messages import Find, Publish
from engine.domain.ports import Clock, Platform, Publication, Published, SecretReader, Store
from engine.domain.publication import Post, PublishOutcome, PublishStatus

# After these an earlier attempt provably left nothing behind.
_NOTHING_THERE = (PublishStatus.ABSENT, PublishStatus.REFUSED, PublishStatus.EXHAUSTED)


class PublishActivities:
    """Talks to platforms and keeps the ledger of publications."""

    def __init__(
        self, platforms: Mapping[str, Platform], store: Store, secrets: SecretReader, clock: Clock
    ) -> None:
        self._platforms, self._store, self._secrets, self._clock = platforms, store, secrets, clock

    @activity.defn
    async def publish(self, request: Publish) -> PublishOutcome:
        """Publish a post, or report what an earlier attempt of the same slot did.

        A retry that finds an intent without an outcome (the worker died in between) touches nothing and
        answers `maybe`. Raises a retryable error of type NothingHappened only when nothing happened.
        """
        post = request.post
        async with heartbeating():
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
            outcome = await self._send(post)
            await asyncio.to_thread(self._store.settle_publication, row.key, outcome, self._clock.now())
        if outcome.status is PublishStatus.ABSENT:
            raise try_again(outcome.message, outcome.settle or _rest())
        return outcome

    @activity.defn
    async def find(self, request: Find) -> PublishOutcome:
        """Look whether a post is there. Raises a retryable error when the look itself failed."""
        post = request.post
        try:
            platform = self._platforms[post.account.platform]
            async with heartbeating():
                found = await platform.find(post, self._secrets(post.account.secrets))
        except PublishError as error:
            if error.transient:
                raise try_again(str(error), error.retry_after or _rest()) from None
            return PublishOutcome(status=PublishStatus.UNSURE, message=str(error))
        except DrumbeatError as error:
            return PublishOutcome(status=PublishStatus.UNSURE, message=str(error))
        outcome = _seen(found, post, exact=platform.capabilities.exact_find)
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
        return self._cut_off("an earlier attempt was cut off before its answer came", post, row.intended_at)

    def _cut_off(self, why: str, post: Post, began: datetime) -> PublishOutcome:
        """Return the doubt about another attempt, which may still be under way in a worker that lost its connection."""
        can = self._platforms[post.account.platform].capabilities
        doubt = doubtful(why, can)
        if can.idempotent:
            return doubt
        under_way = began + can.timeout - self._clock.now()
        return doubt.model_copy(update={"settle": max(can.settle, under_way + can.settle)})

    async def _send(self, post: Post) -> PublishOutcome:
        try:
            platform = self._platforms[post.account.platform]
            secrets = self._secrets(post.account.secrets)
        except DrumbeatError as error:
            return PublishOutcome(status=PublishStatus.REFUSED, message=str(error))
        try:
            async with asyncio.timeout(platform.capabilities.timeout.total_seconds()):
                published = await platform.publish(post, secrets)
        except PublishError as error:
            outcome = outcome_of(error, platform.capabilities)
            if outcome.status is PublishStatus.ABSENT and error.retry_after:
                return outcome.model_copy(update={"settle": error.retry_after})
            return outcome
        except TimeoutError:
            return doubtful("the platform did not answer in time", platform.capabilities)
        except Exception as error:  # noqa: BLE001 - a bug in an adapter is a doubt about the world, never a repeat
            return doubtful(f"the adapter broke: {type(error).__name__}", platform.capabilities)
        if published is None:
            return PublishOutcome(status=PublishStatus.ASKED)
        return _there(published)


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
