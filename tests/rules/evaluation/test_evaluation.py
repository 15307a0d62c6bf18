"""Rules are judged from facts: what is unknown stays unknown, what breaks breaks alone, and people read why."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from engine.domain.records import AlertState, DataState, Sample
from engine.domain.series import MemorySeries
from rules import facts
from rules.evaluation import Evaluator
from tests.rules.evaluation.build import GOAL, NOW, ago, expr, judge, known, planned, post, values

FED = {"channel/blog": {"channel.paused": False, "channel.silent_for": 9 * 86400.0}}


def test_a_rule_is_judged_of_every_subject_of_its_kind_by_itself() -> None:
    plan = planned(expr("Quiet", "channel.silent_for > 7d"))
    found = judge(plan, known({**FED, "channel/news": {"channel.silent_for": 3600.0}}))
    assert {subject: each.truth for subject, each in found.items()} == {
        "Quiet@channel/blog": True,
        "Quiet@channel/news": False,
    }


def test_only_named_subjects_are_judged() -> None:
    assert set(judge(planned(expr("Quiet", "channel.paused", only=["news"])))) == {"Quiet@channel/news"}


def test_the_reason_names_what_was_true_with_its_values_and_the_evidence_holds_them() -> None:
    plan = planned(
        expr("Quiet", "(channel.silent_for > 7d && !channel.paused) || channel.posts_7d > 100"),
        channels=[{"name": "blog", "account": "site"}],
    )
    (found,) = judge(plan, known(FED), MemorySeries()).values()
    assert found.because == "Channel blog: silent_for is 9 days, more than 7 days, and paused is false."
    assert found.evidence == {
        "channel.silent_for": 777600.0,
        "channel.paused": False,
        "channel.posts_7d": 0,
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("channel.priority == 2", "priority is 2"),
        ("channel.priority != 1", "priority is 2, not 1"),
        ("!(channel.priority < 2)", "priority is 2, at least 2"),
        ('channel.momentum in ["silent", "dormant"]', "momentum is silent, one of silent, dormant"),
        ("channel.priority >= channel.content_ready", "priority is 2, at least content_ready (1)"),
        ("is_unknown(channel.quiet)", "quiet is not known"),
        ("has(channel.momentum)", "momentum is known"),
        (
            "channel.priority > 1 ? !channel.paused : channel.paused",
            "priority is 2, more than 1, and paused is false",
        ),
        (
            "channel.last_post_at < strategy.started_at",
            "last_post_at is Fri 22 May 2026 08:00 (UTC), before strategy.started_at (Sun 31 May 2026 08:00 (UTC))",
        ),
    ],
)
def test_reasons_are_sentences(text: str, says: str) -> None:
    told: dict[str, Any] = {
        "channel.priority": 2,
        "channel.momentum": "silent",
        "channel.content_ready": 1,
        "channel.paused": False,
        "channel.last_post_at": ago(10).isoformat(),
    }
    circumstances = known({"channel/blog": told, "strategy": {"strategy.started_at": ago(1).isoformat()}})
    found = judge(planned(expr("R", text, only=["blog"])), circumstances)["R@channel/blog"]
    assert (found.truth, found.because) == (True, f"Channel blog: {says}.")


def test_unknown_is_neither_true_nor_false_and_says_what_is_missing() -> None:
    found = judge(
        planned(expr("Quiet", "channel.silent_for > 7d && channel.posts_7d < 3")), known(watched=())
    )
    blog = found["Quiet@channel/blog"]
    assert (blog.truth, blog.data) == (None, DataState.UNKNOWN)
    assert blog.because == "Not known: channel.silent_for, channel.posts_7d."
    assert blog.evidence == {}


def test_what_is_known_may_be_enough_for_no() -> None:
    found = judge(planned(expr("Quiet", "channel.silent_for > 7d && channel.paused")), known(FED))
    assert found["Quiet@channel/blog"].truth is False


def test_recovery_and_severity_are_judged_with_the_condition() -> None:
    rule = expr(
        "Few",
        "channel.posts_7d < 3",
        recover="channel.posts_7d >= 5",
        severities=[
            {"when": "channel.posts_7d == 0", "severity": "critical"},
            {"when": "channel.posts_7d == 1", "severity": "info"},
        ],
    )
    posts = {"blog": [], "news": [post(day) for day in range(1, 5)]}
    found = judge(planned(rule), known(), MemorySeries(posts=posts))
    blog, news = found["Few@channel/blog"], found["Few@channel/news"]
    assert (blog.truth, blog.recovered, blog.severity) == (True, False, "critical")
    assert (news.truth, news.recovered, news.severity) == (False, False, None)


def test_a_rule_that_cannot_be_read_any_more_is_an_error_and_the_others_are_judged() -> None:
    rules = (expr("Old", "channel.no_longer_there > 1"), expr("New", "channel.paused"))
    found = judge(planned(*rules), known(FED))
    assert (found["Old@channel/blog"].truth, found["Old@channel/blog"].data) == (None, DataState.ERROR)
    assert "no_longer_there" in found["Old@channel/blog"].because
    assert found["New@channel/blog"].truth is False


def test_a_defect_in_one_fact_blinds_only_the_rules_that_need_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> int:
        raise ZeroDivisionError("by accident")

    monkeypatch.setitem(facts.COMPUTED, "channel.posts_7d", broken)
    rules = (expr("Few", "channel.posts_7d < 3"), expr("Paused", "channel.paused"))
    evaluator = Evaluator(planned(*rules))
    evaluator.windows(known(FED))
    found = {each.rule: each for each in evaluator.evaluate(known(FED), MemorySeries()).judgements}
    assert (found["Few"].data, found["Paused"].data) == (DataState.ERROR, DataState.UNKNOWN)
    assert "posts_7d cannot be computed (ZeroDivisionError: by accident)" in found["Few"].because


def test_a_fact_of_another_type_is_an_error_of_the_rules_that_name_it() -> None:
    rules = (expr("Quiet", "channel.silent_for > 7d"), expr("Paused", "channel.paused"))
    found = judge(
        planned(*rules), known({"channel/blog": {"channel.silent_for": "long", "channel.paused": True}})
    )
    assert found["Quiet@channel/blog"].data is DataState.ERROR
    assert found["Paused@channel/blog"].truth is True


def test_a_defect_in_a_ready_shape_blinds_no_other_rule() -> None:
    class Broken(MemorySeries):
        def value_at(self, metric: str, at: datetime) -> Sample | None:
            raise ZeroDivisionError

    rules = ({"name": "Behind", "reason": "x", "pace": {}}, expr("Paused", "channel.paused"))
    found = judge(planned(*rules, goals=[GOAL]), known(FED), Broken())
    assert found["Behind@goal/readers"].data is DataState.ERROR
    assert found["Paused@channel/blog"].truth is False


def test_tasks_are_judged_as_they_come_and_an_alert_about_one_that_went_is_gone() -> None:
    plan = planned(expr("Late", "task.escalations > 1", of="task"))
    firing = {"Late@task/T1": AlertState.FIRING, "Late@task/T2": AlertState.FIRING}
    circumstances = known(
        {"task/T2": {"task.escalations": 2}, "task/T3": {"task.escalations": 0}}, alerts=firing
    )
    found = judge(plan, circumstances)
    assert (found["Late@task/T1"].gone, found["Late@task/T1"].truth) == (True, False)
    assert (found["Late@task/T2"].truth, found["Late@task/T3"].truth) == (True, False)


def test_only_what_can_change_something_is_worth_telling() -> None:
    plan = planned(expr("Paused", "channel.paused"), expr("Quiet", "channel.quiet"))
    circumstances = known(
        {
            "channel/blog": {"channel.paused": False, "channel.quiet": True},
            "channel/news": {"channel.paused": False},
        },
        alerts={"Paused@channel/news": AlertState.FIRING},
    )
    found = Evaluator(plan).evaluate(circumstances, MemorySeries())
    told = {(each.rule, each.subject, each.truth) for each in found.worth_telling(circumstances)}
    assert told == {
        ("Quiet", "channel/blog", True),
        ("Quiet", "channel/news", None),
        ("Paused", "channel/news", False),
    }


def test_what_was_judged_keeps_the_facts_that_its_rule_named() -> None:
    plan = planned(
        expr("Few", "signal.fed < 3 && channel.silent_for > 7d"),
        signals=[{"name": "fed", "each": "channel", "function": "count", "window": "14d"}],
    )
    found = Evaluator(plan).evaluate(known(FED), MemorySeries(posts={"blog": [post(1)]}))
    blog = next(each for each in found.judged if each.subject == "channel/blog")
    assert blog.facts == {"signal.fed": 1, "channel.silent_for": 777600.0}
    assert (blog.truth, blog.data, blog.at, blog.revision) == (True, DataState.OK, NOW, 1)
    again = facts.decode(Evaluator(plan)._programs["channel"].schema, blog.facts)
    assert Evaluator(plan)._programs["channel"].run(again) == {
        "signal.fed < 3 && channel.silent_for > 7d": True
    }


def test_an_assumption_holds_breaks_or_cannot_be_tested_yet() -> None:
    beliefs = [
        {"name": "enough", "says": "A week brings 40 visits.", "holds": "signal.gain > 40"},
        {"name": "early", "says": "There is a lot to tell.", "holds": "signal.late > 1"},
        {"name": "wrong", "says": "Who knows.", "holds": "signal.nowhere > 1"},
    ]
    signals = [
        {"name": "gain", "metric": "visits", "function": "change", "window": "7d"},
        {"name": "late", "metric": "visits", "function": "mean", "window": "7d", "ago": "90d"},
    ]
    rule = expr("Broken", "!assumption.holds", of="assumption")
    found = judge(planned(rule, assumptions=beliefs, signals=signals), None, values((6, 10), (1, 30)))
    assert found["Broken@assumption/enough"].truth is True
    assert "holds is false" in found["Broken@assumption/enough"].because
    assert "signal.gain is 20, at most 40" in found["Broken@assumption/enough"].because
    assert found["Broken@assumption/early"].data is DataState.UNKNOWN
    assert found["Broken@assumption/wrong"].data is DataState.ERROR


def test_the_same_facts_again_say_the_same() -> None:
    plan = planned(expr("Few", "channel.posts_28d < 3"), {"name": "Same", "reason": "x", "duplicate": {}})
    series = MemorySeries(posts={"blog": [post(1, "one text")], "news": [post(2, "one text")]})
    evaluator = Evaluator(plan)
    assert evaluator.evaluate(known(), series) == evaluator.evaluate(known(), series)
