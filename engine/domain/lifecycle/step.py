"""The heart: plan + state + event + now → new state + journal entries + effects. No clock, no I/O, no chance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.domain.journal import Entry, EntryType
from engine.domain.lifecycle import (
    applying,
    commanding,
    horizon,
    observing,
    pausing,
    publishing,
    reviewing,
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

    `answer` is the reply to a command; `wake_at` the next instant at which a step is needed (UTC).
    """

    state: State
    entries: tuple[Entry, ...]
    effects: tuple[Effect, ...]
    wake_at: datetime | None
    answer: str = ""


def step(plan: Plan, state: State, event: Event, now: datetime) -> Step:
    """Live through the time until `now`, then take the event.

    Every instant between is visited in order, so that what happened during an outage is dated when it became
    true. Time never moves backwards: an earlier `now` counts as the instant already reached.
    """
    draft = Draft.of(plan, state, max(now, state.at))
    answer = ""
    if draft.revision or isinstance(event, PlanApplied):
        behind = _live_until_now(draft) if draft.revision else False
        answer = _take(draft, event, draft.now)
        if draft.revision:
            watching.evaluate(draft, draft.at if behind else draft.now)
        if not behind:
            draft.at = draft.now
    wake_at = horizon.earliest(draft) if draft.revision else None
    return Step(draft.freeze(), tuple(draft.entries), tuple(draft.effects), wake_at, answer)


def _live_until_now(draft: Draft) -> bool:
    """Visit every instant until now; return whether some had to be left for the next step."""
    for _ in range(CATCH_UP):
        t = horizon.earliest(draft)
        if t is None or t > draft.now:
            return False
        draft.at = t
        pausing.advance(draft, t)
        slots.advance(draft, t)
        observing.advance(draft, t)
        watching.evaluate(draft, t)
        tasking.advance(draft, t)
        reviewing.advance(draft, t)
    return True


def _take(draft: Draft, event: Event, t: datetime) -> str:
    match event:
        case Tick():
            pass
        case PlanApplied():
            applying.apply_plan(draft, event, t)
            observing.advance(draft, t)
        case Resumed():
            publishing.resume(draft)
        case PublishFinished():
            publishing.finished(draft, event.slot, event.outcome, t)
        case Observed():
            for reading in event.readings:
                watching.observed(draft, reading, t)
        case NotifyFinished():
            for notifier, error in event.failures.items():
                summary = f"{event.notice} could not be delivered through {notifier}: {error}"
                draft.note(EntryType.NOTICE_FAILED, f"notifier/{notifier}", summary, t)
        case Commanded():
            if commanding.refusal(draft.plan, draft.freeze(), event.command, t) is None:
                return commanding.obey(draft, event.command, t)
    return ""
