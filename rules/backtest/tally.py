"""What a back-test found, rule by rule: how often it spoke, against its budget, and against what older rules said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.domain.rule import Rule
from rules.backtest.episodes import Episode

WEEK = timedelta(days=7)
YEAR = timedelta(days=365.25)


@dataclass(frozen=True)
class Tried:
    """One rule over a history that lasted `span`; `subjects` were judged. `unfit` says why it could not be judged.

    With `apart` the subjects are strangers to each other, such as the channels of many teams: `span` is what all of
    them were watched, added up, and the budget, which one team has for all its subjects, says nothing.
    """

    rule: Rule
    subjects: tuple[str, ...]
    episodes: tuple[Episode, ...]
    span: timedelta
    apart: bool = False
    unfit: str = ""

    @property
    def per_week(self) -> float:
        """Return the episodes a week, over all subjects. A history shorter than a week counts as one."""
        return len(self.episodes) / (max(self.span, WEEK) / WEEK)

    @property
    def per_year(self) -> float:
        """Return the episodes in a year of one subject, for subjects that are apart."""
        return len(self.episodes) / (max(self.span, WEEK) / YEAR)

    @property
    def over_budget(self) -> bool:
        """Return whether it spoke more often than the rule's budget allows."""
        return not self.apart and self.rule.budget is not None and self.per_week > self.rule.budget


@dataclass(frozen=True)
class Difference:
    """What became of one alert between the old rules and the new: only `old`, only `new`, or both, at other times."""

    old: Episode | None
    new: Episode | None

    @property
    def what(self) -> str:
        """Return `appears`, `vanishes` or `moves`."""
        if self.old is None:
            return "appears"
        return "vanishes" if self.new is None else "moves"

    @property
    def episode(self) -> Episode:
        """Return the episode by which people find it in the history: the new one where there is one."""
        episode = self.new or self.old
        if episode is None:
            raise ValueError("a difference without episodes")
        return episode


def differences(old: Iterable[Episode], new: Iterable[Episode]) -> list[Difference]:
    """Compare what two sets of rules said of one history, in the order of time; what is the same is left out.

    Two episodes are the same alert when rule and subject agree and they overlap in time.
    """
    before, after = _by_alert(old), _by_alert(new)
    found = [
        difference
        for alert in before.keys() | after.keys()
        for difference in _matched(before.get(alert, []), after.get(alert, []))
    ]
    return sorted(found, key=lambda one: (one.episode.fired_at, one.episode.rule, one.episode.subject))


def _by_alert(episodes: Iterable[Episode]) -> dict[tuple[str, str], list[Episode]]:
    found: dict[tuple[str, str], list[Episode]] = defaultdict(list)
    for episode in sorted(episodes, key=lambda one: one.fired_at):
        found[episode.rule, episode.subject].append(episode)
    return found


def _matched(old: Sequence[Episode], new: Sequence[Episode]) -> list[Difference]:
    found: list[Difference] = []
    left, right = list(old), list(new)
    while left and right:
        first, second = left[0], right[0]
        if _ends_before(first, second.fired_at):
            found.append(Difference(left.pop(0), None))
        elif _ends_before(second, first.fired_at):
            found.append(Difference(None, right.pop(0)))
        else:
            left.pop(0), right.pop(0)
            if (first.fired_at, first.resolved_at) != (second.fired_at, second.resolved_at):
                found.append(Difference(first, second))
    return [*found, *(Difference(one, None) for one in left), *(Difference(None, one) for one in right)]


def _ends_before(episode: Episode, instant: datetime) -> bool:
    return episode.resolved_at is not None and episode.resolved_at < instant
