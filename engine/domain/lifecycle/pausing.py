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
    pause = Pause(scope=order.scope, start=t, end=order.until, reason=order.reason, by=by)
    draft.pauses = (*draft.pauses, pause)[-REMEMBERED:]
    until = f"until {moment(order.until, draft.plan.zone)}" if order.until else "until somebody resumes it"
    why = f": {order.reason}" if order.reason else ""
    draft.note(EntryType.PAUSE_STARTED, order.scope, f"{order.scope} is paused {until}{why}", t, pause=pause)
    return f"{order.scope} is paused {until}"


def resume(draft: Draft, order: EndPause, t: datetime) -> str:
    """End the open pause of a scope now."""
    finish(draft, order.scope, t)
    return f"{order.scope} goes on"


def finish(draft: Draft, scope: str, t: datetime) -> None:
    """End the open pauses of a scope at `t`."""
    draft.pauses = tuple(
        _ended(draft, pause, t) if pause.scope == scope and is_open(pause, t) else pause
        for pause in draft.pauses
    )


def advance(draft: Draft, t: datetime) -> None:
    """Say of every pause that has reached its end that it is over."""
    draft.pauses = tuple(
        _ended(draft, pause, pause.end)
        if not pause.over and pause.end is not None and pause.end <= t
        else pause
        for pause in draft.pauses
    )


def _ended(draft: Draft, pause: Pause, t: datetime) -> Pause:
    over = pause.model_copy(update={"end": t, "over": True})
    draft.note(EntryType.PAUSE_ENDED, pause.scope, f"{pause.scope} goes on", t, pause=over)
    return over
