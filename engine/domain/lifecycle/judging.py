"""What a rule says of a subject at an instant: true, false or unknown; and when that changes if nothing happens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from engine.domain import momentum
from engine.domain.alerts import Verdict, is_active
from engine.domain.channel import Channel
from engine.domain.clocks import Standstill, deadline, intersection, merged
from engine.domain.lifecycle import effective, reasons
from engine.domain.lifecycle.state import ChannelState, Draft, Outlook, SourceState
from engine.domain.plan import Plan
from engine.domain.records import DataState, Pause, Slot
from engine.domain.rule import Rule
from engine.domain.words import FOREVER

STALE_SLACK = timedelta(minutes=5)
LEAD = timedelta(minutes=1)
ASKED_IN_VAIN = 3
# A look ends within six minutes, whatever the source does (`activities.policies.OBSERVE`). Until then silence may be
# that of a worker of ours which is just being started again.
ANSWERED_WITHIN = timedelta(minutes=7)


def judge(draft: Draft, rule: Rule, subject: str, t: datetime) -> Verdict:
    """Return what the rule says of the subject at `t`."""
    if rule.unjudged is not None:
        return _unjudged(draft, rule.unjudged.rule, subject)
    if subject == "strategy":
        return _unanswered(draft, rule, t)
    kind, name = subject.split("/", 1)
    if kind == "metric":
        return _missing(draft, rule, name, t)
    if kind == "action":
        return _unsettled(draft, rule, name, t)
    if kind == "source":
        # Only what was asked in vain is unreadable: while we slept ourselves, nothing was wrong with the source.
        state = draft.sources[name]
        vain_at = in_vain_at(state)
        in_vain = state.failing or (vain_at is not None and t >= vain_at)
        late = t >= limit_of(draft, rule, kind, name)
        return Verdict(late and in_vain, why=lambda: reasons.no_reading(draft, name))
    channel = effective.channel(draft, name, besides=rule.name)
    if rule.cadence is not None and rule.cadence.breach == "at_most":
        return _too_many(draft, rule, channel, t)
    return _quiet(draft, rule, channel, t)


def _unjudged(draft: Draft, rule: str, subject: str) -> Verdict:
    """Judge whether another rule is without an answer, for want of data."""
    other = draft.alerts.get(f"{rule}@{subject}")
    without = other is not None and other.data is not DataState.OK
    return Verdict(
        without, why=lambda: reasons.unjudged(rule, subject, other.data if other else DataState.OK)
    )


def _unanswered(draft: Draft, rule: Rule, t: datetime) -> Verdict:
    """Judge whether the rules that rest on facts are asked for in vain; it ends only with an answer.

    While we slept ourselves nobody asked, so nothing was wrong with them.
    """
    alert, asked = draft.alerts.get(f"{rule.name}@strategy"), draft.judgement_asked
    in_vain = asked is not None and t >= asked + ANSWERED_WITHIN
    late = t >= limit_of(draft, rule, "strategy", "")
    known = alert is not None and is_active(alert)
    return Verdict(late and (in_vain or known), why=lambda: reasons.no_judgement(draft, t))


def _unsettled(draft: Draft, rule: Rule, action: str, t: datetime) -> Verdict:
    """Judge whether a slot of the action is past its time without an outcome, whatever the cause."""
    late = [slot for slot, limit in unsettled_limits(draft, rule, action) if limit <= t]
    return Verdict(bool(late), why=lambda: reasons.unsettled(draft, late[0], t))


def unsettled_limits(draft: Draft, rule: Rule, action: str) -> Iterator[tuple[Slot, datetime]]:
    """Yield the open slots of an action, each with the instant by which it should have come to an end.

    That is the slot's grace after its due instant; where a person was asked, the grace after the person's own time.
    """
    planned = draft.plan.actions[action]
    for slot in draft.slots.values():
        if slot.action == action:
            task = draft.tasks.get(slot.task or "")
            since = max(slot.due, task.due) if task is not None else slot.due
            yield slot, since + patience(rule, planned.schedule.misfire.grace)


def in_vain_at(state: SourceState) -> datetime | None:
    """Return when a source that was asked again and again counts as one that gives no answer."""
    if state.unanswered < ASKED_IN_VAIN or state.unanswered_since is None:
        return None
    return state.unanswered_since + ANSWERED_WITHIN


def _missing(draft: Draft, rule: Rule, name: str, t: datetime) -> Verdict:
    """Judge whether a metric's new value is missing; its source must have been read when it became so."""
    metric, limit = draft.plan.metrics[name], limit_of(draft, rule, "metric", name)
    source = draft.sources[metric.source]
    if t >= limit and not _was_looked_at(draft, metric.source, limit):
        return Verdict(None, DataState.ERROR if source.failing else DataState.UNKNOWN)
    every = patience(rule, metric.expect_every)
    return Verdict(t >= limit, why=lambda: reasons.no_sample(draft, name, every))


