"""How well something is known: whether its source was read lately, or is asked in vain."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache

from engine.domain.channel import Channel
from engine.domain.lifecycle.state import Draft, SourceState
from engine.domain.records import DataState

STALE_SLACK = timedelta(minutes=5)
LEAD = timedelta(minutes=1)
ASKED_IN_VAIN = 3
# A look ends within six minutes, whatever the source does (`activities.policies.OBSERVE`). Until then silence may be
# that of a worker of ours which is just being started again.
ANSWERED_WITHIN = timedelta(minutes=7)


def in_vain_at(state: SourceState) -> datetime | None:
    """Return when a source that was asked again and again counts as one that gives no answer."""
    if state.unanswered < ASKED_IN_VAIN or state.unanswered_since is None:
        return None
    return state.unanswered_since + ANSWERED_WITHIN


def was_looked_at(draft: Draft, source: str, turned: datetime) -> bool:
    """Return whether a source was read shortly before something turned, or since."""
    read_at = draft.sources[source].read_at
    return read_at is not None and read_at >= turned - 2 * lead(draft.plan.sources[source].every)


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
    return data if was_looked_at(draft, channel.activity, turned) else DataState.UNKNOWN


@lru_cache(maxsize=1024)
def lead(every: timedelta) -> timedelta:
    """Return how long before a silence its source is read once more."""
    return min(LEAD, every / 4)


@lru_cache(maxsize=1024)
def staleness(every: timedelta) -> timedelta:
    """Return how long a reading can be trusted: three rounds and a little."""
    return every * 3 + min(STALE_SLACK, every * 2)
