"""What a rule says of a subject at an instant: true, false or unknown; and when that changes if nothing happens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from engine.domain import momentum
from engine.domain.alerts import Verdict, is_active
from engine.domain.channel import Channel
from engine.domain.lifecycle import effective, reasons
from engine.domain.lifecycle.foreseeing import outlook, patience
from engine.domain.lifecycle.knowing import (
    ANSWERED_WITHIN,
    freshness,
    in_vain_at,
    knowledge,
    staleness,
    was_looked_at,
)
from engine.domain.lifecycle.state import Draft
from engine.domain.records import DataState, Slot
from engine.domain.rule import Rule


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


def _missing(draft: Draft, rule: Rule, name: str, t: datetime) -> Verdict:
    """Judge whether a metric's new value is missing; its source must have been read when it became so."""
    metric, limit = draft.plan.metrics[name], limit_of(draft, rule, "metric", name)
    source = draft.sources[metric.source]
    if t >= limit and not was_looked_at(draft, metric.source, limit):
        return Verdict(None, DataState.ERROR if source.failing else DataState.UNKNOWN)
    every = patience(rule, metric.expect_every)
    return Verdict(t >= limit, why=lambda: reasons.no_sample(draft, name, every))


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
