"""The heart: plan + state + event + now → new state + journal entries + effects. No clock, no I/O, no chance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.domain.base import to_utc
from engine.domain.journal import Entry, EntryType
from engine.domain.lifecycle import (
    alerting,
    applying,
    commanding,
    horizon,
    observing,
    pausing,
    publishing,
    reviewing,
    silencing,
    slots,
    tasking,
    watching,
)
from engine.domain.lifecycle.state import Draft, State
from engine.domain.messages import (
    Commanded,
    Effect,
    Event,
    NotifyFinished,
    Observed,
    PlanApplied,
    PublishFinished,
    Resumed,
    Tick,
)
from engine.domain.plan import Plan

# After a long outage a step catches up with at most so many instants; the next one is due at once.
CATCH_UP = 500


@dataclass(frozen=True)
class Step:
    """What one step did: the new state, what to write into the journal, what to ask of the world.

    `answer` is the reply to a command, `refused` the reason why it was not carried out; `wake_at` is the next
    instant at which a step is needed (UTC), at once if it is not later than now.
    """

    state: State
    entries: tuple[Entry, ...]
    effects: tuple[Effect, ...]
    wake_at: datetime | None
    answer: str = ""
    refused: str | None = None


def step(plan: Plan, state: State, event: Event, now: datetime) -> Step:
    """Live through the time until `now`, then take the event.

    Every instant between is visited in order, so that what happened during an outage is dated when it became
    true. Time never moves backwards: an earlier `now` counts as the instant already reached. `plan` is the one
    that the state lives by; with `PlanApplied` it is the new one, and an older revision changes nothing.
    """
    draft = Draft.of(plan, state, max(to_utc(now), state.at))
    if isinstance(event, PlanApplied):
        if event.revision <= state.revision:
            return Step(state, (), (), draft.now)
        applying.make_room(draft)
    elif not state.revision:
        return Step(state, (), (), None, refused=_refused(draft, event))
    if isinstance(event, Resumed):
        # First of all, because what the time until now sends is not lost.
        publishing.resume(draft)
    wake_at = _live_until_now(draft) if draft.revision else None
    if wake_at is None or wake_at > draft.now:
        draft.at = draft.now
    answer, refused = "", None
    if not isinstance(event, Tick):
        refused = _refused(draft, event)
        answer = "" if refused else _take(draft, event, draft.now)
        alerting.evaluate(draft, draft.at)
        wake_at = horizon.earliest(draft)
    return Step(draft.freeze(), tuple(draft.entries), tuple(draft.effects), wake_at, answer, refused)


def _refused(draft: Draft, event: Event) -> str | None:
    if not isinstance(event, Commanded):
        return None
    return commanding.refusal(draft.plan, draft, event.command, draft.now)


def _live_until_now(draft: Draft) -> datetime | None:
    """Visit every instant until now; return the next one, which is not later than now if some had to be left."""
    for _ in range(CATCH_UP):
        t = horizon.earliest(draft)
        if t is None or t > draft.now:
            return t
        draft.at = t
        pausing.advance(draft, t)
        silencing.advance(draft, t)
        slots.advance(draft, t)
        observing.advance(draft, t)
        alerting.evaluate(draft, t)
        tasking.advance(draft, t)
        reviewing.advance(draft, t)
    return horizon.earliest(draft)


def _take(draft: Draft, event: Event, t: datetime) -> str:
    match event:
        case Tick() | Resumed():
            pass
        case PlanApplied():
            applying.apply_plan(draft, event, t)
            observing.advance(draft, t)
        case PublishFinished():
            publishing.finished(draft, event.slot, event.outcome, t)
        case Observed():
            for reading in event.readings:
                watching.observed(draft, reading, t)
            alerting.judged(draft, event, t)
        case NotifyFinished():
            for notifier, error in event.failures.items():
                summary = f"{event.notice} could not be delivered through {notifier}: {error}"
                draft.note(EntryType.NOTICE_FAILED, f"notifier/{notifier}", summary, t)
        case Commanded():
            answer = commanding.obey(draft, event.command, t)
            # A pause that ends may bring a silence so near that its last look is due already.
            observing.advance(draft, t)
            return answer
    return ""