def _was_looked_at(draft: Draft, source: str, turned: datetime) -> bool:
    """Return whether a source was read shortly before something turned, or since."""
    read_at = draft.sources[source].read_at
    return read_at is not None and read_at >= turned - 2 * lead(draft.plan.sources[source].every)


def limit_of(draft: Draft, rule: Rule, kind: str, name: str) -> datetime:
    """Return when a metric or a source counts as missing, or the strategy as unjudged, if nothing comes."""
    if kind == "strategy":
        since = max(draft.judged_at or draft.started_at, draft.revised_at or draft.started_at)
        return since + patience(rule, staleness(draft.plan.judge_every))
    if kind == "metric":
        metric = draft.metrics[name]
        return (metric.at or metric.watched_since) + patience(rule, draft.plan.metrics[name].expect_every)
    source = draft.sources[name]
    return (source.read_at or source.watched_since) + patience(
        rule, staleness(draft.plan.sources[name].every)
    )


def limits(draft: Draft) -> Iterator[datetime]:
    """Yield when metrics and sources are missing, and when what is known of sources is no longer fresh."""
    for rule, subject in draft.plan.by_clock:
        kind, _, name = subject.partition("/")
        if kind == "action" and rule.deadline is not None:
            yield from (limit for _, limit in unsettled_limits(draft, rule, name))
        elif kind in ("metric", "source") and rule.deadline is not None:
            yield limit_of(draft, rule, kind, name)
        elif kind == "strategy" and rule.deadline is not None and draft.judgement_asked is not None:
            # Not each of the two: in good days that would be a waking more for every judgement.
            yield max(limit_of(draft, rule, kind, name), draft.judgement_asked + ANSWERED_WITHIN)
    for name, state in draft.sources.items():
        if state.read_at is not None:
            yield state.read_at + staleness(draft.plan.sources[name].every)
        vain_at = in_vain_at(state)
        if vain_at is not None:
            yield vain_at


def patience(rule: Rule, default: timedelta | None) -> timedelta:
    """Return how long a deadline rule waits: its own period or the plan's, with its grace."""
    if rule.deadline is None:
        return default or FOREVER
    return (rule.deadline.period or default or FOREVER) + rule.deadline.grace


def _quiet(draft: Draft, rule: Rule, channel: Channel, t: datetime) -> Verdict:
    """Judge a condition that becomes true at an instant unless something happens on the channel before."""
    ahead = outlook(draft, channel)
    due = ahead.dues[rule.name]
    truth = due is not None and t >= due
    data = knowledge(draft, channel, due if truth else None)
    if data is not DataState.OK:
        return Verdict(None, data)
    if rule.cadence is not None:
        return Verdict(truth, why=lambda: reasons.too_few(channel), still=ahead.still)
    if rule.quiet is not None:
        return Verdict(truth, why=lambda: reasons.quiet(draft, channel, t), still=ahead.still)
    limit = patience(rule, channel.silent_after)
    return Verdict(truth, why=lambda: reasons.silence(draft, channel, limit), still=ahead.still)


