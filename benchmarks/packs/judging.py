"""What each rule made of what happened: caught and how soon, missed, and alerts that belong to nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median

from benchmarks.packs.incidents import DAY, HOUR, Happening
from benchmarks.packs.year import Lived
from rules.backtest.episodes import Episode

RULES = (
    "PipelineDry",
    "RepliesPilingUp",
    "BlanketPosting",
    "CreateWithoutListening",
    "CheckpointMissed",
    "AssumptionBroken",
    "SourceUnreadable",
    "RulesUnjudged",
    "SlotUnsettled",
    "MetricMissing",
    "MetricUnused",
    "CredentialExpiring",
    "CredentialExpired",
    "TaskOverdue",
    "PersonOverloaded",
)


@dataclass
class Score:
    """What one rule did over all years; `ahead` is how long before the harm its alerts fired, where one is known."""

    rule: str
    years: int = 0
    incidents: int = 0
    near: int = 0
    delays: list[timedelta] = field(default_factory=list)
    ahead: list[timedelta] = field(default_factory=list)
    episodes: int = 0
    stray: list[Episode] = field(default_factory=list)
    missed: list[Happening] = field(default_factory=list)

    def take(self, lived: Lived) -> None:
        """Count one more year."""
        mine = [each for each in lived.happenings if each.rule == self.rule]
        real = [each for each in mine if not each.near]
        fired = [each for each in lived.episodes if each.rule == self.rule]
        belonging = [one for one in fired if any(_belongs(one, each) for each in real)]
        self.years += 1
        self.incidents += len(real)
        self.near += len(mine) - len(real)
        self.episodes += len(fired)
        self.stray += [one for one in fired if one not in belonging]
        for each in real:
            self._caught(each, belonging)

    def _caught(self, incident: Happening, belonging: Sequence[Episode]) -> None:
        alarms = [max(one.fired_at, incident.span.start) for one in belonging if _within(one, incident)]
        if not alarms:
            self.missed.append(incident)
            return
        self.delays.append(min(alarms) - incident.span.start)
        if incident.harm_at is not None:
            self.ahead.append(incident.harm_at - min(alarms))

    @property
    def caught(self) -> int:
        """Return how many incidents were told while they lasted."""
        return self.incidents - len(self.missed)

    def row(self) -> str:
        """Return the row of the table."""
        delay = told(_median(self.delays)) if self.delays else ""
        ahead = f", {told(_median(self.ahead))} before the harm" if self.ahead else ""
        stray = len(self.stray) / self.years
        return (
            f"| {self.rule} | {self.incidents} | {self.caught} | {delay}{ahead} | {self.near} | {self.episodes} "
            f"| {stray:.2f} |"
        )


def _belongs(one: Episode, incident: Happening) -> bool:
    span = incident.span
    return one.subject in incident.subjects and span.start <= one.fired_at <= span.end + incident.tail


def _within(one: Episode, incident: Happening) -> bool:
    """Return whether the alert fired at some time of the incident; an earlier incident may have raised it."""
    span = incident.span
    ended_before = one.resolved_at is not None and one.resolved_at <= span.start
    return one.subject in incident.subjects and one.fired_at <= span.end and not ended_before


def judge(years: Iterable[Lived]) -> list[Score]:
    """Return what each rule did over these years."""
    scores = [Score(rule) for rule in RULES]
    for lived in years:
        for score in scores:
            score.take(lived)
    return scores


def table(scores: Iterable[Score]) -> Iterator[str]:
    """Yield the lines of the table."""
    yield "| rule | incidents | caught | median delay | near misses | episodes | false alarms a strategy-year |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    yield from (score.row() for score in scores)


def _median(times: Sequence[timedelta]) -> timedelta:
    return timedelta(seconds=median(time.total_seconds() for time in times))


def told(time: timedelta) -> str:
    """Return a length of time in words short enough for a table; below zero it came too late."""
    if abs(time) >= 2 * DAY:
        return f"{time / DAY:.1f} d"
    return f"{time / HOUR:.1f} h"
