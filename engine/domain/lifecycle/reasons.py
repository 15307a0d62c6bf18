"""Why a rule says what it says: one sentence for people, and the values behind it."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import JsonValue

from engine.domain.channel import Channel
from engine.domain.lifecycle.state import Draft
from engine.domain.records import DataState, Slot, SlotPhase
from engine.domain.words import moment, several, span

Reason = tuple[str, dict[str, JsonValue]]


def silence(draft: Draft, channel: Channel, limit: timedelta) -> Reason:
    """Say since when nothing has happened and what the plan allows."""
    state, zone = draft.channels[channel.name], draft.plan.zone
    last = state.recent[-1].at if state.recent else None
    seen = moment(last, zone) if last else f"we began to watch it, {moment(state.watched_since, zone)}"
    text = (
        f"Nothing has happened on {channel.name} since {seen}. "
        f"The plan allows {span(limit)} of silence{_promise(channel)}."
    )
    return text, {"last_activity": last.isoformat() if last else None, "limit_seconds": limit.total_seconds()}


def quiet(draft: Draft, channel: Channel, t: datetime) -> Reason:
    """Say how probable it is that the channel has gone quiet by its own rhythm."""
    rhythm = draft.channels[channel.name].rhythm
    if rhythm is None:
        return "", {}
    days = rhythm.silent_days(t)
    return f"{channel.name}: {rhythm.in_words(t)}", {
        "last_day": rhythm.last.isoformat() if rhythm.last else None,
        "silent_days": days,
        "probability": round(rhythm.silence_probability(days), 3),
        "harmful_days": rhythm.harmful.days,
    }


def unjudged(rule: str, subject: str, data: DataState) -> Reason:
    """Say that another rule cannot be judged."""
    why = "its data cannot be read" if data is DataState.ERROR else "its data is missing"
    text = f"{rule} cannot be judged on {subject}: {why}. Until it can, no news is no good news."
    return text, {"rule": rule, "data": str(data)}


def unsettled(draft: Draft, slot: Slot, t: datetime) -> Reason:
    """Say which slot has no outcome, and where it stands."""
    where = {
        SlotPhase.SHIFTED: "it waits for the end of a blackout",
        SlotPhase.ASKED: f"it waits for a person (task {slot.task})",
        SlotPhase.PUBLISHING: "its post is still being sent",
        SlotPhase.SETTLING: "nobody knows yet whether its post arrived",
        SlotPhase.FINDING: "its post is being looked for",
    }[slot.phase]
    due = moment(slot.due, draft.plan.zone)
    text = f"The slot {slot.id} was due {due} and has no outcome for {span(t - slot.due)}: {where}."
    return text, {"slot": slot.id, "phase": str(slot.phase)}


def too_few(channel: Channel) -> Reason:
    """Say how few activities there were."""
    if channel.cadence is None:
        return "", {}
    least, window = channel.cadence.at_least or 0, channel.cadence.patience
    happened = "nothing happened" if least == 1 else f"fewer than {several(least, 'thing')} happened"
    text = f"On {channel.name} {happened} within {span(window)}{_promise(channel)}."
    return text, {"at_least": least, "window_seconds": window.total_seconds()}


def too_many(channel: Channel) -> Reason:
    """Say how many activities are too many."""
    if channel.cadence is None:
        return "", {}
    most, per = channel.cadence.at_most or 0, channel.cadence.per
    return f"On {channel.name} more than {several(most, 'thing')} happened within one {per}.", {
        "at_most": most
    }


def no_sample(draft: Draft, name: str, limit: timedelta) -> Reason:
    """Say of when the newest value is."""
    metric, state = draft.plan.metrics[name], draft.metrics[name]
    seen = (
        f"The newest value is of {moment(state.at, draft.plan.zone)}"
        if state.at
        else "No value was ever read"
    )
    text = f"{name} is missing. {seen}; source {metric.source} should bring a new one every {span(limit)}."
    return text, {"last_sample": state.at.isoformat() if state.at else None}


def no_reading(draft: Draft, name: str) -> Reason:
    """Say when the source was last read and with which error it fails."""
    state = draft.sources[name]
    seen = (
        f"It was last read {moment(state.read_at, draft.plan.zone)}" if state.read_at else "It was never read"
    )
    error = f" The last error: {state.error}" if state.error else ""
    text = f"Source {name} cannot be read. {seen}; what depends on it is unknown.{error}"
    return text, {"last_reading": state.read_at.isoformat() if state.read_at else None, "error": state.error}


def no_judgement(draft: Draft, t: datetime) -> Reason:
    """Say since when no rule that rests on facts was judged."""
    last = draft.judged_at
    known = f"for {span(t - last)}, since {moment(last, draft.plan.zone)}" if last else "at all"
    text = (
        f"The rules that rest on facts have not been judged {known}: their alerts stand as they were then. The log of the "
        "worker says why."
    )
    return text, {"last_judgement": last.isoformat() if last else None}


def _promise(channel: Channel) -> str:
    cadence = channel.cadence
    if cadence is None or cadence.at_least is None:
        return ""
    return f"; it promises at least {several(cadence.at_least, 'post')} per {cadence.per}"