def _too_many(draft: Draft, rule: Rule, channel: Channel, t: datetime) -> Verdict:
    """Judge the upper line: known activity is enough to say yes, only a fresh reading is enough to say no."""
    until = outlook(draft, channel).overfed_until
    alert = draft.alerts.get(f"{rule.name}@channel/{channel.name}")
    if until is not None and alert is not None and is_active(alert):
        until = momentum.calm_at(channel, until)
    truth = until is not None and t < until
    data = DataState.OK if truth else freshness(draft, channel)
    if data is not DataState.OK:
        return Verdict(None, data)
    return Verdict(truth, why=lambda: reasons.too_many(channel))


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
    if (
        ahead is None
        or ahead.recent is not state.recent
        or ahead.pauses is not draft.pauses
        or ahead.adjusted != draft.adjusted
    ):
        ahead = draft.outlooks[channel.name] = _look_ahead(draft, channel.name, state)
    return ahead


def _look_ahead(draft: Draft, name: str, state: ChannelState) -> Outlook:
    channel = effective.channel(draft, name)
    still = standstills(draft.plan, draft.pauses, name)
    turning = momentum.turning(channel, state.recent, state.watched_since, still)
    dues = {
        rule.name: _due(draft, rule, name, state, still)
        for rule in draft.plan.rules_of.get(f"channel/{name}", ())
        if not rule.is_evaluated and rule.unjudged is None
    }
    overfed_until = momentum.too_many_until(channel, state.recent)
    turns = (*turning.instants(), *(due for due in dues.values() if due is not None))
    return Outlook(
        state.recent, draft.pauses, draft.adjusted.copy(), still, turning, dues, turns, overfed_until
    )


def _due(
    draft: Draft, rule: Rule, name: str, state: ChannelState, still: Sequence[Standstill]
) -> datetime | None:
    """Return when a rule about too little becomes true of a channel if nothing happens there."""
    if rule.quiet is not None:
        return state.rhythm.alarm_at(still) if state.rhythm is not None else None
    channel = effective.channel(draft, name, besides=rule.name)
    if rule.cadence is not None:
        return momentum.too_few_at(channel, state.recent, state.watched_since, still)
    last = state.recent[-1].at if state.recent else state.watched_since
    return deadline(last, patience(rule, channel.silent_after), still)


def still(draft: Draft, rule: Rule, subject: str) -> Sequence[Standstill]:
    """Return when the clock of an alert about this subject stands still: only that of silence ever does."""
    kind, _, name = subject.partition("/")
    timeless = rule.is_evaluated or rule.unjudged is not None
    if kind != "channel" or timeless or (rule.cadence is not None and rule.cadence.breach == "at_most"):
        return ()
    return outlook(draft, draft.plan.channels[name]).still


def turning_of(draft: Draft, channel: Channel) -> momentum.Turning:
    """Return the instants at which a channel's momentum turns if nothing happens."""
    return outlook(draft, channel).turning


def freshness(draft: Draft, channel: Channel) -> DataState:
    """Return whether a channel's activity is known.

    A channel without a source is known through our own publications alone, which is always fresh.
    """
    if channel.activity is None:
        return DataState.OK
    source, state = draft.plan.sources[channel.activity], draft.sources[channel.activity]
    if state.read_at is not None and draft.at < state.read_at + staleness(source.every):
        return DataState.OK
    return DataState.ERROR if state.failing else DataState.UNKNOWN


def knowledge(draft: Draft, channel: Channel, turned: datetime | None) -> DataState:
    """Return whether it is known that the channel turned at that instant, or, with None, that it did not.

    Nobody is told that a channel fell silent unless its source was read shortly before that or since: after an
    outage of ours the last reading may still be fresh, and yet too old to say so.
    """
    data = freshness(draft, channel)
    if turned is None or channel.activity is None or data is not DataState.OK:
        return data
    return data if _was_looked_at(draft, channel.activity, turned) else DataState.UNKNOWN


@lru_cache(maxsize=1024)
def lead(every: timedelta) -> timedelta:
    """Return how long before a silence its source is read once more."""
    return min(LEAD, every / 4)


@lru_cache(maxsize=1024)
def staleness(every: timedelta) -> timedelta:
    """Return how long a reading can be trusted: three rounds and a little."""
    return every * 3 + min(STALE_SLACK, every * 2)
