"""Rules that rest on facts: asked on their own grid, folded like any other, and never moved by the unknown."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from engine.domain.journal import EntryType
from engine.domain.judgement import Judgement
from engine.domain.messages import CompleteTask, Observe, Observed, Tick
from engine.domain.records import AlertState, DataState
from engine.domain.rule import Severity
from tests.domain.build import DAY, HOUR, SILENT, START, TINY, Heart, plan

FEW: dict[str, Any] = {
    "name": "FewVisits",
    "reason": "Nobody comes.",
    "expr": "metric.value < 10",
    "of": "metric",
}
METRICS = [{"name": "visits", "source": "feed"}]
SUBJECT, ALERT = "metric/visits", "FewVisits@metric/visits"


BLOG = [{"name": "blog", "account": "site"}]


def heart(*said: Judgement, **rule: Any) -> Heart:
    return Heart(plan(channels=BLOG, metrics=METRICS, rules=[FEW | rule], judge_every="1h"), judgements=said)


def says(*, truth: bool | None, **more: Any) -> Judgement:
    data = DataState.OK if truth is not None else DataState.UNKNOWN
    return Judgement(rule="FewVisits", subject=SUBJECT, truth=truth, data=data, because="It is 3.", **more)


def test_rules_are_judged_at_once_and_then_as_often_as_the_plan_says_on_the_strategys_own_grid() -> None:
    life = heart()
    life.until(START + 5 * HOUR)
    asked = [one.at for one in life.circumstances]
    assert asked[0] == START
    assert len(asked) == 6
    assert {later - earlier for earlier, later in pairwise(asked[1:])} == {HOUR}


@pytest.mark.parametrize(
    ("every", "hours"), [("5m", 1), ("2h", 2), ("1d", 6)], ids=["busy", "calm", "seldom"]
)
def test_by_default_rules_are_judged_as_often_as_the_busiest_source_is_read_between_one_and_six_hours(
    every: str, hours: int
) -> None:
    sources = [{"name": "feed", "kind": "feed", "every": every}]
    life = Heart(plan(channels=BLOG, metrics=METRICS, rules=[FEW], sources=sources))
    life.until(START + 30 * HOUR)
    asked = [one.at for one in life.circumstances]
    assert {later - earlier for earlier, later in pairwise(asked[1:])} == {hours * HOUR}


def test_a_strategy_without_rules_on_facts_is_never_judged() -> None:
    life = Heart(plan())
    life.until(START + 48 * HOUR)
    assert not life.circumstances
    assert all(effect.sources for effect in life.asked(Observe))


def test_a_true_rule_fires_and_a_false_one_ends_with_the_judgements_own_words() -> None:
    life = heart()
    life.judgements = [says(truth=True)]
    life.until(START + HOUR)
    assert life.alert(ALERT).state is AlertState.FIRING
    assert life.alert(ALERT).because == "It is 3."
    life.judgements = [says(truth=False)]
    life.until(START + 2 * HOUR)
    assert life.alert(ALERT).state is AlertState.RESOLVED
    assert len(life.of(EntryType.ALERT_FIRING)) == 1


def test_an_alert_is_dated_when_its_rule_was_judged_and_not_when_the_answer_came() -> None:
    life = heart()
    asked = life.circumstances[-1].at
    later = asked + timedelta(minutes=3)
    life.tell(Tick(), later)
    life.tell(Observed(judgements=(says(truth=True),), judged_at=asked + TINY), later)
    assert life.when(EntryType.ALERT_FIRING) == [asked + TINY]


def test_an_answer_that_a_newer_one_has_overtaken_changes_nothing() -> None:
    life = heart()
    now = START + timedelta(minutes=10)
    life.tell(Observed(judgements=(says(truth=False),), judged_at=now), now)
    life.tell(Observed(judgements=(says(truth=True),), judged_at=now - TINY), now)
    assert ALERT not in life.state.alerts or life.alert(ALERT).state is AlertState.INACTIVE


def test_the_unknown_neither_fires_nor_ends_an_alert_and_does_not_let_its_clock_run_out() -> None:
    life = heart(says(truth=True), **{"for": "90m"})
    assert life.alert(ALERT).state is AlertState.PENDING
    life.judgements = [says(truth=None)]
    life.until(START + 10 * HOUR)
    assert life.alert(ALERT).state is AlertState.PENDING
    life.judgements = [says(truth=True)]
    life.until(START + 12 * HOUR)
    assert life.alert(ALERT).state is AlertState.FIRING
    assert life.when(EntryType.ALERT_FIRING)[0] > START + 10 * HOUR
    life.judgements = [says(truth=None)]
    life.until(START + 20 * HOUR)
    assert life.alert(ALERT).state is AlertState.FIRING


def test_a_pending_alert_fires_at_the_exact_end_of_its_for_between_two_judgements() -> None:
    life = heart(says(truth=True), **{"for": "90m"})
    life.until(START + 4 * HOUR)
    assert life.when(EntryType.ALERT_FIRING) == [START + timedelta(minutes=90)]


def test_with_a_line_of_recovery_an_alert_stays_until_that_line_is_crossed() -> None:
    life = heart(recover="metric.value > 20")
    life.judgements = [says(truth=True)]
    life.until(START + HOUR)
    life.judgements = [says(truth=False, recovered=False)]
    life.until(START + 3 * HOUR)
    assert life.alert(ALERT).state is AlertState.FIRING
    life.judgements = [says(truth=False, recovered=None)]
    life.until(START + 5 * HOUR)
    assert life.alert(ALERT).state is AlertState.FIRING
    life.judgements = [says(truth=False, recovered=True)]
    life.until(START + 7 * HOUR)
    assert life.alert(ALERT).state is AlertState.RESOLVED


def test_the_judgements_severity_counts_and_changes_without_another_alert() -> None:
    life = heart()
    life.judgements = [says(truth=True, severity=Severity.INFO)]
    life.until(START + HOUR)
    life.judgements = [says(truth=True, severity=Severity.CRITICAL)]
    life.until(START + 3 * HOUR)
    assert life.alert(ALERT).severity is Severity.CRITICAL
    assert life.alert(ALERT).episode == 1


def test_a_rule_that_stays_unjudged_has_an_alert_of_its_own() -> None:
    nothing = {
        "name": "FewVisitsNoData",
        "reason": "No data.",
        "unjudged": {"rule": "FewVisits"},
        "for": "2h",
    }
    life = Heart(
        plan(channels=BLOG, metrics=METRICS, rules=[FEW, nothing], judge_every="1h"),
        judgements=[says(truth=None)],
    )
    life.until(START + 5 * HOUR)
    assert life.when(EntryType.ALERT_FIRING) == [START + 2 * HOUR]
    assert "cannot be judged on metric/visits" in life.alert("FewVisitsNoData@metric/visits").because
    life.judgements = [says(truth=False)]
    life.until(START + 7 * HOUR)
    assert life.alert("FewVisitsNoData@metric/visits").state is AlertState.RESOLVED
    assert not life.when(EntryType.ALERT_FIRING, "metric/other")


def test_a_judgement_of_something_that_is_not_in_the_plan_is_ignored() -> None:
    life = heart()
    stranger = Judgement(rule="FewVisits", subject="metric/gone", truth=True)
    unknown = Judgement(rule="Unheard", subject=SUBJECT, truth=True)
    life.judgements = [stranger, unknown]
    life.until(START + HOUR)
    assert not life.state.alerts


def test_the_alert_of_a_task_ends_when_the_task_has_gone() -> None:
    late = {"name": "Late", "reason": "Late.", "expr": "age(task.due) > 1d", "of": "task"}
    silent = {
        "name": "Silent",
        "reason": "Silence.",
        "deadline": {"since": "activity", "period": "1h"},
        "task": {"title": "Feed it"},
    }
    life = Heart(plan(rules=[silent, late], judge_every="1h"))
    life.until(START + 2 * HOUR)
    (task,) = life.state.tasks
    subject = f"task/{task}"
    assert subject in life.circumstances[-1].facts
    life.judgements = [Judgement(rule="Late", subject=subject, truth=True)]
    life.until(START + 3 * HOUR)
    assert life.alert(f"Late@{subject}").state is AlertState.FIRING
    life.command(CompleteTask(task=task), START + 3 * HOUR)
    life.judgements = [Judgement(rule="Late", subject=subject, truth=False, gone=True)]
    life.until(START + 5 * HOUR)
    assert f"Late@{subject}" not in life.state.alerts
    assert [entry.subject for entry in life.of(EntryType.ALERT_RESOLVED)] == [subject]


def test_a_new_plan_is_judged_at_once() -> None:
    life = heart()
    now = START + timedelta(minutes=30)
    life.until(now)
    life.apply(life.plan, now)
    assert life.circumstances[-1].at == now


UNJUDGED = {"name": "Unjudged", "reason": "Nobody judges.", "deadline": {"since": "judgement"}}


def unanswered(heart: Heart) -> None:
    """Let the evaluation break from now on: readings come, judgements do not."""
    heart._observed = lambda readings, judge: Observed(readings=readings)  # type: ignore[method-assign]


def test_an_evaluation_that_stops_is_an_alert_and_the_first_judgement_ends_it() -> None:
    rule = {"name": "Few", "reason": "Few.", "expr": "channel.paused", "of": "channel"}
    heart = Heart(plan(rules=[rule, UNJUDGED], judge_every="1h")).until(START + DAY)
    last = heart.state.judged_at
    assert last is not None
    assert "Unjudged@strategy" not in heart.state.alerts
    unanswered(heart)
    heart.until(START + 2 * DAY)
    (fired,) = heart.when(EntryType.ALERT_FIRING, "strategy")
    assert timedelta(hours=3) < fired - last < timedelta(hours=4)
    assert "have not been judged for 3 hours" in heart.alert("Unjudged@strategy").because
    assert not heart.when(EntryType.ALERT_RESOLVED, "strategy"), "each round that is asked in vain is no news"
    del heart._observed
    heart.until(START + 2 * DAY + 2 * HOUR)
    assert heart.alert("Unjudged@strategy").state is AlertState.RESOLVED


def test_while_the_engine_slept_nobody_was_to_judge() -> None:
    rule = {"name": "Few", "reason": "Few.", "expr": "channel.paused", "of": "channel"}
    heart = Heart(plan(rules=[rule, UNJUDGED], judge_every="1h")).until(START + DAY)
    heart.tell(Tick(), START + 9 * DAY)
    heart.until(START + 10 * DAY)
    assert not heart.when(EntryType.ALERT_FIRING, "strategy")


def test_without_rules_that_rest_on_facts_no_judgement_is_missed() -> None:
    assert plan(rules=[SILENT, UNJUDGED]).rule_for("Unjudged", "strategy") is None


def test_to_watch_the_judgements_costs_no_waking_of_its_own() -> None:
    rule = {"name": "Few", "reason": "Few.", "expr": "channel.paused", "of": "channel"}

    def wakings(*rules: dict[str, Any]) -> list[Any]:
        heart, seen = Heart(plan(rules=rules, judge_every="1h")), []
        while heart.wake_at is not None and heart.wake_at < START + 2 * DAY:
            seen.append(heart.wake_at)
            heart.tell(Tick(), heart.wake_at)
        return seen

    assert wakings(rule, UNJUDGED) == wakings(rule)
