"""When sources are read: on their own grid, and once more just before a silence would be declared."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from engine.domain.lifecycle.judging import lead, limit_of, outlook
from engine.domain.lifecycle.state import Draft
from engine.domain.messages import Observe
from engine.domain.momentum import KEEP_AT_LEAST, remembered

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=65536)
def offset(strategy: str, every: timedelta) -> timedelta:
    """Return this strategy's place within the interval, from a hash of its id, so that not all look at once."""
    digest = int.from_bytes(hashlib.sha256(strategy.encode()).digest()[:8], "big")
    return timedelta(seconds=digest % max(1, int(every.total_seconds())))


def next_look(draft: Draft, source: str) -> datetime:
    """Return when a source is read next: on its grid, or just before something is missed that it may show.

    At once if it never was read.
    """
    config, state = draft.plan.sources[source], draft.sources[source]
    if state.asked_at is None:
        return state.watched_since
    shift = offset(draft.strategy, config.every)
    rounds = (state.asked_at - EPOCH - shift) // config.every + 1
    look = EPOCH + shift + rounds * config.every
    ahead = lead(config.every)
    for channel in draft.plan.shown_by[source]:
        for turn in outlook(draft, channel).turns:
            if state.asked_at < turn - ahead < look:
                look = turn - ahead
    for rule, metric in draft.plan.missed_in[source]:
        turn = limit_of(draft, rule, "metric", metric)
        if state.asked_at < turn - ahead < look:
            look = turn - ahead
    return look


def advance(draft: Draft, t: datetime) -> None:
    """Ask for one observation of all sources that are due."""
    due = [name for name in draft.plan.sources if next_look(draft, name) <= t]
    if not due:
        return
    for name in due:
        state = draft.sources[name]
        asked_at = max(t, draft.now)
        draft.sources[name] = state.model_copy(
            update={
                "asked_at": asked_at,
                "unanswered": state.unanswered + 1,
                "unanswered_since": state.unanswered_since or asked_at,
            }
        )
    newest = {
        channel.name: many
        for name in due
        for channel in draft.plan.shown_by[name]
        if (many := remembered(channel)) > KEEP_AT_LEAST + 1
    }
    channels = {name: tuple(channel.name for channel in draft.plan.shown_by[name]) for name in due}
    draft.ask(
        Observe(
            strategy=draft.strategy,
            sources=tuple(draft.plan.sources[name] for name in due),
            channels={name: names for name, names in channels.items() if names},
            newest=newest,
            metrics=tuple(metric for metric in draft.plan.strategy.metrics if metric.source in due),
        )
    )
