"""The simulator: the very same heart, a virtual clock and a simulated world; no server, no waiting.

What it prints is what the workflow does with the same plan and the same world; a test runs both and compares.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import TypeVar

from engine.domain.base import to_utc
from engine.domain.journal import Entry
from engine.domain.lifecycle.state import State, new_state
from engine.domain.lifecycle.step import Step, step
from engine.domain.messages import Event, Find, Observe, Observed, PlanApplied, Publish, PublishFinished, Tick
from engine.domain.plan import Plan
from engine.domain.publication import PublishOutcome, PublishStatus
from engine.domain.records import Activity, Reading, Sample

Dated = TypeVar("Dated", Activity, Sample)
# A feed shows its newest entries only.
FEED_LENGTH = 100


@dataclass(frozen=True)
class World:
    """What happens outside: posts and samples that were made, channels that fall silent, people's platforms.

    `posts` maps a channel to the activity seen there, `samples` a metric to its values, both in time order.
    `silent_from` maps a channel to the instant from which nothing is posted there any more: its slots are not
    carried out and no activity is seen. `by_hand` names the platforms on which a person does the posting.
    """

    posts: Mapping[str, Sequence[Activity]] = field(default_factory=dict)
    samples: Mapping[str, Sequence[Sample]] = field(default_factory=dict)
    silent_from: Mapping[str, datetime] = field(default_factory=dict)
    by_hand: frozenset[str] = frozenset({"manual"})

    def publish(self, effect: Publish | Find, now: datetime) -> PublishOutcome:
        """Answer a publication: it works at once, unless the channel is silent or fed by hand."""
        post = effect.post
        if self.is_silent(post.channel.name, now):
            return PublishOutcome(
                status=PublishStatus.REFUSED, message="in this simulation the channel has gone silent"
            )
        if post.account.platform in self.by_hand:
            return PublishOutcome(status=PublishStatus.ASKED)
        # No address: there is nothing to look at.
        return PublishOutcome(status=PublishStatus.PUBLISHED, at=now)

    def observe(self, effect: Observe, now: datetime) -> Observed:
        """Answer an observation with what had happened by now."""
        return Observed(readings=tuple(self._read(source.name, effect, now) for source in effect.sources))

    def _read(self, source: str, effect: Observe, now: datetime) -> Reading:
        channels = effect.channels.get(source, ())
        activities = {channel: self._seen(channel, now) for channel in channels}
        metrics = [metric.name for metric in effect.metrics if metric.source == source]
        return Reading(
            source=source,
            at=now,
            ok=True,
            activities={channel: found for channel, found in activities.items() if found},
            samples=tuple(
                sample for name in metrics for sample in _newest(self.samples.get(name, ()), now, 1)
            ),
        )

    def _seen(self, channel: str, now: datetime) -> tuple[Activity, ...]:
        found = _newest(self.posts.get(channel, ()), now, FEED_LENGTH)
        return tuple(activity for activity in found if not self.is_silent(channel, activity.at))

    def is_silent(self, channel: str, at: datetime) -> bool:
        """Return whether the channel has been made silent by then."""
        return channel in self.silent_from and at >= self.silent_from[channel]


def _newest(events: Sequence[Dated], now: datetime, count: int) -> Sequence[Dated]:
    """Return the newest of the events, which are in time order, that have happened by now."""
    end = bisect_right(events, now, key=attrgetter("at"))
    return events[max(0, end - count) : end]


def simulate(plan: Plan, world: World, start: datetime, end: datetime) -> Iterator[Entry]:
    """Yield the journal of the strategy from `start` to `end` (both aware), in order."""
    life = Life(plan, world, new_state(plan.id, to_utc(start)))
    yield from life.tell(PlanApplied(revision=1, author="simulation"), to_utc(start))
    yield from life.until(to_utc(end))


class Life:
    """One simulated strategy: feeds events to the heart and answers its effects from the world."""

    def __init__(self, plan: Plan, world: World, state: State) -> None:
        self.plan, self.world, self.state = plan, world, state
        self.wake_at: datetime | None = None

    def until(self, end: datetime) -> Iterator[Entry]:
        """Live until `end`, inclusive."""
        while self.wake_at is not None and self.wake_at <= end:
            yield from self.tell(Tick(), self.wake_at)

    def tell(self, event: Event, now: datetime) -> Iterator[Entry]:
        """Give the heart an event, and at once everything that the world answers to it."""
        events: list[Event] = [event]
        while events:
            result = step(self.plan, self.state, events.pop(0), now)
            self.state, self.wake_at = result.state, result.wake_at
            yield from result.entries
            events += self._answers(result, now)

    def _answers(self, result: Step, now: datetime) -> Iterable[Event]:
        for effect in result.effects:
            if isinstance(effect, Publish | Find):
                yield PublishFinished(slot=effect.slot, outcome=self.world.publish(effect, now))
            elif isinstance(effect, Observe):
                yield self.world.observe(effect, now)
