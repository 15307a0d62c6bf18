"""Scheduled work: does it fit the cadence, does its content last, and what do changing clocks do to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from engine.documents.checks.grid import Grid, grid_of, longest_stretch, shortest_stretch
from engine.documents.kinds import Finding, Look
from engine.documents.source import Steps
from engine.documents.words import quoted
from engine.domain.channel import Channel
from engine.domain.occurrences import dst_days, next_slot
from engine.domain.schedule import Schedule
from engine.domain.strategy import Action, ActivityKind

_AHEAD = timedelta(weeks=8)
_RUNS_DRY = timedelta(days=14)
_YEAR = timedelta(days=365)
# Hearing and reading feed nobody, so they do not count towards a channel's cadence.
_QUIET = {ActivityKind.LISTEN, ActivityKind.READ}


def check(look: Look) -> Iterator[Finding]:
    """Yield what the actions and schedules of a plan lack."""
    strategy = look.plan.strategy
    kinds = {action.kind for action in strategy.actions}
    if ActivityKind.CREATE in kinds and ActivityKind.LISTEN not in kinds:
        message = "the strategy creates but never listens"
        mend = "Add an action of kind `listen`; on a `manual` account it is a task for a person."
        yield look.finding("DB141", ("actions",), message, mend)
    for index, channel in enumerate(strategy.channels):
        yield from _cadence(look, channel, ("channels", index, "cadence"))
    for index, action in enumerate(strategy.actions):
        steps: Steps = ("actions", index)
        yield from _content(look, action, steps)
        yield from _clocks(look, action.schedule, (*steps, "schedule"), f"action {quoted(action.name)}")
    for index, review in enumerate(strategy.reviews):
        if review.schedule is not None:
            where = ("reviews", index, "schedule")
            yield from _clocks(look, review.schedule, where, f"review {quoted(review.name)}")


def _cadence(look: Look, channel: Channel, steps: Steps) -> Iterator[Finding]:
    actions = [
        action
        for action in look.plan.strategy.actions
        if action.channel == channel.name and action.kind not in _QUIET
    ]
    cadence = channel.cadence
    if cadence is None or not actions:
        return
    grid = grid_of([action.schedule for action in actions], look.plan.zone, look.now, look.now + _AHEAD)
    name = quoted(channel.name)
    # People who post here themselves fill what the schedule leaves open, and their posts are seen.
    if cadence.at_least is not None and channel.activity is None:
        stretch = longest_stretch(grid, cadence.at_least)
        if stretch > cadence.patience:
            message = _too_few(name, cadence.at_least, cadence.per, stretch)
            mend = (
                "Schedule more often, lower `at_least`, or show posts made by hand with an `activity` source."
            )
            yield look.finding("DB142", (*steps, "at_least"), message, mend)
    if cadence.at_most is not None and _crowded(grid, cadence.at_most, cadence.period):
        message = (
            f"the schedule posts more than {cadence.at_most} times in one {cadence.per} on channel {name}"
        )
        yield look.finding("DB143", (*steps, "at_most"), message, "Schedule less often, or raise `at_most`.")


def _too_few(name: str, at_least: int, per: str, stretch: timedelta) -> str:
    times = "once" if at_least == 1 else f"{at_least} times"
    days = stretch / timedelta(days=1)
    return f"the schedule cannot feed channel {name} {times} a {per}: in one stretch that takes it {days:.1f} days"


def _crowded(grid: Grid, at_most: int, period: timedelta) -> bool:
    stretch = shortest_stretch(grid, at_most)
    return stretch is not None and stretch < period


def _content(look: Look, action: Action, steps: Steps) -> Iterator[Finding]:
    if action.content.repeat:
        return
    items = len(look.plan.content.get(action.name, ()))
    slot: datetime | None = look.now
    for _ in range(items + 1):
        slot = next_slot(action.schedule, look.plan.zone, slot) if slot else None
        if slot is None or slot > look.now + _RUNS_DRY:
            return
    message = f"the content of action {quoted(action.name)} ({items} items) runs out; on {slot:%Y-%m-%d} nothing is left"
    mend = "Add content, post less often, or set `repeat: true` if old posts may come again."
    yield look.finding("DB144", (*steps, "content"), message, mend)


def _clocks(look: Look, schedule: Schedule, steps: Steps, what: str) -> Iterator[Finding]:
    if next_slot(schedule, look.plan.zone, look.now) is None:
        mend = "Add dates that lie ahead, or remove it."
        yield look.finding("DB146", steps, f"the schedule of {what} has ended", mend)
        return
    for note in dst_days(schedule, look.plan.zone, look.now, look.now + _YEAR):
        mend = "Nothing has to be done; choose another time of day if this matters."
        yield look.finding("DB145", steps, f"{what}: {note.sentence}", mend)
