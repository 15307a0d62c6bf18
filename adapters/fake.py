"""Adapters for tests, shipped and named like the real ones, with faults on purpose.

Each takes a script: what its next calls do, one word each; when it is used up, calls succeed. A hanging call waits
for `release` or for its cancellation.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from engine.domain.errors import Effect, NotifyError, PublishError, SourceError
from engine.domain.items import ContentItem
from engine.domain.messages import Notify, Observe
from engine.domain.ports import Capabilities, Published, Secrets
from engine.domain.publication import Post
from engine.domain.records import Activity, Reading, Sample
from engine.domain.strategy import Metric
from engine.domain.workspace import Account, NotifierConfig, SourceConfig


class Fault(StrEnum):
    """What one call does.

    ok           it works
    refuse       the content or the settings are wrong; nothing happens and will not by repeating
    fail_before  a passing trouble before anything happened
    fail_after   it happens, then the connection breaks: the caller cannot know
    hang_before  it waits, and nothing has happened
    hang_after   it happens, then waits
    """

    OK = "ok"
    REFUSE = "refuse"
    FAIL_BEFORE = "fail_before"
    FAIL_AFTER = "fail_after"
    HANG_BEFORE = "hang_before"
    HANG_AFTER = "hang_after"


class _Script:
    def __init__(self, faults: Iterable[str]) -> None:
        self._faults = [Fault(fault) for fault in faults]
        self.release = asyncio.Event()

    def next(self) -> Fault:
        return self._faults.pop(0) if self._faults else Fault.OK


class FakePlatform:
    """Keeps posts in memory. `calls` holds every call, `effects` the key of every post made, doubles included.

    `idempotent=False` behaves like most platforms: the same key posts again.
    """

    kind = "fake"

    def __init__(
        self,
        script: Iterable[str] = (),
        *,
        finds: Iterable[str] = (),
        capabilities: Capabilities | None = None,
        idempotent: bool = True,
        kind: str = "fake",
    ) -> None:
        self.kind = kind
        self.capabilities = capabilities or Capabilities(exact_find=True, settle=timedelta(0))
        self.posts: dict[str, Published] = {}
        self.effects: list[str] = []
        self.calls: list[tuple[str, str]] = []
        self._idempotent = idempotent
        self._script, self._finds = _Script(script), _Script(finds)

    def validate(self, account: Account, item: ContentItem | None) -> Sequence[str]:
        """Return one sentence when the account has the setting `wrong`, or the item is blank."""
        found = ["The setting `wrong` is not allowed here."] if "wrong" in account.settings else []
        if item is not None and not (item.title or item.body):
            found.append(f"The item {item.id!r} is blank.")
        return found

    async def publish(self, post: Post, secrets: Secrets) -> Published | None:  # noqa: ARG002 - it has none
        """Do what the script says next."""
        self.calls.append(("publish", post.key))
        fault = self._script.next()
        if fault is Fault.REFUSE:
            raise PublishError("The fake platform refused the post.", effect=Effect.NONE)
        if fault is Fault.FAIL_BEFORE:
            raise PublishError("The fake platform is not there.", effect=Effect.NONE, transient=True)
        if fault is Fault.HANG_BEFORE:
            await self._script.release.wait()
        if self.capabilities.human:
            return None
        self._post(post)
        if fault is Fault.FAIL_AFTER:
            raise PublishError("The fake platform cut the connection.", effect=Effect.MAYBE)
        if fault is Fault.HANG_AFTER:
            await self._script.release.wait()
        return self.posts[post.key]

    async def find(self, post: Post, secrets: Secrets) -> Published | None:  # noqa: ARG002 - it has none
        """Return the post of this key, or for a human platform the claimed link; faults come from `finds`."""
        self.calls.append(("find", post.key))
        fault = self._finds.next()
        if fault in {Fault.HANG_BEFORE, Fault.HANG_AFTER}:
            await self._finds.release.wait()
        elif fault is not Fault.OK:
            passing = fault is not Fault.REFUSE
            raise PublishError("The fake platform cannot be searched.", effect=Effect.NONE, transient=passing)
        if self.capabilities.human and post.claimed_link:
            return Published(at=post.slot, url=post.claimed_link)
        return self.posts.get(post.key)

    def release(self) -> None:
        """Let every hanging call go on."""
        self._script.release.set()
        self._finds.release.set()

    def _post(self, post: Post) -> None:
        if post.key in self.posts and self._idempotent:
            return
        self.effects.append(post.key)
        number = len(self.effects)
        self.posts[post.key] = Published(
            at=post.slot, url=f"https://fake.example/{number}", native_id=str(number)
        )


class FakeSource:
    """Shows what it was given. `activities` is by channel, `samples` by metric; both may be changed at any time."""

    def __init__(
        self,
        activities: Mapping[str, Sequence[Activity]] | None = None,
        samples: Mapping[str, Sequence[Sample]] | None = None,
        script: Iterable[str] = (),
        *,
        kind: str = "fake",
    ) -> None:
        self.kind = kind
        self.activities = dict(activities or {})
        self.samples = dict(samples or {})
        self.calls: list[str] = []
        self._script = _Script(script)

    def validate(self, source: SourceConfig, metric: Metric | None = None) -> Sequence[str]:
        """Return one sentence when the source, or the metric if there is one, has the setting `wrong`."""
        settings = source.settings if metric is None else metric.settings
        return ["The setting `wrong` is not allowed here."] if "wrong" in settings else []

    async def read(self, source: SourceConfig, ask: Observe, now: datetime, secrets: Secrets) -> Reading:  # noqa: ARG002 - it has none
        """Return what is known up to `now`, or do what the script says next."""
        self.calls.append(source.name)
        fault = self._script.next()
        if fault in {Fault.HANG_BEFORE, Fault.HANG_AFTER}:
            await self._script.release.wait()
        elif fault is not Fault.OK:
            raise SourceError(f"The fake source {source.name!r} is not there.")
        channels = ask.channels.get(source.name, ())
        metrics = [metric.name for metric in ask.metrics if metric.source == source.name]
        return Reading(
            source=source.name,
            at=now,
            ok=True,
            activities={
                name: tuple(each for each in self.activities.get(name, ()) if each.at <= now)
                for name in channels
            },
            samples=tuple(each for name in metrics for each in self.samples.get(name, ()) if each.at <= now),
        )

    def release(self) -> None:
        """Let every hanging call go on."""
        self._script.release.set()


class FakeNotifier:
    """Keeps notices in memory: `sent` holds notifier and notice."""

    def __init__(self, script: Iterable[str] = (), *, kind: str = "fake") -> None:
        self.kind = kind
        self.sent: list[tuple[str, Notify]] = []
        self._script = _Script(script)

    def validate(self, notifier: NotifierConfig) -> Sequence[str]:
        """Return one sentence when the notifier has the setting `wrong`."""
        return ["The setting `wrong` is not allowed here."] if "wrong" in notifier.settings else []

    async def send(self, notifier: NotifierConfig, notice: Notify, secrets: Secrets) -> None:  # noqa: ARG002 - it has none
        """Keep the notice, or do what the script says next."""
        fault = self._script.next()
        if fault is Fault.HANG_BEFORE:
            await self._script.release.wait()
        if fault in {Fault.REFUSE, Fault.FAIL_BEFORE}:
            raise NotifyError("The fake service is not there.", transient=fault is Fault.FAIL_BEFORE)
        self.sent.append((notifier.name, notice))
        if fault is Fault.FAIL_AFTER:
            raise NotifyError("The fake service cut the connection.")
        if fault is Fault.HANG_AFTER:
            await self._script.release.wait()

    def release(self) -> None:
        """Let every hanging call go on."""
        self._script.release.set()
