"""The back-test of a plan over its own history: the very same heart and evaluation, fed with what really happened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta

from engine.domain.alerts import is_active
from engine.domain.journal import Entry
from engine.domain.lifecycle.state import new_state
from engine.domain.messages import PlanApplied
from engine.domain.plan import Plan
from engine.domain.records import Alert, AlertState, Pause
from engine.runtime.covering import CoveredLife
from engine.runtime.simulation import Life, World
from rules.backtest.episodes import Episode
from rules.backtest.replayed import replayed, unfit_for_history
from rules.backtest.tally import Tried
from rules.testing.coverage import Coverage

_NOTHING = "neither the plan nor the history holds anything that it judges"


class Replay:
    """The wanted rules of a plan over a history: what a strategy would have written into its journal, from `start` to `end`.

    `world` holds the posts and samples that there were, `pauses` when clocks stood still. The plan's actions post nothing:
    the history has it all. With `covered` it is also watched what the single conditions were seen to be, which takes
    longer.
    """

    def __init__(
        self,
        plan: Plan,
        wanted: Collection[str],
        world: World,
        start: datetime,
        end: datetime,
        *,
        covered: bool,
        pauses: tuple[Pause, ...] = (),
    ) -> None:
        self._start, self._end = start, end
        kind = CoveredLife if covered else Life
        state = new_state(plan.id, start).model_copy(update={"pauses": pauses})
        self._life = kind(replayed(plan, wanted), world, state)

    def entries(self) -> Iterator[Entry]:
        """Live through the history and yield the journal's entries, in order."""
        yield from self._life.tell(PlanApplied(revision=1, author="back-test"), self._start)
        yield from self._life.until(self._end)

    @property
    def coverage(self) -> Coverage | None:
        """Return what the single conditions were seen to be so far, if that was watched."""
        return self._life.coverage if isinstance(self._life, CoveredLife) else None


def untold(plan: Plan, world: World) -> frozenset[str]:
    """Return the subjects of which the history holds nothing: that is not the same as that nothing happened."""
    channels = {f"channel/{name}" for name in plan.channels if not world.posts.get(name)}
    metrics = {f"metric/{name}" for name in plan.metrics if not world.samples.get(name)}
    goals = {f"goal/{goal.name}" for goal in plan.strategy.goals if f"metric/{goal.metric}" in metrics}
    return frozenset(channels | metrics | goals)


def tried(
    plan: Plan, wanted: Collection[str], entries: Iterable[Entry], span: timedelta, without: Collection[str]
) -> list[Tried]:
    """Return what each of the wanted rules said, by the entries of the journal, in the order of the plan.

    What they said of the subjects in `without` is left out.
    """
    found: dict[str, list[Episode]] = defaultdict(list)
    for episode in episodes(entries):
        if episode.subject not in without:
            found[episode.rule].append(episode)
    judged: dict[str, list[str]] = defaultdict(list)
    for rule, subject in plan.judged:
        if subject not in without:
            judged[rule.name].append(subject)
    return [
        Tried(
            rule,
            tuple(judged[rule.name]),
            tuple(found[rule.name]),
            span,
            unfit=unfit_for_history(rule) or ("" if judged[rule.name] else _NOTHING),
        )
        for rule in plan.rules
        if rule.name in wanted
    ]


def episodes(entries: Iterable[Entry]) -> list[Episode]:
    """Return the lives of all alerts in a journal, in the order in which they fired."""
    found: dict[tuple[str, datetime], Alert] = {}
    for entry in entries:
        data = entry.data.get("alert")
        if data is None:
            continue
        alert = Alert.model_validate(data)
        ended = alert.state is AlertState.RESOLVED and alert.resolved_at is not None
        if alert.fired_at is not None and (is_active(alert) or ended):
            found[alert.id, alert.fired_at] = alert
    return sorted(
        Episode(fired, alert.rule, alert.subject, None if is_active(alert) else alert.resolved_at)
        for (_, fired), alert in found.items()
    )
