"""A year of one team: chance makes its world and its incidents, and the very heart lives through it with the packs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import NamedTuple

from benchmarks.packs import noted, numbers, writing
from benchmarks.packs.incidents import DAY, HOUR, Happening, Pattern, Span, Spells, between, spells
from benchmarks.packs.people import Habits, Neighbourhood, Town
from benchmarks.packs.plans import SAMPLED, SEEN, WEEKDAYS, ZONES, Draft, plan_of
from engine.runtime.backtesting import episodes
from rules.backtest.episodes import Episode

YEAR = 2025
SPAN = Span(datetime(YEAR, 1, 1, tzinfo=UTC), datetime(YEAR + 1, 1, 1, tzinfo=UTC))

PATTERNS = {
    "PipelineDry": Pattern((1, 2), (40 * DAY, 60 * DAY), apart=60 * DAY),
    "RepliesPilingUp": Pattern((1, 3), (5 * DAY, 15 * DAY), (1, 3), (12 * HOUR, 36 * HOUR)),
    "BlanketPosting": Pattern((1, 2), (21 * DAY, 42 * DAY), (1, 3), (4 * DAY, 5 * DAY), 45 * DAY),
    "CreateWithoutListening": Pattern((1, 2), (40 * DAY, 70 * DAY), (0, 2), (8 * DAY, 13 * DAY), 45 * DAY),
    "AssumptionBroken": Pattern((1, 2), (14 * DAY, 40 * DAY), (2, 4), (DAY, DAY + HOUR)),
    "feed unread": Pattern((1, 2), (36 * HOUR, 6 * DAY), (2, 4), (2 * HOUR, 11 * HOUR), 14 * DAY),
    "stats unread": Pattern((1, 2), (36 * HOUR, 6 * DAY), (2, 4), (2 * HOUR, 11 * HOUR), 14 * DAY),
    "RulesUnjudged": Pattern((1, 2), (36 * HOUR, 4 * DAY), (2, 4), (2 * HOUR, 11 * HOUR), 14 * DAY),
    "MetricMissing": Pattern((1, 3), (5 * DAY, 14 * DAY), (1, 3), (22 * HOUR, DAY)),
    "MetricUnused": Pattern((1, 1), (120 * DAY, 170 * DAY), (0, 2), (20 * DAY, 60 * DAY)),
    "fewer hours": Pattern((1, 2), (7 * DAY, 40 * DAY), (0, 2), (7 * DAY, 30 * DAY)),
    "away": Pattern((0, 1), (14 * DAY, 30 * DAY)),
    "slow answers": Pattern((2, 4), (7 * DAY, 8 * DAY), (2, 4), (7 * DAY, 8 * DAY), 7 * DAY),
}


class Lived(NamedTuple):
    """What happened to a team, and the episodes of every alert."""

    happenings: tuple[Happening, ...]
    episodes: tuple[Episode, ...]


class Made(NamedTuple):
    """A team before its year begins: what chance has in store for it, and what of that is known beforehand."""

    life: Neighbourhood
    happenings: list[Happening]


def make(seed: int, team: int) -> Made:
    """Make a team and its year; the same seed and number make the same ones."""
    chance = Random(f"{seed}/{team}")
    times = {name: spells(chance, SPAN, pattern) for name, pattern in PATTERNS.items()}
    a_week = chance.choice(list(WEEKDAYS))
    draft = Draft(
        team=f"team{team}",
        zone=chance.choice(ZONES),
        year=YEAR,
        a_week=a_week,
        target=chance.randint(200, 2000),
        items=writing.pieces(a_week),
        expires=date(YEAR, 1, 1) + timedelta(days=chance.randint(50, 120)),
    )
    happenings = list(_planned(times))
    expired: list[Span] = []
    changes = [
        *writing.deliveries(chance, SPAN, a_week, times["PipelineDry"], happenings),
        *writing.renewals(chance, SPAN, draft.zone, draft.expires, happenings, expired),
        *writing.hours(chance, times["fewer hours"]),
        *writing.extras(times["MetricUnused"], happenings),
    ]
    orders = numbers.orders(chance, SPAN, draft.target)
    happenings += numbers.checkpoints_missed(plan_of(draft), orders, SPAN)
    world = Town(
        posts=numbers.posts(chance, SPAN, times["BlanketPosting"]),
        samples={
            "replies": numbers.replies(chance, SPAN, times["RepliesPilingUp"]),
            "visits": numbers.visits(chance, SPAN, times["AssumptionBroken"]),
            "readers": numbers.readers(chance, SPAN, times["MetricMissing"]),
            "orders": orders,
            "extra": numbers.samples("extra", SPAN, DAY, lambda _at: 1.0),
        },
        unread={
            source: [(span.start, span.end) for span in _all(times[f"{source} unread"])]
            for source in (SEEN, SAMPLED)
        },
        expired=expired,
    )
    habits = Habits(
        deaf=_all(times["CreateWithoutListening"]),
        away=times["away"].real,
        mute=_all(times["RulesUnjudged"]),
        slow=_slow(chance, times["slow answers"]),
    )
    life = Neighbourhood(plan_of(draft), world, SPAN.start, habits, chance)
    for change in sorted(changes, key=lambda each: each.at):
        draft = change.made(draft)
        life.apply(change.at, plan_of(draft), change.reason)
    return Made(life, happenings)


def live(seed: int, team: int) -> Lived:
    """Live a year that was made so."""
    life, happenings = make(seed, team)
    entries = list(life.lived(SPAN.start, SPAN.end))
    tasks = noted.tasks_of(entries)
    happenings += [
        *noted.late(tasks, SPAN.end),
        *noted.slow(entries, tasks),
        *noted.overrun(tasks, SPAN.end),
    ]
    dated = (
        replace(each, harm_at=noted.first_empty(entries, each.span)) if each.rule == "PipelineDry" else each
        for each in happenings
        if each.span.start < SPAN.end
    )
    return Lived(tuple(dated), tuple(episodes(entries)))


def _planned(times: dict[str, Spells]) -> list[Happening]:
    """Return what the generator knows before anybody lives."""
    return [
        *times["RepliesPilingUp"].happenings("RepliesPilingUp", "channel/forum"),
        *times["BlanketPosting"].happenings(
            "BlanketPosting", "channel/forum", "channel/letter", tail=14 * DAY
        ),
        *times["CreateWithoutListening"].happenings("CreateWithoutListening", "strategy", tail=7 * DAY),
        *times["AssumptionBroken"].happenings("AssumptionBroken", "assumption/visits", tail=7 * DAY),
        *times["feed unread"].happenings("SourceUnreadable", f"source/{SEEN}"),
        *times["stats unread"].happenings("SourceUnreadable", f"source/{SAMPLED}"),
        *times["RulesUnjudged"].happenings("RulesUnjudged", "strategy"),
        *times["MetricMissing"].happenings("MetricMissing", "metric/readers"),
        *times["fewer hours"].happenings("PersonOverloaded", "person/editor"),
    ]


def _all(times: Spells) -> tuple[Span, ...]:
    return (*times.real, *times.near)


def _slow(chance: Random, times: Spells) -> tuple[tuple[Span, timedelta], ...]:
    """Return when the platform is slow to answer, and how slow: for days, or as a near miss for some hours."""
    days = ((span, between(chance, 10 * HOUR, 4 * DAY)) for span in times.real)
    hours = ((span, between(chance, HOUR, 6 * HOUR)) for span in times.near)
    return (*days, *hours)
