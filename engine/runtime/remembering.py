"""What a strategy knew at an instant of its past, put together again from the store, so that its clocks can be read.

The newest memory is stored whole, older ones are not. So the heart lives through the days before the instant once more,
by the plan of then and over what its sources showed; what people did (pauses, tasks) and how alerts stood is in the journal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from engine.domain.journal import Entry, EntryType
from engine.domain.lifecycle.state import ChannelState, MetricState, SourceState, State, new_state
from engine.domain.messages import PlanApplied, Tick
from engine.domain.plan import Plan
from engine.domain.records import Pause, Slot, SlotPhase, Task, TaskState
from engine.domain.rule import Rule
from engine.domain.storage import Store
from engine.runtime.recalling import recalled
from engine.runtime.simulation import Life, World
from rules.backtest.replayed import replayed

# The first reading shows what was posted and measured long before; three days bring every source at its usual pace.
_BEFORE = timedelta(days=3)
_MOST = 100_000
_PAUSES = (EntryType.PAUSE_STARTED, EntryType.PAUSE_ENDED)
_TASKS = (EntryType.TASK_OPENED, EntryType.TASK_UPDATED, EntryType.TASK_ESCALATED, EntryType.TASK_CLOSED)


def beginning(plan: Plan, state: State, start: datetime) -> State:
    """Return a memory that begins at `start` and knows nothing yet, but watches everything since when `state` does."""
    fresh = new_state(plan.id, start)
    return fresh.model_copy(
        update={
            "started_at": min(state.started_at, start),
            "channels": {n: ChannelState(watched_since=of.watched_since) for n, of in state.channels.items()},
            "metrics": {n: MetricState(watched_since=of.watched_since) for n, of in state.metrics.items()},
            "sources": {
                n: SourceState(watched_since=max(of.watched_since, start)) for n, of in state.sources.items()
            },
        }
    )


def memory_at(store: Store, plan: Plan, state: State, rule: Rule, at: datetime) -> tuple[Plan, State]:
    """Return the plan with the rule, and what was known at the instant as far as the rule may need it.

    `plan` is the one that counted then, `state` today's memory. A source counts as read on its grid unless the journal says
    that it could not be; posts and values are those that are known today.
    """
    needed = {rule.name, rule.unjudged.rule if rule.unjudged else rule.name}
    again, world = replayed(plan, needed), recalled(store, plan, at)
    start = max(min(at, state.started_at), _last_good(world, at) - _BEFORE)
    memory = beginning(again, state, start)
    life = Life(again, world, memory.model_copy(update={"pauses": _pauses(store, plan.id, at)}))
    for event, when in ((PlanApplied(revision=1), start), (None, at), (Tick(), at)):
        for _ in life.tell(event, when) if event is not None else life.until(when):
            pass
    tasks = _open_tasks(store, plan.id, at)
    return again, life.state.model_copy(
        update={"tasks": tasks, "slots": _open_slots(store, plan, tasks, at), "revision": state.revision}
    )


def _last_good(world: World, at: datetime) -> datetime:
    """Return the latest instant until `at` at which no source was failing that fails at `at`."""
    broken = [
        start
        for spans in world.unread.values()
        for start, end in spans
        if start <= at and (end is None or at < end)
    ]
    return min(broken, default=at)


def _pauses(store: Store, strategy: str, at: datetime) -> tuple[Pause, ...]:
    """Return the pauses as they were declared by then: an end that came later is not known yet."""
    found: dict[tuple[str, datetime, str], Pause] = {}
    for entry in _entries(store, strategy, _PAUSES, at):
        pause = Pause.model_validate(entry.data["pause"])
        found[pause.scope, pause.start, pause.by] = pause
    return tuple(found.values())


def _open_tasks(store: Store, strategy: str, at: datetime) -> dict[str, Task]:
    found = [Task.model_validate(entry.data["task"]) for entry in _entries(store, strategy, _TASKS, at)]
    newest = {task.id: task for task in found}
    return {
        name: task for name, task in newest.items() if task.state not in (TaskState.DONE, TaskState.CANCELLED)
    }


def _open_slots(store: Store, plan: Plan, tasks: Mapping[str, Task], at: datetime) -> dict[str, Slot]:
    """Return the slots without an outcome: those that wait for a person, and those whose post was under way."""
    slots = [*_asked(plan, tasks.values()), *_under_way(store, plan, at)]
    return {slot.id: slot for slot in slots}


def _asked(plan: Plan, tasks: Iterable[Task]) -> Iterator[Slot]:
    for task in tasks:
        action, _, instant = (task.cause or "").partition("@")
        if action in plan.actions and instant:
            due = datetime.fromisoformat(instant)
            yield Slot(
                action=action,
                channel=plan.actions[action].channel,
                instant=due,
                due=due,
                phase=SlotPhase.ASKED,
                task=task.id,
            )


def _under_way(store: Store, plan: Plan, at: datetime) -> Iterator[Slot]:
    for one in store.publications(plan.id, limit=_MOST):
        is_open = one.intended_at <= at and (one.settled_at is None or at < one.settled_at)
        if is_open and one.action in plan.actions:
            yield Slot(
                action=one.action,
                channel=one.channel,
                instant=one.slot,
                due=one.slot,
                phase=SlotPhase.PUBLISHING,
            )


def _entries(store: Store, strategy: str, types: Iterable[EntryType], at: datetime) -> Iterator[Entry]:
    found = store.journal(strategy, types=list(types), limit=_MOST)
    return (entry for _, entry in found if entry.at <= at)
