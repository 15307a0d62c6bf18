"""Watching: activity and numbers come in, and momentum follows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from engine.domain.journal import EntryType
from engine.domain.lifecycle import foreseeing, knowing
from engine.domain.lifecycle.state import ChannelState, Draft
from engine.domain.momentum import is_promised, remembered
from engine.domain.quiet import Rhythm
from engine.domain.records import Activity, DataState, Momentum, Reading, Sample
from engine.domain.words import moment, several

EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)


def is_datable(at: datetime, now: datetime) -> bool:
    """Return whether something can have happened then: not in the future, nor at a broken date of long ago."""
    return EARLIEST <= at <= now


def see(draft: Draft, channel: str, activities: Iterable[Activity]) -> int:
    """Add activities to what is known of a channel; one with a known ref or an impossible date is left out."""
    state, plan_channel = draft.channels.get(channel), draft.plan.channels.get(channel)
    if state is None or plan_channel is None:
        return 0
    known = {activity.ref for activity in state.recent}
    fresh = {a.ref: a for a in activities if a.ref not in known and is_datable(a.at, draft.now)}
    if fresh:
        ordered = sorted((*state.recent, *fresh.values()), key=lambda activity: (activity.at, activity.ref))
        kept = tuple(ordered[-remembered(plan_channel) :])
        rhythm = _rhythm(draft, channel, state, fresh.values())
        draft.channels[channel] = state.model_copy(update={"recent": kept, "rhythm": rhythm})
        return sum(activity.ref in fresh for activity in kept)
    return 0


def _rhythm(draft: Draft, channel: str, state: ChannelState, fresh: Iterable[Activity]) -> Rhythm | None:
    """Return the channel's rhythm with what is new, where a rule judges by it.

    Something older than all that is remembered may have been counted long ago, and counts no second time.
    """
    if channel not in draft.plan.by_rhythm:
        return None
    if state.rhythm is None:
        return Rhythm.of((activity.at for activity in (*state.recent, *fresh)), draft.plan.zone)
    oldest = state.recent[0].at if state.recent else None
    rhythm = state.rhythm
    for activity in sorted(fresh, key=lambda each: each.at):
        if oldest is None or activity.at >= oldest:
            rhythm = rhythm.after(activity.at)
    return rhythm


def observed(draft: Draft, reading: Reading, t: datetime) -> None:
    """Take one source's reading: its activities and samples, or the fact that it could not be read."""
    state = draft.sources.get(reading.source)
    if state is None or reading.at < EARLIEST:
        return
    subject = f"source/{reading.source}"
    if not reading.ok:
        draft.sources[reading.source] = state.model_copy(
            update={"failing": True, "error": reading.error, "unanswered": 0, "unanswered_since": None}
        )
        if not state.failing:
            draft.note(
                EntryType.SOURCE_STATE,
                subject,
                f"{reading.source} cannot be read: {reading.error}",
                t,
                ok=False,
            )
        return
    read_at = max(min(reading.at, t), state.read_at or min(reading.at, t))
    draft.sources[reading.source] = state.model_copy(
        update={
            "failing": False,
            "error": "",
            "read_at": read_at,
            "unanswered": 0,
            "unanswered_since": None,
        }
    )
    if state.failing:
        draft.note(EntryType.SOURCE_STATE, subject, f"{reading.source} can be read again", t, ok=True)
    for channel, activities in reading.activities.items():
        _tell_seen(draft, channel, activities, t)
    for sample in reading.samples:
        _sampled(draft, sample)


def _tell_seen(draft: Draft, channel: str, activities: tuple[Activity, ...], t: datetime) -> None:
    new = see(draft, channel, activities)
    if new:
        last = draft.channels[channel].recent[-1]
        what = f"“{last.title}” " if last.title else ""
        summary = f"{several(new, 'post')} seen on {channel}; the newest is {what}of {moment(last.at, draft.plan.zone)}"
        draft.note(
            EntryType.ACTIVITY_SEEN, f"channel/{channel}", summary, t, count=new, newest=last.at.isoformat()
        )


def _sampled(draft: Draft, sample: Sample) -> None:
    state = draft.metrics.get(sample.metric)
    if state is None or not is_datable(sample.at, draft.now):
        return
    if state.at is None or sample.at >= state.at:
        draft.metrics[sample.metric] = state.model_copy(update={"value": sample.value, "at": sample.at})


def follow_momentum(draft: Draft, t: datetime) -> None:
    """Bring every channel's momentum to the instant `t`."""
    for channel in draft.plan.strategy.channels:
        _momentum(draft, channel.name, t)


def _momentum(draft: Draft, name: str, t: datetime) -> None:
    channel, state = draft.plan.channels[name], draft.channels[name]
    now_is, since = foreseeing.turning_of(draft, channel).at(t)
    if not is_promised(channel):
        now_is = Momentum.UNKNOWN
    elif now_is is state.momentum or knowing.knowledge(draft, channel, since) is not DataState.OK:
        return
    if now_is is not state.momentum:
        draft.channels[name] = state.model_copy(update={"momentum": now_is})
        if now_is is Momentum.UNKNOWN or (state.momentum is Momentum.UNKNOWN and now_is is Momentum.STEADY):
            return
        last = moment(state.recent[-1].at, draft.plan.zone) if state.recent else "never seen"
        summary = f"{name} is {now_is} (was {state.momentum}); last activity {last}"
        draft.note(
            EntryType.CHANNEL_STATE,
            f"channel/{name}",
            summary,
            t,
            momentum=str(now_is),
            was=str(state.momentum),
        )
