"""Pauses: posting stops and the momentum clocks stand still, until the pause ends or is ended."""

from __future__ import annotations

from datetime import datetime

from engine.domain.journal import EntryType
from engine.domain.lifecycle.state import Draft
from engine.domain.messages import EndPause, StartPause
from engine.domain.records import Pause
from engine.domain.words import moment

REMEMBERED = 100


def is_open(pause: Pause, t: datetime) -> bool:
    """Return whether the pause holds at that instant."""
    return not pause.over and pause.start <= t and (pause.end is None or t < pause.end)


def start(draft: Draft, order: StartPause, by: str, t: datetime) -> str:
    """Begin a pause; one of the same scope that is open ends here."""
    finish(draft, order.scope, t)
    return start_beside(draft, order, by, t)


def start_beside(draft: Draft, order: StartPause, by: str, t: datetime) -> str:
    """Begin a pause beside those that hold already; each ends by itself."""
    pause = Pause(scope=order.scope, start=t, end=order.until, reason=order.reason, by=by)
    draft.pauses = _remembered((*draft.pauses, pause))
    until = f"until {moment(order.until, draft.plan.zone)}" if order.until else "until somebody resumes it"
    why = f": {order.reason}" if order.reason else ""
    draft.note(EntryType.PAUSE_STARTED, order.scope, f"{order.scope} is paused {until}{why}", t, pause=pause)
    return f"{order.scope} is paused {until}"


def resume(draft: Draft, order: EndPause, t: datetime) -> str:
    """End the open pause of a scope now."""
    finish(draft, order.scope, t)
    return f"{order.scope} goes on"


def finish(draft: Draft, scope: str, t: datetime, by: str | None = None) -> None:
    """End the open pauses of a scope at `t`; with `by` only those of that origin."""
    draft.pauses = tuple(
        _ended(draft, pause, t)
        if pause.scope == scope and is_open(pause, t) and by in (None, pause.by)
        else pause
        for pause in draft.pauses
    )


def advance(draft: Draft, t: datetime) -> None:
    """Say of every pause that has reached its end that it is over."""
    if any(_has_run_out(pause, t) for pause in draft.pauses):
        draft.pauses = tuple(
            _ended(draft, pause, pause.end or t) if _has_run_out(pause, t) else pause
            for pause in draft.pauses
        )


def _has_run_out(pause: Pause, t: datetime) -> bool:
    return not pause.over and pause.end is not None and pause.end <= t


def holding(draft: Draft, action: str, channel: str, t: datetime) -> str | None:
    """Return the scope of the pause that holds this action at that instant, if any."""
    scopes = ("strategy", f"channel/{channel}", f"action/{action}")
    for pause in draft.pauses:
        if pause.scope in scopes and pause.start <= t and (pause.end is None or t < pause.end):
            return pause.scope
    return None


def end_those_of_nothing(draft: Draft, t: datetime) -> None:
    """End the pauses of channels and actions that are no longer in the plan."""
    plan = draft.plan
    known = {
        "strategy",
        *(f"channel/{name}" for name in plan.channels),
        *(f"action/{name}" for name in plan.actions),
    }
    for scope in [pause.scope for pause in draft.pauses if pause.scope not in known]:
        finish(draft, scope, t)


def _remembered(pauses: tuple[Pause, ...]) -> tuple[Pause, ...]:
    """Leave out the oldest pauses that are over; one that still holds is never forgotten."""
    spare = len(pauses) - REMEMBERED
    over = [pause for pause in pauses if pause.over][: max(0, spare)]
    return tuple(pause for pause in pauses if pause not in over) if over else pauses


def _ended(draft: Draft, pause: Pause, t: datetime) -> Pause:
    over = pause.model_copy(update={"end": t, "over": True})
    draft.note(EntryType.PAUSE_ENDED, pause.scope, f"{pause.scope} goes on", t, pause=over)
    return over
