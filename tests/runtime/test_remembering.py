"""What was known at an instant of the past: asked later, a clock gives the answer that it gave then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.domain.lifecycle.state import new_state
from engine.domain.lifecycle.view import view
from engine.domain.messages import Command, Commanded, PlanApplied, StartPause
from engine.domain.plan import Plan
from engine.domain.records import Activity, Sample
from engine.domain.storage import Store, StrategyRow
from engine.runtime.explaining import Explained, Explainer
from engine.runtime.simulation import World
from tests.cli import lived
from tests.domain.build import (
    DAY,
    HOUR,
    MISSING,
    OVERFED,
    SILENT,
    SLOWING,
    START,
    UNREADABLE,
    action,
    channel,
    items,
)
from tests.rules.evaluation.build import expr, planned

END = START + 30 * DAY
RULES = [
    SILENT,
    SLOWING,
    OVERFED | {"only": ["blog"]},
    MISSING | {"deadline": {"since": "sample", "period": "4d"}},
    UNREADABLE,
    {"name": "Unlike", "reason": "It is unlike itself.", "quiet": {"also_declared": True}},
    {"name": "Stuck", "reason": "No outcome.", "deadline": {"since": "slot", "period": "1d"}},
    expr("Few", "channel.posts_28d < 2", only=["news"]),
    {"name": "FewNoData", "reason": "No data.", "unjudged": {"rule": "Few"}},
]
POSTS = {
    "blog": [1, 2, 2.1, 2.2, 2.3, 2.4, 9, 10, 11],
    "news": [0.5, 3, 7, 21],
}
SEEN = [1, 5, 6, 14]


def the_plan() -> Plan:
    week = {"at_least": 1, "at_most": 4, "per": "week"}
    return planned(
        *RULES,
        channels=[
            channel(activity="feed", cadence=week),
            channel("news", activity="feed"),
            channel("door", account="hand"),
        ],
        sources=[{"name": "feed", "kind": "feed", "every": "6h"}],
        metrics=[{"name": "visits", "source": "feed"}],
        actions=[
            action("ring", channel="door", schedule={"cron": "0 9 * * MON"}, content={"items": items(9)})
        ],
    )


def the_world() -> World:
    def at(day: float) -> datetime:
        return START + timedelta(days=day)

    return World(
        posts={name: [Activity(at=at(day), ref=f"{day}") for day in days] for name, days in POSTS.items()},
        samples={"visits": [Sample(metric="visits", at=at(day), value=1, seen=at(day)) for day in SEEN]},
        unread={"feed": [(at(16.03), at(19.01))]},
    )


def stored(folder: Path, end: datetime) -> Store:
    """Return a store in which the strategy has lived until then, with a pause in the middle."""
    plan, world = the_plan(), the_world()
    store = lived.store_of(folder)
    life = lived.KeptLife(plan, world, new_state(plan.id, START))
    entries = list(life.tell(PlanApplied(revision=1), START))
    paused = START + 12 * DAY
    if end >= paused:
        entries += life.until(paused)
        order = StartPause(scope="channel/blog", until=START + 14 * DAY)
        entries += life.tell(Commanded(command=Command(id="p", by="ann", instruction=order)), paused)
    entries += life.until(end)
    store.save_revision(plan, author="ann", reason="", now=START)
    for channel_, posts in world.posts.items():
        store.add_activities(plan.id, {channel_: [post for post in posts if post.at <= end]}, end)
    store.add_samples(plan.id, [sample for sample in world.samples["visits"] if sample.at <= end])
    shown = view(plan, life.state).model_dump(mode="json")
    row = StrategyRow(
        strategy=plan.id,
        revision=1,
        seq=life.state.seq,
        updated_at=end,
        state=life.state.model_copy(update={"at": end}).model_dump(mode="json"),
        view=shown,
    )
    store.record(row, entries, end)
    store.save_judged(plan.id, 1, life.rows)
    return store


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = stored(tmp_path_factory.mktemp("later"), END)
    yield store
    store.close()


def said(store: Store, at: datetime | None) -> dict[str, Any]:
    explainer = Explainer(store, "team/plan", at)
    clocks = [(rule, subject) for rule, subject in explainer.plan.by_clock]
    return {f"{rule.name}@{subject}": _told(explainer.explain(rule, subject)) for rule, subject in clocks}


def _told(one: Explained) -> tuple[Any, ...]:
    state = str(one.alert.state) if one.alert else "inactive"
    return one.truth, str(one.data), one.clock, "inactive" if state == "resolved" else state


@pytest.mark.parametrize("day", [0.3, 2.5, 8.9, 12.9, 16.5, 18.3, 29])
def test_a_clock_asked_later_says_what_it_said_then(later: Store, tmp_path: Path, day: float) -> None:
    at = START + timedelta(days=day)
    then = stored(tmp_path, at)
    now, afterwards = said(then, None), said(later, at)
    then.close()
    assert afterwards == now


def test_every_clock_but_that_of_rhythm_was_seen_true_and_false(later: Store) -> None:
    seen: dict[str, set[Any]] = {}
    for hours in range(6, 30 * 24, 61):
        for name, told in said(later, START + hours * HOUR).items():
            seen.setdefault(name.partition("@")[0], set()).add(told[0])
    assert {name for name, truths in seen.items() if not {True, False} <= truths} == {"Unlike"}


def test_before_the_strategy_ran_nothing_was_judged(later: Store) -> None:
    explainer = Explainer(later, "team/plan", START - DAY)
    (found,) = [explainer.explain(rule, subject) for rule, subject in explainer.plan.by_clock[:1]]
    assert (found.at, found.truth, found.note) == (None, None, "The strategy did not run yet.")
