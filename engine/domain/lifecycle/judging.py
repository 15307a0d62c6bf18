"""What a rule says of a subject at an instant: true, false or unknown, and when that changes by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache, partial

from engine.domain import momentum
from engine.domain.alerts import Verdict
from engine.domain.clocks import Standstill, deadline, intersection, merged
from engine.domain.lifecycle import reasons
from engine.domain.lifecycle.state import ChannelState, Draft, Outlook
from engine.domain.plan import Plan
from engine.domain.records import DataState, Pause
from engine.domain.rule import Rule
from engine.domain.strategy import Channel
from engine.domain.words import FOREVER

STALE_SLACK = timedelta(minutes=5)
LEAD = timedelta(minutes=1)


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
    ahead = outlook(draft, channel)
    due = ahead.dues[rule.name]
    if rule.cadence is not None:
        why = partial(reasons.too_few, channel)
    else:
        why = partial(reasons.silence, draft, channel, patience(rule, channel.silent_after))
    truth = due is not None and t >= due
    data, fresh_until = knowledge(draft, channel, due if truth else None)
    flips_at = fresh_until if truth else earlier(due, fresh_until)
    known = data is DataState.OK
    return Verdict(truth=truth if known else None, data=data, why=why, flips_at=flips_at, still=ahead.still)


def _too_many(draft: Draft, channel: Channel, t: datetime) -> Verdict:
    """Judge the upper line: known activity is enough to say yes, only a fresh reading is enough to say no."""
    until = momentum.too_many_until(channel, draft.channels[channel.name].recent)
    truth = until is not None and t < until
    data, fresh_until = (DataState.OK, until) if truth else freshness(draft, channel)
    why = partial(reasons.too_many, channel)
    return Verdict(truth=truth if data is DataState.OK else None, data=data, why=why, flips_at=fresh_until)


def standstills(plan: Plan, pauses: Sequence[Pause], channel: str) -> Sequence[Standstill]:
    """Return when the momentum clock of a channel stands still.

    That is while the strategy or the channel is paused, and while every action of the channel rests, be it paused
    or on a day of its blackout.
    """
    resting: Sequence[Standstill] | None = None
    for action in plan.actions_of.get(channel, ()):
        spans: Sequence[Standstill] = plan.blackouts[action]
        paused = _spans(pauses, f"action/{action}")
        spans = merged([*spans, *paused]) if paused else spans
        resting = spans if resting is None else intersection(resting, spans)
    paused = _spans(pauses, "strategy", f"channel/{channel}")
    return merged([*(resting or ()), *paused]) if paused else resting or ()


def _spans(pauses: Sequence[Pause], *scopes: str) -> list[Standstill]:
    return [(pause.start, pause.end) for pause in pauses if pause.scope in scopes]


def outlook(draft: Draft, channel: Channel) -> Outlook:
    """Return what will become of a channel if nothing happens."""
    state = draft.channels[channel.name]
    ahead = draft.outlooks.get(channel.name)
    if ahead is None or ahead.recent is not state.recent or ahead.pauses is not draft.pauses:
        ahead = draft.outlooks[channel.name] = _look_ahead(draft, channel, state)
    return ahead


def _look_ahead(draft: Draft, channel: Channel, state: ChannelState) -> Outlook:
    still = standstills(draft.plan, draft.pauses, channel.name)
    turning = momentum.turning(channel, state.recent, state.watched_since, still)
    last = state.recent[-1].at if state.recent else state.watched_since
    dues = {
        rule.name: turning.slowing
        if rule.cadence
        else deadline(last, patience(rule, channel.silent_after), still)
        for rule in draft.plan.rules_of.get(f"channel/{channel.name}", ())
    }
    instants = {*turning.instants(), *(due for due in dues.values() if due is not None)}
    return Outlook(state.recent, draft.pauses, still, turning, dues, tuple(sorted(instants)))


def turning_of(draft: Draft, channel: Channel) -> momentum.Turning:
    """Return the instants at which a channel's momentum turns if nothing happens."""
    return outlook(draft, channel).turning


def freshness(draft: Draft, channel: Channel) -> tuple[DataState, datetime | None]:
    """Return whether a channel's activity is known, and until when that knowledge stays fresh.

    A channel without a source is known through our own publications alone, which is always fresh.
    """
    if channel.activity is None:
        return DataState.OK, None
    source, state = draft.plan.sources[channel.activity], draft.sources[channel.activity]
    if state.read_at is not None:
        until = state.read_at + staleness(source.every)
        if draft.at < until:
            return DataState.OK, until
    return (DataState.ERROR if state.failing else DataState.UNKNOWN), None


def knowledge(draft: Draft, channel: Channel, turned: datetime | None) -> tuple[DataState, datetime | None]:
    """Return whether it is known that the channel turned at that instant, or, with None, that it did not.

    Nobody is told that a channel fell silent unless its source was read shortly before that or since: after an
    outage of ours the last reading may still be fresh, and yet too old to say so.
    """
    data, until = freshness(draft, channel)
    if turned is None or channel.activity is None or data is not DataState.OK:
        return data, until
    read_at, every = draft.sources[channel.activity].read_at, draft.plan.sources[channel.activity].every
    shortly_before = turned - 2 * lead(every)
    return (data if read_at is not None and read_at >= shortly_before else DataState.UNKNOWN), until


@lru_cache(maxsize=1024)
def lead(every: timedelta) -> timedelta:
    """Return how long before a silence its source is read once more."""
    return min(LEAD, every / 4)


@lru_cache(maxsize=1024)
def staleness(every: timedelta) -> timedelta:
    """Return how long a reading can be trusted: three rounds and a little."""
    return every * 3 + min(STALE_SLACK, every * 2)


def earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    """Return the earlier of two instants, of which either may not exist."""
    if one is None or other is None:
        return one or other
    return min(one, other)
