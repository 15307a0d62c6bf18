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
from engine.domain.clocks import Standstill
from engine.domain.journal import Entry
from engine.domain.judgement import Circumstances
from engine.domain.lifecycle.state import State, new_state
from engine.domain.lifecycle.step import Step, step
from engine.domain.likeness import sketch
from engine.domain.messages import Event, Find, Observe, Observed, PlanApplied, Publish, PublishFinished, Tick
from engine.domain.plan import Plan
from engine.domain.publication import Post, PublishOutcome, PublishStatus
from engine.domain.records import Activity, Reading, Sample
from engine.domain.series import MemorySeries
from rules.evaluation import Evaluation, Evaluator

Dated = TypeVar("Dated", Activity, Sample)
# A feed shows its newest entries only.
FEED_LENGTH = 100


@dataclass(frozen=True)
class World:
    """What happens outside: posts and samples that were made, channels that fall silent, people's platforms.

    `posts` maps a channel to the activity seen there, `samples` a metric to its values, both in time order.
    `silent_from` maps a channel to the instant from which nothing is posted there any more: its slots are not
    carried out and no activity is seen. `unread` says when a source could not be read. `by_hand` names the platforms on
    which a person does the posting.
    """

    posts: Mapping[str, Sequence[Activity]] = field(default_factory=dict)
    samples: Mapping[str, Sequence[Sample]] = field(default_factory=dict)
    silent_from: Mapping[str, datetime] = field(default_factory=dict)
    unread: Mapping[str, Sequence[Standstill]] = field(default_factory=dict)
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
        if not self.is_readable(source, now):
            return Reading(source=source, at=now, ok=False, error="it could not be read then")
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

    def is_readable(self, source: str, at: datetime) -> bool:
        """Return whether the source could be read at that instant."""
        spans = self.unread.get(source, ())
        return not any(start <= at and (end is None or at < end) for start, end in spans)

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
        self._past = LivedPast(world)
        self._evaluator = Evaluator(plan)

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
                outcome = self.world.publish(effect, now)
                if outcome.status is PublishStatus.PUBLISHED:
                    self._past.published(effect.post, now)
                yield PublishFinished(slot=effect.slot, outcome=outcome)
            elif isinstance(effect, Observe):
                self._past.read(effect, now)
                yield self._judged(self.world.observe(effect, now), effect.judge)

    def _judged(self, observed: Observed, judge: Circumstances | None) -> Observed:
        """Return the answer with what the rules say, evaluated by the code that the engine uses."""
        if judge is None:
            return observed
        judgements = self.evaluate(judge).worth_telling(judge)
        return observed.model_copy(update={"judgements": judgements, "judged_at": judge.at})

    def evaluate(self, judge: Circumstances) -> Evaluation:
        """Return what every rule says in these circumstances."""
        if self._evaluator.plan is not self.plan:
            self._evaluator = Evaluator(self.plan)
        return self._evaluator.evaluate(judge, self._past.series)


class LivedPast:
    """What a simulated strategy has seen so far: what its sources showed when they were read, and its own posts."""

    def __init__(self, world: World) -> None:
        self.series = MemorySeries()
        self._world = world
        # How many events of a channel or metric, which are in time order, have been seen.
        self._read: dict[tuple[str, str], int] = {}

    def published(self, post: Post, now: datetime) -> None:
        """Remember a post of the strategy itself."""
        text = sketch(post.item.body, post.item.title)
        own = Activity(at=now, ref=post.key, title=post.item.title or post.item.id, sketch=text)
        self.series.add_post(post.channel.name, own)

    def read(self, effect: Observe, now: datetime) -> None:
        """Remember what the sources show now."""
        read = [each.name for each in effect.sources if self._world.is_readable(each.name, now)]
        for source in read:
            for channel in effect.channels.get(source, ()):
                for post in self._news("channel", channel, self._world.posts, now)[-FEED_LENGTH:]:
                    if not self._world.is_silent(channel, post.at):
                        self.series.add_post(channel, post)
        for metric in effect.metrics:
            if metric.source in read:
                for sample in self._news("metric", metric.name, self._world.samples, now):
                    self.series.add_sample(sample)

    def _news(
        self, kind: str, name: str, events: Mapping[str, Sequence[Dated]], now: datetime
    ) -> Sequence[Dated]:
        known, seen = events.get(name, ()), self._read.get((kind, name), 0)
        end = self._read[kind, name] = bisect_right(known, now, key=attrgetter("at"))
        return known[seen:end]
