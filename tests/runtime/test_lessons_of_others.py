"""What went wrong in other engines, lived through by the whole heart with its rules; docs/explanation/lessons.md names each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from engine.domain.alerts import is_active
from engine.domain.journal import Entry, EntryType
from engine.domain.judgement import Circumstances
from engine.domain.lifecycle.state import new_state
from engine.domain.messages import Observed, PlanApplied
from engine.domain.records import Activity, Alert, Sample
from engine.runtime.simulation import Life, LivedPast, World
from tests.domain.build import DAY, HOUR, MISSING, OVERFED, START, channel
from tests.rules.evaluation.build import GOAL, expr, planned

HALF, END = START + 14 * DAY, START + 40 * DAY
WATCHED = [channel(activity="feed"), channel("news", activity="feed")]
SIGNALS = [
    {"name": "level", "metric": "visits", "function": "mean", "window": "7d"},
    {"name": "fed", "each": "channel", "function": "count", "window": "7d"},
]
# All of them rest on samples or posts, in every way in which the language reads them.
RULES = (
    expr("Low", "metric.value < 50", of="metric"),
    expr("High", "signal.level >= 50", of="strategy", recover="signal.level < 20"),
    expr("Moved", "metric.change_7d != 0", of="metric", keep_firing_for="2d"),
    expr("Seen", "metric.samples_28d > 0", of="metric", **{"for": "1d"}),
    expr("Behind", "goal.value < goal.planned", of="goal"),
    {"name": "Pace", "reason": "x", "pace": {}},
    MISSING | {"deadline": {"since": "sample", "period": "3d"}},
)
instants = st.integers(0, 14 * 24 * 60).map(lambda minute: START + timedelta(minutes=minute))
times = st.lists(instants, max_size=14, unique=True).map(sorted)


def sampled(pairs: Sequence[tuple[datetime, float]]) -> World:
    values = [Sample(metric="visits", at=at, value=value, seen=at) for at, value in pairs]
    return World(samples={"visits": values})


def lived(
    *rules: Mapping[str, Any], world: World, until: datetime, kind: type[Life] = Life
) -> tuple[Life, list[Entry]]:
    plan = planned(*rules, channels=WATCHED, goals=[GOAL], signals=SIGNALS)
    life = kind(plan, world, new_state(plan.id, START))
    return life, [*life.tell(PlanApplied(revision=1), START), *life.until(until)]


def active(life: Life) -> set[str]:
    return {alert.id for alert in life.state.alerts.values() if is_active(alert)}


@settings(
    max_examples=25, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow]
)
@given(at=times, data=st.data())
def test_deleting_samples_never_resolves_an_alert(at: Sequence[datetime], data: st.DataObject) -> None:
    values = data.draw(st.lists(st.integers(0, 100).map(float), min_size=len(at), max_size=len(at)))
    life, _ = lived(*RULES, world=sampled(list(zip(at, values, strict=True))), until=HALF)
    before = active(life)
    life.world, life._past = World(), LivedPast(World())
    entries = list(life.until(END))
    assert [each.subject for each in entries if each.type is EntryType.ALERT_RESOLVED] == []
    assert before <= active(life)


class Stammering(Life):
    """Hears everything that the world answers twice."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.heard: list[Observed] = []

    def _judged(self, observed: Observed, judge: Circumstances | None) -> Observed:
        answer = super()._judged(observed, judge)
        self.heard.append(answer)
        return answer


@settings(
    max_examples=25, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow]
)
@given(at=times, posted=times, data=st.data())
def test_resending_the_same_facts_changes_nothing(
    at: Sequence[datetime], posted: Sequence[datetime], data: st.DataObject
) -> None:
    values = data.draw(st.lists(st.integers(0, 100).map(float), min_size=len(at), max_size=len(at)))
    world = sampled(list(zip(at, values, strict=True)))
    posts = {"blog": [Activity(at=when, ref=f"{when}") for when in posted]}
    few = expr("Few", "signal.fed < 3 || channel.posts_7d < 2")
    life, _ = lived(
        *RULES, few, OVERFED,
        world=World(posts=posts, samples=world.samples), until=START, kind=Stammering,
    )  # fmt: skip
    assert isinstance(life, Stammering)
    while life.wake_at is not None and life.wake_at <= HALF:
        now = life.wake_at
        for _ in life.until(now):
            pass
        again, life.heard = life.heard, []
        before = life.state
        for answer in again:
            assert list(life.tell(answer, now)) == []
            life.heard = []
        assert life.state.model_dump(exclude={"sources"}) == before.model_dump(exclude={"sources"})


def firings(entries: Sequence[Entry]) -> list[Alert]:
    return [
        Alert.model_validate(each.data["alert"]) for each in entries if each.type is EntryType.ALERT_FIRING
    ]


def test_a_value_that_moves_makes_no_other_alert() -> None:
    falling = sampled([(START + day * DAY, 40.0 - day) for day in range(20)])
    life, entries = lived(RULES[0], world=falling, until=START + 20 * DAY)
    assert [alert.id for alert in firings(entries)] == ["Low@metric/visits"]
    assert "40" in life.state.alerts["Low@metric/visits"].because, (
        "the words are those of the day on which it fired"
    )


def test_a_line_of_recovery_of_its_own_makes_one_alert_of_a_value_that_swings_around_the_other() -> None:
    swinging = sampled([(START + day * DAY, 49.0 if day % 2 else 51.0) for day in range(20)])
    one_line = firings(lived(RULES[0], world=swinging, until=START + 20 * DAY)[1])
    two_lines = RULES[0] | {"recover": "metric.value > 60"}
    assert len(one_line) == 10
    assert len(firings(lived(two_lines, world=swinging, until=START + 20 * DAY)[1])) == 1


def test_a_source_that_fails_is_unknown_and_never_a_zero() -> None:
    read = sampled([(START + HOUR, 80.0)])
    blind = World(samples=read.samples, unread={"feed": [(START + DAY, None)]})
    rules = (
        expr("Nothing", "channel.posts_7d == 0 || channel.posts_28d == 0"),
        expr("Zero", "metric.value == 0 || signal.level == 0", of="metric"),
    )
    life, entries = lived(*rules, world=blind, until=END)
    assert firings(entries) == []
    assert {str(life.state.alerts[f"Nothing@channel/{name}"].data) for name in ("blog", "news")} == {
        "unknown"
    }
