"""Goals and objectives: the five letters of SMART, and the chain from objective to goal."""

from __future__ import annotations

from collections.abc import Iterator

from engine.documents.kinds import Finding, Look
from engine.documents.source import Steps
from engine.documents.words import quoted
from engine.domain.aims import Goal
from engine.domain.base import format_duration
from engine.domain.wallclock import wall_of

_FAR = 10
_FEW, _MANY = 2, 5


def check(look: Look) -> Iterator[Finding]:
    """Yield what the goals and objectives of a plan lack."""
    for index, goal in enumerate(look.plan.strategy.goals):
        steps: Steps = ("goals", index)
        yield from _specific(look, goal, steps)
        yield from _measurable(look, goal, steps)
        yield from _attainable(look, goal, steps)
        yield from _relevant(look, goal, steps)
        yield from _time_bound(look, goal, steps)
    yield from _objectives(look)


def _specific(look: Look, goal: Goal, steps: Steps) -> Iterator[Finding]:
    if not goal.success.strip():
        message = f"goal {quoted(goal.name)} does not say what must happen for it to be a success"
        yield look.finding("DB101", steps, message, "Add `success:` with one sentence that anyone can check.")


def _measurable(look: Look, goal: Goal, steps: Steps) -> Iterator[Finding]:
    metric = look.plan.metrics.get(goal.metric)
    if metric is None or not (metric.unit or metric.description):
        message = f"goal {quoted(goal.name)} rests on {quoted(goal.metric)}, which says neither its unit nor what it counts"
        yield look.finding(
            "DB102", (*steps, "metric"), message, "Give the metric a `unit` or a `description`."
        )
    elif metric.expect_every is None:
        message = (
            f"goal {quoted(goal.name)} rests on {quoted(goal.metric)}, whose values may stop coming unnoticed"
        )
        yield look.finding(
            "DB102", (*steps, "metric"), message, "Give the metric `expect_every`, such as 2d."
        )


def _attainable(look: Look, goal: Goal, steps: Steps) -> Iterator[Finding]:
    low, high = sorted((abs(goal.baseline), abs(goal.target)))
    if low > 0 and high / low > _FAR:
        message = f"goal {quoted(goal.name)} goes from {goal.baseline:g} to {goal.target:g}, a factor of {high / low:.0f}"
        mend = "Set a target within ten times the baseline, or a nearer one first."
        yield look.finding("DB103", (*steps, "target"), message, mend)


def _relevant(look: Look, goal: Goal, steps: Steps) -> Iterator[Finding]:
    if goal.objective is None:
        message = f"goal {quoted(goal.name)} serves no objective"
        yield look.finding(
            "DB104", steps, message, "Add `objective:` with the name of the objective it serves."
        )


def _time_bound(look: Look, goal: Goal, steps: Steps) -> Iterator[Finding]:
    where = (*steps, "due")
    if goal.due < wall_of(look.plan.zone, look.now).date():
        message = f"goal {quoted(goal.name)} was due on {goal.due}, which has passed"
        yield look.finding(
            "DB105", where, message, "Judge it in a review, then set a new date or remove the goal."
        )
        return
    metric = look.plan.metrics.get(goal.metric)
    if metric is None:
        return
    source = look.plan.sources.get(metric.source)
    rhythm = metric.expect_every or (source.every if source else None)
    if rhythm is not None and goal.due - goal.start < rhythm:
        message = (
            f"goal {quoted(goal.name)} runs shorter than its metric's rhythm of {format_duration(rhythm)}"
        )
        yield look.finding("DB105", where, message, "Give it more time, or measure more often.")


def _objectives(look: Look) -> Iterator[Finding]:
    for index, objective in enumerate(look.plan.strategy.objectives):
        steps: Steps = ("objectives", index)
        goals = [goal for goal in look.plan.strategy.goals if goal.objective == objective.name]
        name = quoted(objective.name)
        if not goals:
            mend = "Add a goal with this `objective`, or remove the objective."
            yield look.finding("DB111", steps, f"objective {name} has no goal", mend)
        metrics = [look.plan.metrics[goal.metric] for goal in goals if goal.metric in look.plan.metrics]
        if metrics and all(metric.vanity for metric in metrics):
            mend = "Add a goal on a number that the business would miss, such as orders or sign-ups."
            yield look.finding("DB114", steps, f"objective {name} is judged by vanity metrics only", mend)
        sharing = look.sharing.get(objective.name, 1)
        if not _FEW <= sharing <= _MANY:
            mend = f"Aim for {_FEW} to {_MANY}; strategies share an objective by giving it the same name."
            count = "one strategy serves" if sharing == 1 else f"{sharing} strategies serve"
            yield look.finding("DB112", steps, f"{count} objective {name}", mend)
