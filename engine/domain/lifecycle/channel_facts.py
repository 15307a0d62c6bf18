"""What the heart's own memory says of a channel: its plan, its activity, what is to come."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from statistics import median

from engine.domain.clocks import Standstill
from engine.domain.lifecycle import effective, foreseeing, knowing, pausing
from engine.domain.lifecycle.content import unused
from engine.domain.lifecycle.state import Draft
from engine.domain.occurrences import next_slot
from engine.domain.schedule import Schedule
from engine.domain.strategy import Action
from engine.domain.wallclock import day_start

Known = Iterator[tuple[str, object]]
_AHEAD = timedelta(days=14)
_MOST_AHEAD = 200


def own(model: object, prefix: str, *names: str) -> Known:
    """Yield fields of a model as facts of their own names."""
    yield from ((f"{prefix}.{name}", getattr(model, name)) for name in names)


def is_paused(draft: Draft, scopes: Iterable[str], t: datetime) -> bool:
    """Return whether a pause of one of these scopes holds."""
    return any(pause.scope in scopes and pausing.is_open(pause, t) for pause in draft.pauses)


def of_channel(draft: Draft, name: str, t: datetime) -> Known:
    channel, state = effective.channel(draft, name), draft.channels[name]
    yield from own(
        channel,
        "channel",
        *("name", "title", "account", "purpose", "audience", "media", "priority", "activity"),
        *("silent_after", "dormant_after"),
    )
    yield from own(channel.effort, "channel.effort", "hours_per_week", "money_per_month")
    if channel.cadence is not None:
        yield from own(channel.cadence, "channel.cadence", "at_least", "at_most", "per", "period")
    yield "channel.momentum", state.momentum if state.momentum != "unknown" else None
    yield "channel.watched_since", state.watched_since
    yield "channel.paused", is_paused(draft, ("strategy", f"channel/{name}"), t)
    if channel.replies is not None:
        yield from own(channel.replies, "channel.replies", "metric", "limit")
        yield "channel.open_replies", _open_replies(draft, channel.replies.metric, t)
    yield from _activity(draft, name, t)
    yield from _ahead(draft, name, t)
    account = draft.plan.accounts.get(channel.account)
    if account is not None and account.credential_expires is not None:
        last = account.credential_expires
        yield "channel.credential_expires_at", day_start(draft.plan.zone, last + timedelta(days=1))


def _open_replies(draft: Draft, metric: str, t: datetime) -> float | None:
    """Return the newest value of the metric that counts them; one of three rounds ago says nothing about now."""
    planned, state = draft.plan.metrics[metric], draft.metrics[metric]
    every = draft.plan.sources[planned.source].every
    trusted = knowing.staleness(max(every, planned.expect_every or every))
    return state.value if state.at is not None and t < state.at + trusted else None


def _activity(draft: Draft, name: str, t: datetime) -> Known:
    """Yield what is known of the channel's posts; nothing as long as its source does not answer."""
    state, channel = draft.channels[name], draft.plan.channels[name]
    if knowing.freshness(draft, channel) != "ok":
        return
    last = state.recent[-1].at if state.recent else None
    yield "channel.last_post_at", last
    still = foreseeing.outlook(draft, channel).still
    yield "channel.silent_for", _running(last, t, still) if last is not None else None
    days = [activity.at.date() for activity in state.recent]
    gaps = [(b - a).days for a, b in zip(sorted(set(days)), sorted(set(days))[1:], strict=False)]
    yield "channel.usual_gap", timedelta(days=median(gaps[-10:])) if gaps else None
    if state.rhythm is not None and state.rhythm.last is not None:
        yield "channel.quiet_probability", state.rhythm.silence_probability(state.rhythm.silent_days(t))
        alarm = state.rhythm.alarm_at(still)
        yield "channel.quiet", alarm is not None and alarm <= t


def _running(since: datetime, t: datetime, still: Iterable[Standstill]) -> timedelta:
    """Return how long the clock has run since then; what it stood still does not count."""
    stood = (min(end or t, t) - max(start, since) for start, end in still if start < t)
    return t - since - sum((each for each in stood if each > timedelta(0)), timedelta(0))


def _ahead(draft: Draft, name: str, t: datetime) -> Known:
    """Yield what is to come on the channel: slots, and items that wait for one."""
    actions = [draft.plan.actions[action] for action in draft.plan.actions_of.get(name, ())]
    coming = [draft.upcoming[action.name] for action in actions if action.name in draft.upcoming]
    yield "channel.next_slot_at", min(coming, default=None)
    if not actions:
        return
    ready = sum(len(unused(draft, action)) for action in actions if not action.content.repeat)
    endless = any(action.content.repeat and draft.plan.content.get(action.name) for action in actions)
    slots = sum(len(slots_ahead(draft, action, t)) for action in actions)
    yield "channel.slots_ahead", slots
    yield "channel.content_ready", max(ready, slots) if endless else ready


def slots_ahead(draft: Draft, action: Action, t: datetime) -> tuple[datetime, ...]:
    """Return the slots of an action within the next 14 days."""
    first = draft.upcoming.get(action.name)
    if first is None:
        return ()
    slots = _slots_from(action.schedule, draft.plan.zone, first)
    return slots[: bisect_right(slots, t + _AHEAD)]


@lru_cache(maxsize=4096)
def _slots_from(schedule: Schedule, zone: str, first: datetime) -> tuple[datetime, ...]:
    """Return the slots of two weeks from a given one on; kept, because they are counted at every evaluation."""
    slots = [first]
    while len(slots) < _MOST_AHEAD:
        following = next_slot(schedule, zone, slots[-1])
        if following is None or following > first + _AHEAD:
            break
        slots.append(following)
    return tuple(slots)
