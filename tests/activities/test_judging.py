"""Observing judges the rules when it is asked: from what was just read, kept for later, and never at a reading's cost."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from activities.observe import ObserveActivities
from adapters.fake import FakeSource
from engine.domain.errors import EngineError
from engine.domain.judgement import Circumstances
from engine.domain.likeness import sketch
from engine.domain.messages import Observe
from engine.domain.plan import Plan
from engine.domain.records import Activity, AlertState, DataState, Sample
from engine.domain.workspace import SourceConfig
from engine.store import SqlStore
from rules import facts
from rules.evaluation import Evaluator
from tests.activities.conftest import Attempt, Standing, no_secrets
from tests.contracts.store_records import T0, at
from tests.rules.evaluation.build import expr, planned

FEW = expr("Few", "channel.posts_7d < 2")
LEVEL = {"name": "level", "metric": "visits", "function": "mean", "window": "1d"}
PAUSED = expr("Paused", "channel.paused")


def ask(
    plan: Plan, *, hours: float = 0, revision: int = 1, alerts: Mapping[str, AlertState] | None = None
) -> Observe:
    return Observe(
        strategy=plan.id,
        sources=(SourceConfig(name="feed", kind="feed"),),
        channels={"feed": ("blog",)},
        judge=Circumstances(
            revision=revision,
            at=at(hours),
            watched=dict.fromkeys(("blog", "news"), (at(-999), at(hours))),
            facts={"channel/blog": {"channel.paused": False}, "channel/news": {"channel.paused": False}},
            alerts=dict(alerts or {}),
        ),
    )


def applied(store: SqlStore, *rules: Mapping[str, Any]) -> Plan:
    plan = planned(*rules)
    store.save_revision(plan, author="ann", reason="", now=T0)
    return plan


def observing(store: SqlStore, clock: Standing, *posts: Activity) -> ObserveActivities:
    return ObserveActivities({"feed": FakeSource({"blog": posts})}, store, no_secrets, clock)


def posted(hours: float, text: str = "") -> Activity:
    return Activity(at=at(hours), ref=f"https://blog.example/{hours}", title="A post", sketch=sketch(text))


async def test_rules_are_judged_from_what_was_just_read(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    plan = applied(store, FEW, PAUSED)
    doing = observing(store, clock, posted(-1), posted(-2))
    observed = await run(doing.observe, ask(plan))
    assert observed.judged_at == T0
    assert [(each.rule, each.subject, each.truth) for each in observed.judgements] == [
        ("Few", "channel/news", True)
    ]
    assert observed.judgements[0].because == "Channel news: posts_7d is 0, less than 2."


async def test_a_value_that_was_read_just_now_counts_at_once(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    plan = planned(expr("Low", "signal.level < 10", of="strategy"), signals=[LEVEL])
    store.save_revision(plan, author="ann", reason="", now=T0)
    clock.at = at(0.01)
    value = Sample(metric="visits", at=clock.at, value=3, seen=clock.at)
    doing = ObserveActivities({"feed": FakeSource(samples={"visits": [value]})}, store, no_secrets, clock)
    request = ask(plan).model_copy(update={"metrics": plan.strategy.metrics})
    observed = await run(doing.observe, request)
    assert observed.judged_at == clock.at
    assert [(each.rule, each.truth) for each in observed.judgements] == [("Low", True)]


async def test_a_channel_whose_source_has_just_answered_is_known_again(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    plan = applied(store, FEW)
    asked = ask(plan)
    assert asked.judge is not None
    stale = asked.judge.model_copy(update={"watched": dict.fromkeys(("blog", "news"), (at(-999), at(-99)))})
    observed = await run(observing(store, clock).observe, asked.model_copy(update={"judge": stale}))
    assert {each.subject: each.truth for each in observed.judgements} == {
        "channel/blog": True,
        "channel/news": None,
    }


async def test_what_is_said_of_an_alert_that_is_not_calm_is_told_too(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    plan = applied(store, FEW)
    firing = {"Few@channel/blog": AlertState.FIRING}
    observed = await run(observing(store, clock, posted(-1), posted(-2)).observe, ask(plan, alerts=firing))
    assert {each.subject: each.truth for each in observed.judgements} == {
        "channel/blog": False,
        "channel/news": True,
    }


async def test_what_was_judged_is_kept_when_it_changes_and_once_a_day(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    plan = applied(store, FEW)
    doing = observing(store, clock, posted(-1), posted(-165))
    for hours in (0, 1, 4, 5):
        clock.at = at(hours)
        await run(doing.observe, ask(plan, hours=hours))
    blog = [store.judged(plan.id, "Few", "channel/blog", at(hours))[0] for hours in (0, 2, 3.9, 5)]
    assert [each.at for each in blog] == [T0, T0, T0, at(4)]
    assert [(each.truth, each.facts) for each in blog[2:]] == [
        (False, {"channel.posts_7d": 2}),
        (True, {"channel.posts_7d": 1}),
    ]
    assert [each.at for each in store.judged(plan.id, "Few", "channel/news")] == [T0]


async def test_without_being_asked_nothing_is_judged(store: SqlStore, run: Attempt, clock: Standing) -> None:
    plan = applied(store, FEW)
    observed = await run(observing(store, clock).observe, ask(plan).model_copy(update={"judge": None}))
    assert (observed.judged_at, observed.judgements, store.judged(plan.id)) == (None, (), [])


async def test_rules_are_judged_without_a_source_to_read(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    plan = applied(store, FEW)
    observed = await run(observing(store, clock).observe, ask(plan).model_copy(update={"sources": ()}))
    assert len(observed.judgements) == 2


@pytest.mark.parametrize("stored", [True, False])
async def test_a_store_that_lost_the_plan_gives_the_readings_alone(
    store: SqlStore, run: Attempt, clock: Standing, stored: bool
) -> None:
    plan = applied(store, FEW) if stored else planned(FEW)
    observed = await run(observing(store, clock, posted(-1)).observe, ask(plan, revision=2))
    assert [each.ok for each in observed.readings] == [True]
    assert (observed.judged_at, observed.judgements) == (None, ())
    again = await run(observing(store, clock, posted(-1)).observe, ask(plan, revision=1))
    assert (again.judged_at is not None) is stored


async def test_a_defect_in_one_rule_blinds_neither_the_others_nor_the_readings(
    store: SqlStore,
    run: Attempt,
    clock: Standing,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setitem(facts.COMPUTED, "channel.posts_7d", broken)
    plan = applied(store, FEW, expr("Calm", "!channel.paused"))
    with caplog.at_level(logging.ERROR):
        observed = await run(observing(store, clock, posted(-1)).observe, ask(plan))
    assert [each.ok for each in observed.readings] == [True]
    assert {each.rule: each.data for each in observed.judgements} == {
        "Few": DataState.ERROR,
        "Calm": DataState.OK,
    }
    assert "Few could not be judged of channel/blog" in caplog.text


@pytest.mark.parametrize("method", ["series", "save_judged"])
async def test_a_store_that_fails_while_judging_costs_no_reading(
    store: SqlStore, run: Attempt, clock: Standing, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    def away(*_: object) -> None:
        raise EngineError("The database is away.")

    plan = applied(store, FEW)
    monkeypatch.setattr(store, method, away)
    observed = await run(observing(store, clock, posted(-1)).observe, ask(plan))
    assert [each.ok for each in observed.readings] == [True]
    assert observed.judged_at is None


async def test_the_plan_is_read_and_its_rules_are_made_once(
    store: SqlStore, run: Attempt, clock: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Plan] = []
    first = Evaluator.__init__

    def counted(self: Evaluator, plan: Plan) -> None:
        made.append(plan)
        first(self, plan)

    monkeypatch.setattr(Evaluator, "__init__", counted)
    plan = applied(store, FEW)
    doing = observing(store, clock)
    for hours in range(3):
        await run(doing.observe, ask(plan, hours=hours))
    assert len(made) == 1


async def test_posts_are_kept_with_their_sketch_and_the_heart_hears_without(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    plan = applied(store, FEW)
    observed = await run(observing(store, clock, posted(-1, "Hello there")).observe, ask(plan))
    assert [each.sketch for each in store.activities(plan.id, "blog")] == [sketch("Hello there")]
    assert [each.sketch for each in observed.readings[0].activities["blog"]] == [""]
    assert timedelta(hours=1) == at(1) - T0
