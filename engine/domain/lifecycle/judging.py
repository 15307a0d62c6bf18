"""What a rule says of a subject at an instant: true, false or unknown, and when that changes by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache, partial

from engine.domain import momentum
from engine.domain.alerts import Verdict
from engine.domain.clocks import Standstill, deadline, intersection, merged
from engine.domain.lifecycle import reasons
from engine.domain.lifecycle.state import Draft
from engine.domain.occurrences import blackout_intervals
from engine.domain.plan import Plan
from engine.domain.records import DataState, Pause
from engine.domain.rule import Rule
from engine.domain.schedule import Blackout, Schedule
from engine.domain.strategy import Channel
from engine.domain.words import FOREVER

STALE_SLACK = timedelta(minutes=5)


def judge(draft: Draft, rule: Rule, subject: str, t: datetime) -> Verdict:
    """Return what the rule says of the subject at `t`, and when that changes if nothing happens."""
    kind, name = subject.split("/", 1)
    if kind == "metric":
        metric = draft.metrics[name]
        limit = patience(rule, draft.plan.metrics[name].expect_every)
        why = partial(reasons.no_sample, draft, name, limit)
        return _overdue((metric.at or metric.watched_since) + limit, t, why)
    if kind == "source":
        source = draft.sources[name]
        limit = patience(rule, staleness(draft.plan.sources[name].every))
        why = partial(reasons.no_reading, draft, name)
        return _overdue((source.read_at or source.watched_since) + limit, t, why)
    channel = draft.plan.channels[name]
    if rule.cadence is not None and rule.cadence.breach == "at_most":
        return _too_many(draft, channel, t)
    return _quiet(draft, rule, channel, t)


def patience(rule: Rule, default: timedelta | None) -> timedelta:
    """Return how long a deadline rule waits: its own period or the plan's, with its grace."""
    if rule.deadline is None:
        return default or FOREVER
    return (rule.deadline.period or default or FOREVER) + rule.deadline.grace


def _overdue(due: datetime, t: datetime, why: reasons.Why) -> Verdict:
    return Verdict(truth=t >= due, why=why, flips_at=None if t >= due else due)


def _quiet(draft: Draft, rule: Rule, channel: Channel, t: datetime) -> Verdict:
    """Judge a condition that becomes true at an instant unless something happens on the channel before."""
    state = draft.channels[channel.name]
    still = standstills(draft.plan, draft.pauses, channel.name)
    if rule.cadence is not None:
        due = momentum.too_few_at(channel, state.recent, state.watched_since, still)
        why = partial(reasons.too_few, channel)
    else:
        limit = patience(rule, channel.silent_after)
        due = deadline(state.recent[-1].at if state.recent else state.watched_since, limit, still)
        why = partial(reasons.silence, draft, channel, limit)
    data, fresh_until = freshness(draft, channel)
    truth = due is not None and t >= due
    flips = [instant for instant in (None if truth else due, fresh_until) if instant is not None]
    return Verdict(
        truth=truth if data is DataState.OK else None, data=data, why=why, flips_at=min(flips, default=None)
    )


def _too_many(draft: Draft, channel: Channel, t: datetime) -> Verdict:
    """Judge the upper line: known activity is enough to say yes, only a fresh reading is enough to say no."""
    until = momentum.too_many_until(channel, draft.channels[channel.name].recent)
    truth = until is not None and t < until
    data, fresh_until = (DataState.OK, until) if truth else freshness(draft, channel)
    why = partial(reasons.too_many, channel)
    return Verdict(truth=truth if data is DataState.OK else None, data=data, why=why, flips_at=fresh_until)


def standstills(plan: Plan, pauses: Sequence[Pause], channel: str) -> Sequence[Standstill]:
    """Return when the momentum clock of a channel stands still.

    That is while the strategy or the channel is paused, and on days that every action of the channel blacks out.
    """
    dark = _dark_days(tuple(a.schedule for a in plan.strategy.actions if a.channel == channel), plan.zone)
    if not pauses:
        return dark
    scopes = ("strategy", f"channel/{channel}")
    return merged([*dark, *((pause.start, pause.end) for pause in pauses if pause.scope in scopes)])


def _dark_days(schedules: tuple[Schedule, ...], zone: str) -> Sequence[Standstill]:
    """Return the days that all these schedules black out."""
    if not schedules or not all(schedule.blackout for schedule in schedules):
        return ()
    first, *others = (blackout_spans(schedule.blackout, schedule.timezone or zone) for schedule in schedules)
    common: Sequence[Standstill] = first
    for other in others:
        common = intersection(common, other)
    return common


@lru_cache(maxsize=4096)
def blackout_spans(blackouts: tuple[Blackout, ...], zone: str) -> tuple[Standstill, ...]:
    """Return the blackouts as merged UTC intervals."""
    first = min(blackout.start for blackout in blackouts)
    last = max(blackout.end or blackout.start for blackout in blackouts)
    start = datetime.fromisoformat(f"{first}T00:00:00+00:00") - timedelta(days=2)
    end = datetime.fromisoformat(f"{last}T00:00:00+00:00") + timedelta(days=3)
    return tuple(blackout_intervals(blackouts, zone, start, end))


def turning_of(draft: Draft, channel: Channel) -> momentum.Turning:
    """Return the instants at which a channel's momentum turns if nothing happens."""
    state = draft.channels[channel.name]
    return momentum.turning(
        channel, state.recent, state.watched_since, standstills(draft.plan, draft.pauses, channel.name)
    )


def freshness(draft: Draft, channel: Channel) -> tuple[DataState, datetime | None]:
    """Return whether a channel's activity is known, and until when that knowledge stays fresh.

    A channel without a source is known through our own publications alone, which is always fresh.
    """
    if channel.activity is None:
        return DataState.OK, None
    source, state = draft.plan.sources[channel.activity], draft.sources[channel.activity]
    if state.read_at is None:
        return (DataState.ERROR if state.failing else DataState.UNKNOWN), None
    until = state.read_at + staleness(source.every)
    if draft.at < until:
        return DataState.OK, until
    return (DataState.ERROR if state.failing else DataState.UNKNOWN), None


def staleness(every: timedelta) -> timedelta:
    """Return how long a reading can be trusted: three rounds and a little."""
    return every * 3 + min(STALE_SLACK, every * 2)
