"""An edited rule's alerts, told anew: the heart lives through the strategy's stored past by the rule as it is now.

Nothing of this happens in the workflow: it gets the outcome with the revision, and takes it over as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import structlog
from pydantic import ValidationError

from engine.domain.errors import NotFoundError
from engine.domain.lifecycle.state import State
from engine.domain.messages import PlanApplied
from engine.domain.plan import Plan
from engine.domain.rebuilt import Rebuilt, changed
from engine.domain.records import Alert
from engine.domain.rule import Rule
from engine.domain.storage import Store
from engine.runtime.recalling import recalled
from engine.runtime.remembering import beginning
from engine.runtime.simulation import Life, World
from rules.backtest.replayed import replayed, unfit_for_history

log = structlog.get_logger(__name__)
# How far back is lived through. It takes about 10 ms for each reading of a day; nobody waits half a minute for an apply.
FAR_BACK = timedelta(days=92)


def from_store(store: Store, plan: Plan, now: datetime) -> Rebuilt:
    """Return how the alerts of rules stand that the plan edits, by the stored past of the strategy that runs.

    Never raises for what stands in the past: a history that cannot be lived through holds up no plan, and alerts live
    on as they are.
    """
    try:
        row = store.strategy(plan.id)
        state = State.model_validate(row.state)
        before = store.revision(plan.id, state.revision).plan
    except (NotFoundError, ValidationError):
        # It does not run yet, or its memory is one that only its own version can read.
        return Rebuilt()
    try:
        return rebuilt(before, plan, state, recalled(store, plan, now), now)
    except Exception:
        log.exception("alerts of edited rules could not be told anew from history", strategy=plan.id)
        return Rebuilt()


def rebuilt(before: Plan, plan: Plan, state: State, world: World, now: datetime) -> Rebuilt:
    """Return how the alerts of edited rules stand at `now` in a strategy that had always run the plan.

    `state` is the memory of the strategy that runs by the plan `before`; `world` holds what its sources showed.
    """
    edited = [
        (rule, subject)
        for rule, subject in changed(before, plan)
        if not _untellable(plan, rule, state, subject)
    ]
    if not edited:
        return Rebuilt()
    names = {rule.name for rule, _ in edited} | {rule.unjudged.rule for rule, _ in edited if rule.unjudged}
    again = replayed(plan, names)
    memory = beginning(again, state, max(state.started_at, now - FAR_BACK))
    life = Life(again, world, memory.model_copy(update={"pauses": state.pauses}))
    for _ in life.tell(PlanApplied(revision=1), life.state.at):
        pass
    for _ in life.until(now):
        pass
    rhythms = {name: life.state.channels[name].rhythm for name in _by_rhythm(edited)}
    return Rebuilt(
        alerts=tuple(_as_it_stands(life.state, rule, subject) for rule, subject in edited),
        rhythms={name: rhythm for name, rhythm in rhythms.items() if rhythm is not None},
    )


def _untellable(plan: Plan, rule: Rule, state: State, subject: str) -> bool:
    """Return whether history cannot tell of it: the rule rests on what is not kept, or the subject is new to the strategy."""
    other = next((one for one in plan.rules if rule.unjudged and one.name == rule.unjudged.rule), rule)
    kind, _, name = subject.partition("/")
    known: dict[str, Mapping[str, object]] = {"channel": state.channels, "metric": state.metrics}
    return bool(unfit_for_history(other)) or name not in known.get(kind, (name,))


def _by_rhythm(edited: Iterable[tuple[Rule, str]]) -> set[str]:
    return {subject.partition("/")[2] for rule, subject in edited if rule.quiet is not None}


def _as_it_stands(state: State, rule: Rule, subject: str) -> Alert:
    calm = Alert(rule=rule.name, subject=subject, severity=rule.severity)
    return state.alerts.get(calm.id, calm)
