"""When sources are read, and rules evaluated: on their own grids; sources also just before a silence is declared."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from engine.domain.lifecycle.circumstances import circumstances
from engine.domain.lifecycle.foreseeing import outlook
from engine.domain.lifecycle.judging import limit_of
from engine.domain.lifecycle.knowing import lead
from engine.domain.lifecycle.state import Draft
from engine.domain.messages import Observe
from engine.domain.momentum import KEEP_AT_LEAST, remembered
from engine.domain.quiet import GAPS_REMEMBERED, HARMFUL_RECENT

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


def next_judgement(draft: Draft) -> datetime | None:
    """Return when the rules that rest on facts are evaluated next, on this strategy's own grid; None without such."""
    if not draft.plan.by_facts:
        return None
    if draft.judgement_asked is None:
        return draft.revised_at
    every = draft.plan.judge_every
    shift = offset(draft.strategy, every)
    return EPOCH + shift + ((draft.judgement_asked - EPOCH - shift) // every + 1) * every


def advance(draft: Draft, t: datetime) -> None:
    """Ask for one observation of all sources that are due, and of the rules if they are."""
    due = [name for name in draft.plan.sources if next_look(draft, name) <= t]
    judgement = next_judgement(draft)
    judges = judgement is not None and judgement <= t
    if not due and not judges:
        return
    asked_at = max(t, draft.now)
    if judges:
        draft.judgement_asked = asked_at
    for name in due:
        state = draft.sources[name]
        draft.sources[name] = state.model_copy(
            update={
                "asked_at": asked_at,
                "unanswered": state.unanswered + 1,
                "unanswered_since": state.unanswered_since or asked_at,
            }
        )
    channels = {name: tuple(channel.name for channel in draft.plan.shown_by[name]) for name in due}
    draft.ask(
        Observe(
            strategy=draft.strategy,
            sources=tuple(draft.plan.sources[name] for name in due),
            channels={name: names for name, names in channels.items() if names},
            newest=dict(_wanted(draft, due)),
            metrics=tuple(metric for metric in draft.plan.strategy.metrics if metric.source in due),
            judge=circumstances(draft, asked_at) if judges else None,
        )
    )


def _wanted(draft: Draft, sources: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Yield of how many newest activities the heart must hear, where that is more than usual.

    A rhythm is learnt once from all that the source still shows; after that news is enough.
    """
    for name in sources:
        for channel in draft.plan.shown_by[name]:
            many = remembered(channel)
            if channel.name in draft.plan.by_rhythm and draft.sources[name].read_at is None:
                many = max(many, GAPS_REMEMBERED + HARMFUL_RECENT)
            if many > KEEP_AT_LEAST + 1:
                yield channel.name, many
