"""A strategy among people: they do their tasks or leave them, and what they and the platform do comes when it comes."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from random import Random

from benchmarks.packs.incidents import DAY, HOUR, Span, between
from engine.domain.journal import Entry, EntryType
from engine.domain.judgement import Circumstances
from engine.domain.lifecycle.state import new_state
from engine.domain.lifecycle.step import Step
from engine.domain.messages import (
    Command,
    Commanded,
    CompleteTask,
    DecideSlot,
    Event,
    Find,
    Observed,
    PlanApplied,
    Publish,
    PublishFinished,
)
from engine.domain.plan import Plan
from engine.domain.publication import PublishOutcome, PublishStatus
from engine.domain.records import Task, TaskKind
from engine.runtime.simulation import Life, World

_OF_SLOTS = (TaskKind.POST, TaskKind.DECIDE, TaskKind.VERIFY)
_LEFT, _A_LITTLE_LATE = 0.15, 0.2


@dataclass(frozen=True)
class Town(World):
    """A world whose platform refuses posts while the credential has run out."""

    expired: Sequence[Span] = ()

    def publish(self, effect: Publish | Find, now: datetime) -> PublishOutcome:
        """Answer a publication; the manual platform needs no credential."""
        by_hand = effect.post.account.platform in self.by_hand
        if not by_hand and any(span.holds(now) for span in self.expired):
            return PublishOutcome(status=PublishStatus.REFUSED, message="the credential has run out")
        return super().publish(effect, now)


@dataclass(frozen=True)
class Habits:
    """When people and machines do otherwise than they should.

    `deaf` is when nobody listens, `away` when the lead does no task at all, `mute` when rules are not judged; `slow` is when
    the platform's answers take long, and how long.
    """

    deaf: Sequence[Span] = ()
    away: Sequence[Span] = ()
    mute: Sequence[Span] = ()
    slow: Sequence[tuple[Span, timedelta]] = ()


class Neighbourhood(Life):
    """A simulated strategy with people and a calendar of events that are still to come."""

    def __init__(self, plan: Plan, world: World, start: datetime, habits: Habits, chance: Random) -> None:
        super().__init__(plan, world, new_state(plan.id, start))
        self._habits, self._chance, self._number = habits, chance, count()
        self._coming: list[tuple[datetime, int, Event, Plan | None]] = []
        self.revision = 1

    def expect(self, at: datetime, event: Event, plan: Plan | None = None) -> None:
        """Let an event come at an instant; with a plan that is applied then."""
        heapq.heappush(self._coming, (at, next(self._number), event, plan))

    def apply(self, at: datetime, plan: Plan, reason: str) -> None:
        """Let a new revision of the plan count from then on; call it in the order of time."""
        self.revision += 1
        self.expect(at, PlanApplied(revision=self.revision, author="lead", reason=reason), plan)

    def lived(self, start: datetime, end: datetime) -> Iterator[Entry]:
        """Live from `start` to `end` and yield the journal, in order."""
        yield from self._noticed(self.tell(PlanApplied(revision=1, author="lead"), start))
        while True:
            wake = self.wake_at or end
            if self._coming and self._coming[0][0] <= min(wake, end):
                at, _, event, plan = heapq.heappop(self._coming)
                self.plan = plan or self.plan
                yield from self._noticed(self.tell(event, at))
            elif wake < end:
                yield from self._noticed(self.until(wake))
            else:
                return

    def _noticed(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        for entry in entries:
            if entry.type is EntryType.TASK_OPENED:
                self._take_up(Task.model_validate(entry.data["task"]))
            yield entry

    def _take_up(self, task: Task) -> None:
        """Decide when a person will have done the task, if ever."""
        at = self._done_at(task)
        if at is None:
            return
        decide = task.kind in (TaskKind.DECIDE, TaskKind.VERIFY)
        order = DecideSlot(task=task.id, decision="drop") if decide else CompleteTask(task=task.id)
        self.expect(at, Commanded(command=Command(id=f"done {task.id}", by="lead", instruction=order)))

    def _done_at(self, task: Task) -> datetime | None:
        if task.kind is TaskKind.POST and any(span.holds(task.opened_at) for span in self._habits.deaf):
            return None
        has, draw = task.due - task.opened_at, self._chance.random()
        done = task.opened_at + has * self._chance.uniform(0.1, 0.95)
        if task.kind is not TaskKind.POST and draw < _LEFT:
            done = task.due + between(self._chance, 4 * DAY, 20 * DAY)
        elif task.kind not in _OF_SLOTS and draw < _LEFT + _A_LITTLE_LATE:
            done = task.due + between(self._chance, 3 * HOUR, 2.5 * DAY)
        away = next((span for span in self._habits.away if span.holds(done)), None)
        return done if away is None or task.kind is TaskKind.POST else away.end + done.minute * HOUR / 60

    def _answers(self, result: Step, now: datetime) -> Iterable[Event]:
        for event in super()._answers(result, now):
            late = self._late(event, now)
            if late is None:
                yield event
            else:
                self.expect(late, event)

    def _late(self, event: Event, now: datetime) -> datetime | None:
        """Return when an answer of a slow platform comes."""
        if isinstance(event, PublishFinished) and event.outcome.status is PublishStatus.PUBLISHED:
            return next((now + takes for span, takes in self._habits.slow if span.holds(now)), None)
        return None

    def _judged(self, observed: Observed, judge: Circumstances | None) -> Observed:
        if judge is not None and any(span.holds(judge.at) for span in self._habits.mute):
            return observed
        return super()._judged(observed, judge)
