"""A strategy as people see it: the whole status of one strategy, made from its plan and its state."""

from __future__ import annotations

from datetime import date, datetime

from engine.domain import alerts, goals
from engine.domain.base import Instant, Model
from engine.domain.goals import Pace
from engine.domain.lifecycle import foreseeing, knowing
from engine.domain.lifecycle.state import Draft, State
from engine.domain.plan import Plan
from engine.domain.records import Alert, DataState, Momentum, Pause, ReviewRecord, Silencing, Task


class ChannelView(Model):
    """A channel: how alive it is, what was last seen there, and when it falls silent if nothing happens."""

    name: str
    momentum: Momentum
    data: DataState
    last_activity: Instant | None = None
    last_title: str = ""
    silent_at: Instant | None = None
    next_slot: Instant | None = None


class GoalView(Model):
    """A goal against its planned line."""

    name: str
    metric: str
    pace: Pace
    value: float | None = None
    planned: float
    target: float
    due: date
    unit: str = ""
    sentence: str


class SourceView(Model):
    """A source: whether it can be read, and when it last was.

    A reading that changed nothing is not worth an entry: of a source that is `ok`, `read_at` is the last reading known
    when the view was made (its `at`), and later ones went well too. Of one that fails it is exact.
    """

    name: str
    ok: bool
    read_at: Instant | None = None
    error: str = ""


class Coming(Model):
    """Something with a date: a slot of an action, or a review."""

    name: str
    at: Instant


class View(Model):
    """The status of one strategy at `at` (UTC); `zone` is the zone in which people read its times."""

    strategy: str
    title: str
    zone: str
    revision: int
    at: Instant
    pauses: tuple[Pause, ...] = ()
    channels: tuple[ChannelView, ...] = ()
    goals: tuple[GoalView, ...] = ()
    alerts: tuple[Alert, ...] = ()
    shadows: tuple[Alert, ...] = ()
    silences: tuple[Silencing, ...] = ()
    tasks: tuple[Task, ...] = ()
    reviews: tuple[ReviewRecord, ...] = ()
    sources: tuple[SourceView, ...] = ()
    next_slots: tuple[Coming, ...] = ()
    next_reviews: tuple[Coming, ...] = ()


def view(plan: Plan, state: State) -> View:
    """Return the status as of the state's own instant."""
    draft = Draft.of(plan, state, state.at)
    return View(
        strategy=plan.id,
        title=plan.strategy.title or plan.strategy.name,
        zone=plan.zone,
        revision=state.revision,
        at=state.at,
        pauses=tuple(pause for pause in state.pauses if not pause.over),
        channels=tuple(_channel(draft, name) for name in plan.channels if name in state.channels),
        goals=_goals(plan, state),
        alerts=tuple(each for each in state.alerts.values() if alerts.is_active(each) and not each.shadow),
        shadows=tuple(each for each in state.alerts.values() if alerts.is_active(each) and each.shadow),
        silences=tuple(state.silencings.values()),
        tasks=tuple(sorted(state.tasks.values(), key=lambda task: task.due)),
        reviews=tuple(state.reviews.values()),
        sources=tuple(
            SourceView(name=name, ok=not source.failing, read_at=source.read_at, error=source.error)
            for name, source in state.sources.items()
        ),
        next_slots=_coming(state.upcoming),
        next_reviews=_coming(state.review_due),
    )


def _coming(instants: dict[str, datetime]) -> tuple[Coming, ...]:
    ordered = sorted(instants.items(), key=lambda pair: pair[1])
    return tuple(Coming(name=name, at=at) for name, at in ordered)


def _channel(draft: Draft, name: str) -> ChannelView:
    channel, state = draft.plan.channels[name], draft.channels[name]
    actions = [action.name for action in draft.plan.strategy.actions if action.channel == name]
    slots = [draft.upcoming[action] for action in actions if action in draft.upcoming]
    last = state.recent[-1] if state.recent else None
    return ChannelView(
        name=name,
        momentum=state.momentum,
        data=knowing.freshness(draft, channel),
        last_activity=last.at if last else None,
        last_title=last.title if last else "",
        silent_at=foreseeing.turning_of(draft, channel).silent,
        next_slot=min(slots, default=None),
    )


def _goals(plan: Plan, state: State) -> tuple[GoalView, ...]:
    views = []
    for goal in plan.strategy.goals:
        metric = state.metrics.get(goal.metric)
        value = metric.value if metric else None
        views.append(
            GoalView(
                name=goal.name,
                metric=goal.metric,
                pace=goals.pace(goal, value, state.at, plan.zone),
                value=value,
                planned=goals.planned(goal, state.at, plan.zone),
                target=goal.target,
                due=goal.due,
                unit=plan.metrics[goal.metric].unit if goal.metric in plan.metrics else "",
                sentence=goals.sentence(goal, value, state.at, plan.zone),
            )
        )
    return tuple(views)
