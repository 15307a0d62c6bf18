"""A strategy's past from its own store, as a world in which rules can be lived through once more."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from engine.domain.clocks import Standstill
from engine.domain.journal import EntryType
from engine.domain.plan import Plan
from engine.domain.storage import Store
from engine.runtime.simulation import World

_MOST_TURNS = 100_000


def recalled(store: Store, plan: Plan, until: datetime) -> World:
    """Return what the plan's sources showed until then: posts and samples as they are known today, late ones included.

    A source shows nothing while the journal says that it could not be read. Times in which no engine ran are not known.
    """
    return World(
        posts={name: store.activities(plan.id, name, end=until) for name in plan.channels},
        samples={name: store.samples(plan.id, name, end=until) for name in plan.metrics},
        unread=_unread(store, plan.id, until),
    )


def _unread(store: Store, strategy: str, until: datetime) -> dict[str, list[Standstill]]:
    """Return when each source could not be read, oldest first; an end of None means that it still cannot."""
    found: dict[str, list[Standstill]] = defaultdict(list)
    since: dict[str, datetime] = {}
    for _, entry in store.journal(strategy, types=[EntryType.SOURCE_STATE], limit=_MOST_TURNS):
        name = entry.subject.partition("/")[2]
        if entry.at > until:
            break
        if not entry.data.get("ok"):
            since.setdefault(name, entry.at)
        elif name in since:
            found[name].append((since.pop(name), entry.at))
    for name, start in since.items():
        found[name].append((start, None))
    return dict(found)
