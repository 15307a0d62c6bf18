"""What will become of a channel if nothing happens there, and when its clocks stand still."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from engine.domain import momentum
from engine.domain.channel import Channel
from engine.domain.clocks import Standstill, deadline, intersection, merged
from engine.domain.lifecycle import effective
from engine.domain.lifecycle.state import ChannelState, Draft, Outlook
from engine.domain.plan import Plan
from engine.domain.records import Pause
from engine.domain.rule import Rule
from engine.domain.words import FOREVER


def patience(rule: Rule, default: timedelta | None) -> timedelta:
    """Return how long a deadline rule waits: its own period or the plan's, with its grace."""
    if rule.deadline is None:
        return default or FOREVER
    return (rule.deadline.period or default or FOREVER) + rule.deadline.grace


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
