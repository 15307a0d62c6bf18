"""What the engine does with a post until it is settled, without the engine: for the contract of platforms."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from engine.domain.errors import Effect, PublishError, Trouble
from engine.domain.ports import Accepted, Platform, Published, Secrets
from engine.domain.publication import Post
from engine.domain.roles import checker, preparer, refresher
from engine.domain.storage import Credential

_MOST_TRIES = 6
START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


class MovedClock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime = START) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        self._at += by


@dataclass
class Carried:
    """What came of carrying out a post: `published`, or None when a person must look; the errors on the way."""

    published: Published | None = None
    refused: PublishError | None = None
    errors: list[PublishError] = field(default_factory=list)
    waits: list[timedelta | None] = field(default_factory=list)


@dataclass
class Carrier:
    """Carries posts out as the engine does. `settled` waits until nothing is on its way to the platform any more.

    `on_error` is told what each attempt to publish raised; what a look raises says nothing about the post.
    """

    platform: Platform
    secrets: Secrets
    clock: MovedClock
    settled: Callable[[], Awaitable[None]]
    kept: Credential | None = None
    on_error: Callable[[PublishError], None] = lambda _error: None

    async def carry_out(self, post: Post) -> Carried:
        """Publish the post: what did nothing is tried again, what may have worked is looked up, as often as it takes."""
        carried = Carried()
        for _ in range(_MOST_TRIES):
            try:
                return await self._attempt(post, carried)
            except PublishError as error:
                self._note(error, carried)
                self.on_error(error)
                if error.effect is not Effect.NONE:
                    await self.settled()
                    if await self._looked(post, carried):
                        return carried
                elif not await self._passes(post, error):
                    carried.refused = error
                    return carried
        return carried

    async def sign_in(self, post: Post, *, again: bool = False) -> Secrets:
        """Return the secrets to call with, renewed where the platform has the role for it."""
        renews = refresher(self.platform)
        if renews is not None and (self.kept is None or again):
            new = await renews.refresh(post.account, self.secrets, self.kept)
            old = self.kept.values if self.kept else {}
            version = self.kept.version + 1 if self.kept else 1
            values = {**old, **{name: value for name, value in new.values.items() if value}}
            self.kept = Credential(values=values, expires_at=new.expires_at, version=version)
        return {**self.secrets, **(self.kept.values if self.kept else {})}

    async def _attempt(self, post: Post, carried: Carried) -> Carried:
        secrets, prepares = await self.sign_in(post), preparer(self.platform)
        ready = await prepares.prepare(post, secrets) if prepares else post
        published = await self.platform.publish(ready, secrets)
        checks = checker(self.platform)
        while isinstance(published, Accepted):
            assert checks is not None, (
                "only a platform with the role CHECK may accept a post without publishing it"
            )
            self.clock.move(published.look_after)
            published = await checks.check(post, published.native_id, secrets)
        carried.published = published
        return carried

    async def _looked(self, post: Post, carried: Carried) -> bool:
        """Look until the look works; return whether the post is settled by it."""
        for _ in range(_MOST_TRIES):
            try:
                carried.published = await self.platform.find(post, await self.sign_in(post))
            except PublishError as error:
                assert error.effect is Effect.NONE, "a look never changes anything"
                self._note(error, carried)
                if not await self._passes(post, error):
                    return True
            else:
                return carried.published is not None or not self.platform.capabilities.exact_find
        return True

    async def _passes(self, post: Post, error: PublishError) -> bool:
        """Let the pause pass that the error asks for, or renew what was refused; return whether to go on."""
        if (
            error.trouble is Trouble.CREDENTIAL
            and refresher(self.platform) is not None
            and not error.transient
        ):
            await self.sign_in(post, again=True)
            return True
        self.clock.move(error.retry_after or timedelta(seconds=1))
        return error.transient

    def _note(self, error: PublishError, carried: Carried) -> None:
        carried.errors.append(error)
        carried.waits.append(error.retry_after)
