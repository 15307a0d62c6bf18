"""The status of a strategy as text: what needs a person first, then how everything stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from engine.cli.needs import Need, fires, is_held
from engine.cli.output import heading, paint
from engine.cli.tasks import due_text, is_overdue
from engine.cli.text import ago, columns, short_stamp, wrapped
from engine.domain.goals import Pace
from engine.domain.lifecycle.view import ChannelView, View
from engine.domain.records import Alert, DataState, Momentum
from engine.domain.rule import Severity

_MOMENTUM = {
    Momentum.STEADY: ("green",),
    Momentum.SLOWING: ("yellow",),
    Momentum.SILENT: ("red",),
    Momentum.DORMANT: ("red",),
}
_PACE = {
    Pace.ON_PACE: ("green",),
    Pace.MET: ("green",),
    Pace.LAGGING: ("yellow",),
    Pace.BEHIND: ("red",),
    Pace.MISSED: ("red",),
}
_SEVERITY = {Severity.CRITICAL: ("red",), Severity.WARNING: ("yellow",), Severity.INFO: ()}
_MOST_SLOTS = 5


def full(view: View, waiting: Sequence[Need], now: datetime, room: int) -> list[str]:
    """Return everything about one strategy in lines of at most `room` cells."""
    return [
        *wrapped(view.title, room, first=f"{heading(view.strategy)}  "),
        f"  revision {view.revision}, times in {view.zone}, as of {short_stamp(view.at, view.zone, now)}",
        *_pauses(view, now, room),
        *_part("Needs you", needs_lines(waiting, room), "nothing"),
        *_part(
            "Alerts",
            [line for a in _by_severity(view) for line in _alert(a, view, now, room)],
            "none fires",
        ),
        *_shadows(view, now, room),
        *_silences(view, now, room),
        *_part("Channels", columns([_channel(c, view.zone, now) for c in view.channels], room), "none"),
        *_part("Goals", list(_goals(view, room)), "none"),
        *_part("Tasks", columns(_tasks(view, now), room), "none is open"),
        *_part("Next", columns(_next(view, now), room), "nothing is scheduled"),
        *_sources(view, now, room),
    ]


def brief(view: View, waiting: Sequence[Need], called: str, room: int) -> list[str]:
    """Return a strategy in a line or two: how its channels and goals stand, and what presses."""
    moods = [str(channel.momentum) for channel in view.channels]
    told = ", ".join(f"{moods.count(str(m))} {m}" for m in Momentum if str(m) in moods)
    behind = [goal.name for goal in view.goals if goal.pace in (Pace.BEHIND, Pace.MISSED)]
    goals = f"; behind: {', '.join(behind)}" if behind else ""
    pressing = [need for need in waiting if need.pressing]
    return [
        *wrapped(f"channels {told}{goals}; {len(waiting)} waiting", room, first=f"{heading(called)}  "),
        *needs_lines(pressing, room),
    ]


def needs_lines(waiting: Sequence[Need], room: int) -> list[str]:
    """Return what waits for people, each with the command below it."""
    lines: list[str] = []
    for need in waiting:
        mark = paint("!", "red") if need.pressing else "-"
        lines += wrapped(need.what, room, first=f"  {mark} ")
        lines.append(f"      {paint(need.command, 'dim')}")
    return lines


def _part(title: str, lines: Sequence[str], nothing: str) -> list[str]:
    return [heading(title), *lines] if lines else [f"{heading(title)}: {nothing}"]


def _by_severity(view: View) -> list[Alert]:
    """Return what fires, the worst first, and last what its cause explains."""
    worst_first = list(reversed(Severity))
    return sorted(
        filter(fires, view.alerts), key=lambda alert: (is_held(alert), worst_first.index(alert.severity))
    )


def _pauses(view: View, now: datetime, room: int) -> list[str]:
    lines = []
    for pause in view.pauses:
        if pause.start > now or (pause.end is not None and pause.end <= now):
            continue
        until = (
            f"until {short_stamp(pause.end, view.zone, now)}" if pause.end else "until somebody resumes it"
        )
        why = f": {pause.reason}" if pause.reason else ""
        lines += wrapped(f"PAUSED: {pause.scope} {until}{why}", room, first="  ")
    return lines


def _alert(alert: Alert, view: View, now: datetime, room: int) -> Iterator[str]:
    since = f", since {short_stamp(alert.fired_at, view.zone, now)}" if alert.fired_at else ""
    state = "" if str(alert.state) == "firing" else f", {alert.state}"
    data = "" if alert.data is DataState.OK else f", data {alert.data}"
    seen = f", seen by {alert.acknowledged_by}" if alert.acknowledged_by else ""
    held = f", explained by {alert.inhibited_by}" if alert.inhibited_by else ""
    held += f", silenced by {alert.silenced_by}" if alert.silenced_by else ""
    severity = paint(str(alert.severity).upper(), *_SEVERITY[alert.severity])
    yield from wrapped(
        f"{severity} {alert.id}{since}{state}{data}{seen}{held}", room, first="  ", rest="    "
    )
    yield from wrapped(alert.because, room, first="    ")


def _shadows(view: View, now: datetime, room: int) -> list[str]:
    """Return what rules on trial would have told; without such a rule there is nothing to say."""
    lines = [line for alert in view.shadows for line in _alert(alert, view, now, room)]
    return [heading("On trial (nobody is told)"), *lines] if lines else []


def _silences(view: View, now: datetime, room: int) -> list[str]:
    lines: list[str] = []
    for silence in view.silences:
        why = f": {silence.reason}" if silence.reason else ""
        until = short_stamp(silence.end, view.zone, now)
        lines += wrapped(
            f"{silence.id} {silence.rule} on {silence.subject} until {until}{why}", room, first="  "
        )
    return [heading("Silences"), *lines] if lines else []


def _channel(channel: ChannelView, zone: str, now: datetime) -> list[str]:
    momentum = paint(str(channel.momentum), *_MOMENTUM.get(channel.momentum, ()))
    if channel.data is not DataState.OK:
        momentum += f" (data {channel.data})"
    last = f"last {ago(channel.last_activity, now)}" if channel.last_activity else "never seen"
    ahead = []
    if channel.next_slot is not None:
        ahead.append(f"next {short_stamp(channel.next_slot, zone, now)}")
    if channel.silent_at is not None and channel.silent_at > now:
        ahead.append(f"silent {short_stamp(channel.silent_at, zone, now)}")
    return [channel.name, momentum, last, ", ".join(ahead)]


def _goals(view: View, room: int) -> Iterator[str]:
    wide = max((len(goal.name) for goal in view.goals), default=0)
    for goal in view.goals:
        pace = paint(str(goal.pace), *_PACE.get(goal.pace, ()))
        value = "no value yet" if goal.value is None else f"{goal.value:,g}"
        numbers = f"{value}, planned {goal.planned:,.4g}, target {goal.target:,g} {goal.metric}"
        yield from wrapped(numbers, room, first=f"  {goal.name:<{wide}}  {pace}  ")


def _tasks(view: View, now: datetime) -> list[list[str]]:
    rows = []
    for task in view.tasks:
        due = due_text(task, view.zone, now)
        due = paint(due, "red") if is_overdue(task, now) else due
        rows.append([task.id, due, task.assignee or "nobody", task.title])
    return rows


def _next(view: View, now: datetime) -> list[list[str]]:
    reviews = [(item.at, f"review {item.name}") for item in view.next_reviews[:1]]
    slots = [(item.at, item.name) for item in view.next_slots[:_MOST_SLOTS]]
    return [[short_stamp(at, view.zone, now), what] for at, what in sorted([*slots, *reviews])]


def _sources(view: View, now: datetime, room: int) -> list[str]:
    lines: list[str] = []
    for source in view.sources:
        if not source.ok:
            last = f"last read {ago(source.read_at, now)}" if source.read_at else "never read"
            lines += wrapped(f"{source.name} cannot be read ({last}): {source.error}", room, first="  ")
    return [heading("Sources"), *lines] if lines else []
