"""The numbers and posts of a generated year: they go as they go, and otherwise where an incident is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from random import Random

from benchmarks.packs.incidents import DAY, HOUR, Happening, Span, Spells
from engine.domain.goals import curve
from engine.domain.likeness import sketch
from engine.domain.plan import Plan
from engine.domain.records import Activity, Sample

_WORDS = [f"word{number}" for number in range(4000)]


def samples(
    metric: str, year: Span, every: timedelta, value: Callable[[datetime], float | None]
) -> list[Sample]:
    """Return the values of a metric; None is one that did not come."""
    found: list[Sample] = []
    at = year.start
    while at < year.end:
        number = value(at)
        if number is not None:
            found.append(Sample(metric=metric, at=at, value=number, seen=at))
        at += every
    return found


def replies(chance: Random, year: Span, neglected: Spells) -> list[Sample]:
    """Return how many replies wait: few; in a rush too many for a day and a half; unanswered more and more."""

    def waiting(at: datetime) -> float:
        for span in neglected.real:
            if span.holds(at):
                return 6 + 4 * ((at - span.start) / DAY)
        if any(span.holds(at) for span in neglected.near):
            return chance.randint(11, 16)
        return chance.randint(0, 8)

    return samples("replies", year, 6 * HOUR, waiting)


def visits(chance: Random, year: Span, fallen: Spells) -> list[Sample]:
    """Return the visits of each day: about 60; on a bad day 15; where the assumption is broken about 25."""

    def count(at: datetime) -> float:
        if any(span.holds(at) for span in fallen.real):
            return max(0.0, round(chance.gauss(25, 6)))
        return 15 if any(span.holds(at) for span in fallen.near) else max(20.0, round(chance.gauss(60, 8)))

    return samples("visits", year, DAY, count)


def readers(chance: Random, year: Span, gaps: Spells) -> list[Sample]:
    """Return the readers of each day, except where no number comes."""
    missing = (*gaps.real, *gaps.near)

    def count(at: datetime) -> float | None:
        number = chance.randint(150, 250)
        return None if any(span.holds(at) for span in missing) else number

    return samples("readers", year, DAY, count)


def orders(chance: Random, year: Span, target: int) -> list[Sample]:
    """Return the orders so far: each quarter goes well or ill, as chance will."""
    speeds = [chance.choice((chance.uniform(0.3, 0.8), chance.uniform(1.02, 1.5))) for _ in range(4)]
    so_far = 0.0

    def total(at: datetime) -> float:
        nonlocal so_far
        so_far += (
            target / 365 * speeds[min(3, int((at - year.start) / DAY / 91.25))] * chance.uniform(0.7, 1.3)
        )
        return round(so_far)

    return samples("orders", year, DAY, total)


def checkpoints_missed(plan: Plan, values: Sequence[Sample], year: Span) -> Iterator[Happening]:
    """Yield from when until when the newest checkpoint was not reached, and as near misses those that were."""
    corners = curve(plan.strategy.goals[0], plan.zone)[1:-1]
    missed_since: datetime | None = None
    for place, (corner, level) in enumerate(corners):
        until = corners[place + 1][0] if place + 1 < len(corners) else year.end
        reached = next((sample.at for sample in values if sample.value >= level), year.end)
        if reached <= corner:
            yield Happening("CheckpointMissed", ("goal/orders",), Span(corner, until), near=True)
            continue
        missed_since = missed_since or corner
        if reached < until or until == year.end:
            yield Happening("CheckpointMissed", ("goal/orders",), Span(missed_since, min(reached, until)))
            missed_since = None


def posts(chance: Random, year: Span, copying: Spells) -> dict[str, list[Activity]]:
    """Return what is posted by hand on two channels; where people copy, the letter says what the forum said."""
    forum = list(_own(chance, "forum", year, 2.3))
    letter: list[Activity] = []
    for post in _own(chance, "letter", year, 3.5):
        before = [other for other in forum if other.at < post.at]
        copied = before and any(span.holds(post.at) for span in copying.real)
        letter.append(post.model_copy(update={"sketch": before[-1].sketch}) if copied else post)
    for span in copying.near:
        at = next((n for n, post in enumerate(letter) if span.holds(post.at)), None)
        before = [other for other in forum if at is not None and other.at < letter[at].at]
        if at is not None and before:
            letter[at] = letter[at].model_copy(update={"sketch": before[-1].sketch})
    return {"forum": forum, "letter": letter}


def _own(chance: Random, channel: str, year: Span, apart: float) -> Iterator[Activity]:
    at, number = year.start + DAY * chance.uniform(0.1, 2), 0
    while at < year.end:
        number += 1
        text = " ".join(chance.sample(_WORDS, 30))
        yield Activity(at=at, ref=f"{channel}-{number}", title=f"{channel} {number}", sketch=sketch(text))
        at += DAY * chance.uniform(0.6, 1.4) * apart
