"""An edited rule's alerts stand as if the new rule had always run: what history tells, and what people know, both stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from engine.domain.alerts import is_active
from engine.domain.journal import EntryType
from engine.domain.lifecycle.state import State, new_state
from engine.domain.messages import AcknowledgeAlert, Command, Commanded, PlanApplied, StartPause
from engine.domain.plan import Plan
from engine.domain.rebuilt import Rebuilt
from engine.domain.records import Activity, Alert, AlertState, Sample
from engine.runtime.rebuilding import rebuilt
from engine.runtime.simulation import Life, World
from tests.domain.build import DAY, HOUR, START, channel
from tests.rules.evaluation.build import GOAL, expr, planned

END = START + 24 * DAY
CALM = (AlertState.INACTIVE, AlertState.RESOLVED)
WATCHED = [channel(activity="feed"), channel("news", activity="feed", cadence=None)]

spans = st.sampled_from(["0s", "7h", "2d", "6d"])


def clocks(condition: dict[str, Any]) -> dict[str, Any]:
    return {"name": "Edited", "reason": "It matters."} | condition


def of_a_clock() -> st.SearchStrategy[dict[str, Any]]:
    periods = st.sampled_from(["3d", "5d", "9d"])
    return st.one_of(
        periods.map(lambda period: clocks({"deadline": {"since": "activity", "period": period}})),
        periods.map(lambda period: clocks({"deadline": {"since": "sample", "period": period}})),
        st.sampled_from(["at_least", "at_most"]).map(lambda side: clocks({"cadence": {"breach": side}})),
        st.just(clocks({"quiet": {"also_declared": True}})),
    )


def of_facts() -> st.SearchStrategy[dict[str, Any]]:
    lines, days = st.integers(0, 100), st.integers(1, 9)
    return st.one_of(
        st.builds(lambda n: expr("Edited", f"metric.value < {n}", of="metric"), lines),
        st.builds(
            lambda n, up: expr(
                "Edited", f"metric.value < {n}", of="metric", recover=f"metric.value > {n + up}"
            ),
            lines,
            st.integers(0, 30),
        ),
        st.builds(lambda n: expr("Edited", f"signal.level >= {n}", of="strategy"), lines),
        st.builds(lambda n: expr("Edited", f"channel.silent_for > {n}d"), days),
        st.builds(lambda n: expr("Edited", f"channel.posts_7d < {n}"), days),
        st.builds(lambda n: expr("Edited", f"goal.value < goal.planned * {n} / 4", of="goal"), days),
        st.just(clocks({"pace": {}})),
    )


def rules() -> st.SearchStrategy[dict[str, Any]]:
    def with_spans(rule: Mapping[str, Any], hold: str, keep: str) -> dict[str, Any]:
        return {**rule, "for": hold, "keep_firing_for": keep}

    return st.builds(with_spans, of_a_clock() | of_facts(), spans, spans)


def made_of(rule: Mapping[str, Any] | None) -> Plan:
    return planned(
        *([rule] if rule else []),
        channels=WATCHED,
        goals=[GOAL],
        metrics=[{"name": "visits", "source": "feed"}],
        signals=[{"name": "level", "metric": "visits", "function": "mean", "window": "7d"}],
    )


instants = st.integers(0, 24 * 24 * 60).map(lambda minute: START + timedelta(minutes=minute))
times = st.lists(instants, max_size=25, unique=True).map(sorted)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    posts = {name: [Activity(at=at, ref=f"{at}") for at in draw(times)] for name in ("blog", "news")}
    values = st.integers(0, 100).map(float)
    samples = [Sample(metric="visits", at=at, value=draw(values), seen=at) for at in draw(times)]
    return World(posts=posts, samples={"visits": samples})


def lived(plan: Plan, world: World, until: datetime) -> Life:
    life = Life(plan, world, new_state(plan.id, START))
    run(life, PlanApplied(revision=1), START, until)
    return life


def run(life: Life, event: PlanApplied | Commanded, at: datetime, until: datetime) -> list[EntryType]:
    entries = [*life.tell(event, at), *life.until(until)]
    return [entry.type for entry in entries]


def edit(life: Life, new: Plan, at: datetime, *, until: datetime | None = None) -> list[EntryType]:
    told = rebuilt(life.plan, new, life.state, life.world, at)
    life.plan = new
    revision = life.state.revision + 1
    return run(life, PlanApplied(revision=revision, rebuilt=told), at, until or at)


def standing(state: State) -> dict[str, dict[str, Any]]:
    """Return how the alerts stand, without what people know: two that are calm are alike."""
    of_clocks = {"state", "data", "severity", "pending_since", "recovering_since"}
    of_firing = {"fired_at", "because", "evidence"}
    found = {}
    for alert in state.alerts.values():
        if alert.state not in CALM:
            wanted = of_clocks | (of_firing if is_active(alert) else set())
            found[alert.id] = alert.model_dump(include=wanted)
    return found


@settings(
    max_examples=40,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(old=st.none() | rules(), new=rules(), world=worlds(), edited=st.integers(1, 23 * 24), data=st.data())
def test_state_rebuilt_from_history_after_a_rule_edit_is_that_of_a_strategy_that_always_ran_the_new_rule(
    old: Mapping[str, Any] | None, new: Mapping[str, Any], world: World, edited: int, data: st.DataObject
) -> None:
    at = START + edited * HOUR
    changed, always = lived(made_of(old), world, at), lived(made_of(new), world, at)
    edit(changed, made_of(new), at)
    edit(always, made_of(new), at)
    assert standing(changed.state) == standing(always.state)
    later = data.draw(instants.filter(lambda instant: instant > at))
    for life in (changed, always):
        for _ in life.until(later):
            pass
    assert standing(changed.state) == standing(always.state)


# --- what people know, and what history does not ----------------------------------------------------------------------

SILENT = clocks({"deadline": {"since": "activity", "period": "5d"}, "only": ["blog"]})
IDENTITY = "Edited@channel/blog"
ONCE = World(posts={"blog": [Activity(at=START + HOUR, ref="once")]})
TEN = START + 10 * DAY


def of_period(period: str, **more: Any) -> Plan:
    return made_of(SILENT | {"deadline": {"since": "activity", "period": period}} | more)


def alert(life: Life) -> Alert:
    return life.state.alerts[IDENTITY]


def test_a_shorter_period_dates_an_alert_back_and_goes_on_as_the_same_episode() -> None:
    life = lived(made_of(SILENT), ONCE, TEN)
    acknowledge = Command(id="c", by="ann", instruction=AcknowledgeAlert(alert=IDENTITY))
    run(life, Commanded(command=acknowledge), TEN, TEN)
    before = alert(life)
    assert before.fired_at == START + HOUR + 5 * DAY
    turns = edit(life, of_period("3d"), TEN)
    after = alert(life)
    assert (after.fired_at, after.state) == (START + HOUR + 3 * DAY, AlertState.FIRING)
    known = {"episode", "acknowledged_by", "told_at", "tellings", "followed"}
    assert after.model_dump(include=known) == before.model_dump(include=known)
    assert EntryType.ALERT_REBUILT in turns
    assert not {EntryType.ALERT_FIRING, EntryType.ALERT_TOLD} & set(turns), (
        "nobody is told of the same alert again"
    )


def test_an_alert_that_the_new_rule_would_not_have_raised_ends_with_a_word() -> None:
    life = lived(made_of(SILENT | {"task": {"title": "Write"}}), ONCE, TEN)
    assert life.state.tasks
    turns = edit(life, of_period("20d", task={"title": "Write"}), TEN)
    assert (alert(life).state, alert(life).resolved_at) == (AlertState.RESOLVED, TEN)
    assert EntryType.ALERT_RESOLVED in turns
    assert not life.state.tasks, "its task ends with it"


def test_a_rule_that_would_have_fired_long_ago_fires_at_once_and_says_since_when() -> None:
    life = lived(of_period("20d"), ONCE, TEN)
    assert alert(life).state is AlertState.INACTIVE
    entries = list(_edited(life, of_period("3d", **{"for": "2d"}), TEN))
    (fired,) = [entry for entry in entries if entry.type is EntryType.ALERT_FIRING]
    assert fired.at == TEN
    assert "is firing since Sat 10 Jan 2026 09:00" in fired.summary
    assert (alert(life).episode, alert(life).fired_at) == (1, START + HOUR + 5 * DAY)
    assert EntryType.ALERT_TOLD in {entry.type for entry in entries}


def _edited(life: Life, new: Plan, at: datetime) -> Sequence[Any]:
    told = rebuilt(life.plan, new, life.state, life.world, at)
    life.plan = new
    return list(life.tell(PlanApplied(revision=2, rebuilt=told), at))


def test_the_clock_of_a_longer_for_does_not_start_again_at_the_edit() -> None:
    life = lived(of_period("5d", **{"for": "1d"}), ONCE, START + 5.5 * DAY)
    assert alert(life).state is AlertState.PENDING
    edit(life, of_period("5d", **{"for": "3d"}), START + 5.5 * DAY, until=START + 9 * DAY)
    assert alert(life).fired_at == START + HOUR + 8 * DAY


def test_a_pause_of_the_past_stands_still_for_the_new_rule_too() -> None:
    life = lived(of_period("20d"), ONCE, START + 2 * DAY)
    pause = StartPause(scope="channel/blog", until=START + 5 * DAY)
    run(life, Commanded(command=Command(id="p", instruction=pause)), START + 2 * DAY, TEN)
    edit(life, of_period("3d"), TEN)
    assert alert(life).fired_at == START + HOUR + 6 * DAY


def test_what_could_not_be_read_then_is_unknown_to_the_new_rule_too() -> None:
    blind = World(posts=ONCE.posts, unread={"feed": [(START + DAY, None)]})
    life = lived(of_period("20d"), blind, TEN)
    edit(life, of_period("3d"), TEN)
    assert alert(life).state is AlertState.INACTIVE, "what is unknown never fires, in the past neither"


def test_an_edit_of_words_alone_rebuilds_nothing() -> None:
    life = lived(made_of(SILENT), ONCE, TEN)
    worded = made_of(SILENT | {"reason": "Other words.", "severity": "critical", "notify": ["log"]})
    assert rebuilt(life.plan, worded, life.state, life.world, TEN) == Rebuilt()


def test_an_alert_that_rests_on_what_is_not_kept_lives_on_as_it_is() -> None:
    life = lived(made_of(expr("Edited", "channel.content_ready < 9", only=["blog"])), ONCE, TEN)
    fewer = made_of(expr("Edited", "channel.content_ready < 8", only=["blog"]))
    assert rebuilt(life.plan, fewer, life.state, life.world, TEN) == Rebuilt()


def test_a_channel_that_comes_with_the_revision_has_no_past() -> None:
    life = lived(made_of(SILENT), ONCE, TEN)
    both = made_of(SILENT | {"only": ["blog", "new"]})
    more = both.model_copy(
        update={"strategy": both.strategy.model_copy(update={"channels": (*both.strategy.channels, _NEW)})}
    )
    told = rebuilt(
        life.plan, Plan.model_validate(more.model_dump(by_alias=True)), life.state, life.world, TEN
    )
    assert told == Rebuilt()


_NEW = made_of(None).strategy.channels[0].model_copy(update={"name": "new"})
