"""Why a rule that has a clock is true or not: what it counts from, when it turns, and by what it would turn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.domain.alerts import Verdict
from engine.domain.lifecycle import effective, foreseeing, judging
from engine.domain.lifecycle.state import Draft
from engine.domain.momentum import calm_at
from engine.domain.quiet import Rhythm
from engine.domain.records import Activity
from engine.domain.rule import Rule
from engine.domain.words import moment, several, span


@dataclass(frozen=True)
class Clockwork:
    """What is known (`values`), when the rule turns true or has turned, how far that is, and what would turn it.

    `margin` is the time until it turns true while that is to come, and since it turned while it is true.
    """

    values: tuple[str, ...]
    turns_at: datetime | None
    margin: timedelta | None
    flips: str


def clockwork(draft: Draft, rule: Rule, subject: str, verdict: Verdict, t: datetime) -> Clockwork:
    """Explain a rule with a clock on a subject at `t`, the state's own instant."""
    kind, _, name = subject.partition("/")
    if rule.unjudged is not None:
        other = draft.alerts.get(f"{rule.unjudged.rule}@{subject}")
        known = f"the data of {rule.unjudged.rule} is {other.data if other else 'ok'}"
        return Clockwork((known,), None, None, f"turns when the data of {rule.unjudged.rule} comes or goes")
    if kind == "channel":
        return _of_channel(draft, rule, name, verdict, t)
    if kind == "action":
        return _of_action(draft, rule, name, t)
    due = judging.limit_of(draft, rule, kind, name)
    if kind == "strategy":
        last = draft.judged_at
        judged = f"rules were judged {moment(last, draft.plan.zone)}" if last else "no rule was ever judged"
        return _due((judged,), due, verdict, t, draft.plan.zone, "a judgement of the rules")
    if kind == "metric":
        state = draft.metrics[name]
        seen = (
            f"the newest value is of {moment(state.at, draft.plan.zone)}"
            if state.at
            else "no value was ever read"
        )
        return _due((seen,), due, verdict, t, draft.plan.zone, "a newer value")
    source = draft.sources[name]
    read = f"it was read {moment(source.read_at, draft.plan.zone)}" if source.read_at else "it was never read"
    failing = (
        f"the newest attempt failed: {source.error}" if source.failing else "the newest attempt did not fail"
    )
    return _due((read, failing), due, verdict, t, draft.plan.zone, "a reading that succeeds")


def _due(
    values: tuple[str, ...], due: datetime | None, verdict: Verdict, t: datetime, zone: str, what: str
) -> Clockwork:
    """Explain a rule that turns true at an instant unless something happens before."""
    if due is None:
        return Clockwork(values, None, None, "does not turn while a pause without an end holds")
    margin = abs(due - t)
    if verdict.truth:
        return Clockwork(values, due, margin, f"false with {what}")
    if t >= due:
        return Clockwork(values, due, margin, f"cannot be told until it is known whether there is {what}")
    return Clockwork(values, due, margin, f"true at {moment(due, zone)}, unless there is {what} before")


def _of_channel(draft: Draft, rule: Rule, name: str, verdict: Verdict, t: datetime) -> Clockwork:
    channel = effective.channel(draft, name, besides=rule.name)
    state, zone = draft.channels[name], draft.plan.zone
    ahead = foreseeing.outlook(draft, channel)
    values = (_newest(state.recent, zone), *_paused(draft, name, t))
    if rule.cadence is not None and rule.cadence.breach == "at_most":
        most = channel.cadence.at_most if channel.cadence else 0
        until = ahead.overfed_until
        period = channel.cadence.per if channel.cadence else "period"
        limit = f"planned are at most {several(most or 0, 'post')} in one {period}"
        if until is None or until <= t:
            return Clockwork((*values, limit), None, None, "true with more posts within one period than that")
        calm = calm_at(channel, until)
        return Clockwork(
            (*values, limit), None, calm - t, f"false at {moment(calm, zone)}, if nothing is posted before"
        )
    what = "a post"
    if rule.cadence is not None and channel.cadence is not None:
        least = several(channel.cadence.at_least or 0, "post")
        values = (*values, f"planned are at least {least} in {span(channel.cadence.patience)}")
    elif rule.quiet is not None:
        values = (*values, *_rhythm(state.rhythm, t))
    else:
        values = (*values, f"allowed is a silence of {span(foreseeing.patience(rule, channel.silent_after))}")
    return _due(values, ahead.dues.get(rule.name), verdict, t, zone, what)


def _newest(recent: tuple[Activity, ...], zone: str) -> str:
    return f"the newest post is of {moment(recent[-1].at, zone)}" if recent else "no post was ever seen"


def _paused(draft: Draft, name: str, t: datetime) -> list[str]:
    scopes = ("strategy", f"channel/{name}")
    open_ = [p for p in draft.pauses if p.scope in scopes and p.start <= t and (p.end is None or p.end > t)]
    return [f"its clock stands still: {pause.scope} is paused" for pause in open_]


def _rhythm(rhythm: Rhythm | None, t: datetime) -> list[str]:
    if rhythm is None or rhythm.last is None:
        return ["its rhythm is not known yet"]
    return [rhythm.in_words(t).rstrip(".")]


def _of_action(draft: Draft, rule: Rule, name: str, t: datetime) -> Clockwork:
    limits = sorted(judging.unsettled_limits(draft, rule, name), key=lambda pair: pair[1])
    if not limits:
        return Clockwork(("no slot of it is open",), None, None, "true when a slot stays without an outcome")
    slot, limit = limits[0]
    values = (f"slot {slot.id} is {slot.phase}, due {moment(slot.due, draft.plan.zone)}",)
    return Clockwork(values, limit, abs(limit - t), "false with an outcome of the slot")
