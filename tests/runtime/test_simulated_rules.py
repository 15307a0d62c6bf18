"""The simulator judges rules by the engine's own code, from the posts and numbers of its world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from engine.domain.journal import EntryType
from engine.domain.likeness import sketch
from engine.domain.records import Activity, Sample
from engine.runtime.simulation import World, simulate
from tests.domain.build import DAY, START, action, channel, items
from tests.rules.evaluation.build import expr, planned

END = START + 28 * DAY
DAILY = action(schedule={"cron": "0 9 * * *"}, content={"items": items(2), "repeat": True})


def fired(*rules: Mapping[str, Any], world: World | None = None, **strategy: Any) -> dict[str, datetime]:
    """Return when each alert fired first."""
    plan = planned(*rules, **({"channels": [channel(activity="feed"), channel("news")]} | strategy))
    entries = simulate(plan, world or World(), START, END)
    found: dict[str, datetime] = {}
    for entry in entries:
        if entry.type is EntryType.ALERT_FIRING:
            found.setdefault(f"{entry.summary.partition(' ')[0]}@{entry.subject}", entry.at)
    return found


def posts(*days: float, text: str = "") -> Sequence[Activity]:
    return [
        Activity(at=START + timedelta(days=day), ref=f"p{day}{text}", sketch=sketch(text)) for day in days
    ]


def test_posts_that_others_make_and_own_ones_are_counted() -> None:
    many = expr("Many", "channel.posts_7d >= 9", only=["blog"])
    others = World(posts={"blog": posts(2.5, 3.5, 4.5)})
    own = fired(many, actions=[DAILY])
    both = fired(many, actions=[DAILY], world=others)
    assert own == {}, "seven a week are not nine"
    (at,) = both.values()
    assert timedelta(days=5) < at - START < timedelta(days=8)


def test_a_channel_that_falls_silent_is_noticed_by_its_count() -> None:
    few = expr("Few", "channel.posts_7d < 3", only=["blog"])
    silenced = World(silent_from={"blog": START + 10 * DAY})
    assert fired(few, actions=[DAILY]) == {}
    (at,) = fired(few, actions=[DAILY], world=silenced).values()
    assert timedelta(days=14) < at - START < timedelta(days=16)


def test_numbers_of_the_world_are_what_signals_see() -> None:
    low = expr("Low", "signal.level < 10", of="strategy")
    signals = [{"name": "level", "metric": "visits", "function": "mean", "window": "3d", "min_samples": 3}]
    values = [
        Sample(metric="visits", at=START + n * DAY, value=20 if n < 9 else 2, seen=START + n * DAY)
        for n in range(28)
    ]
    (at,) = fired(low, signals=signals, world=World(samples={"visits": values})).values()
    assert timedelta(days=10) <= at - START < timedelta(days=11)
    assert fired(low, signals=signals) == {}, "no numbers, no alert"


def test_own_posts_are_compared_with_what_stands_elsewhere() -> None:
    same = {"name": "Same", "reason": "x", "duplicate": {}}
    texts = [item["body"] for item in items(2)]
    elsewhere = World(posts={"news": [*posts(1, 3, 5, text=texts[0]), *posts(2, 4, 6, text=texts[1])]})
    watched = [channel(), channel("news", activity="feed")]
    assert set(fired(same, actions=[DAILY], channels=watched, world=elsewhere)) == {
        "Same@channel/blog",
        "Same@channel/news",
    }
    assert fired(same, actions=[DAILY], channels=watched) == {}
