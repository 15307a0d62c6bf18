"""What must hold whatever the past: missing data resolves nothing, and the same facts change nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.domain.alerts import Verdict, fold
from engine.domain.judgement import Circumstances, Judgement
from engine.domain.past import Windows
from engine.domain.plan import Plan
from engine.domain.records import Activity, Alert, AlertState, Sample
from engine.domain.rule import Severity
from engine.domain.series import BEGINNING, MemorySeries
from rules.evaluation import Evaluator
from rules.facts import COMPUTED
from tests.rules.evaluation.build import GOAL, NOW, expr, judge, known, planned

SIGNALS = [
    {"name": "level", "metric": "visits", "function": "mean", "window": "7d"},
    {"name": "moved", "each": "metric", "function": "change", "window": "14d"},
    {"name": "pace", "metric": "visits", "function": "rate", "window": "28d", "min_samples": 3},
    {"name": "fed", "each": "channel", "function": "count", "window": "14d"},
]
# Every one of them is about what samples say; none can be told without any.
OF_SAMPLES = (
    expr("Low", "signal.level < 50", of="strategy"),
    expr("High", "signal.level >= 50", of="strategy"),
    expr("Moved", "signal.moved != 7 || metric.change_7d > 0", of="metric"),
    expr("Slow", "signal.pace < 1000", of="metric", recover="signal.pace > 1"),
    expr("Miss", "goal.probability <= 1", of="goal"),
    expr("Short", "goal.forecast < 1000000", of="goal"),
    expr("Seen", "metric.samples_28d > 0", of="metric"),
    {"name": "Behind", "reason": "x", "pace": {}},
)
OF_POSTS = (
    expr("Fed", "signal.fed > 2 || channel.posts_28d >= 3"),
    expr("Less", "channel.posts_28d < channel.posts_previous_28d"),
    {"name": "Same", "reason": "x", "duplicate": {}},
)
PLAN = planned(
    *OF_SAMPLES,
    *OF_POSTS,
    goals=[GOAL],
    signals=SIGNALS,
    assumptions=[{"name": "much", "says": "It is much.", "holds": "signal.level > 10"}],
)

samples = st.lists(
    st.builds(
        lambda hours, value: Sample(metric="visits", at=NOW - timedelta(hours=hours), value=value, seen=NOW),
        st.integers(0, 60 * 24),
        st.integers(0, 200).map(float),
    ),
    max_size=12,
)
posts = st.dictionaries(
    st.sampled_from(["blog", "news"]),
    st.lists(
        st.builds(
            lambda hours, text: Activity(at=NOW - timedelta(hours=hours), ref=f"{hours}{text}", sketch=text),
            st.integers(0, 60 * 24),
            st.sampled_from(["", f"{7:016x}", f"{2**60 + 2**31:016x}"]),
        ),
        max_size=8,
    ),
)


def folded(plan: Plan, judgement: Judgement, before: Alert, now: datetime = NOW) -> Alert:
    rule = plan.by_facts[judgement.rule]
    verdict = Verdict(
        judgement.truth,
        judgement.data,
        why=lambda: (judgement.because, judgement.evidence),
        recovered=judgement.recovered,
        severity=judgement.severity,
    )
    return fold(before, verdict, rule, now)


def firing(judgement: Judgement) -> Alert:
    return Alert(
        rule=judgement.rule,
        subject=judgement.subject,
        severity=Severity.WARNING,
        state=AlertState.FIRING,
        episode=1,
        fired_at=NOW,
    )


@given(samples=samples)
def test_samples_that_are_gone_resolve_no_alert(samples: Sequence[Sample]) -> None:
    there = judge(PLAN, None, MemorySeries({"visits": samples}))
    gone = judge(PLAN, None, MemorySeries())
    for identity, judgement in gone.items():
        if judgement.rule in {rule["name"] for rule in OF_SAMPLES}:
            assert judgement.truth is None, judgement
            alert = folded(PLAN, there[identity], firing(judgement))
            assert folded(PLAN, judgement, alert).state is alert.state


@given(samples=samples, silent=st.integers(60, 400))
def test_a_metric_that_is_no_longer_read_resolves_no_alert(samples: Sequence[Sample], silent: int) -> None:
    later = NOW + timedelta(days=silent)
    plan = planned(*OF_SAMPLES, goals=[GOAL | {"due": "2028-12-31"}], signals=SIGNALS)
    for judgement in judge(plan, known(at=later), MemorySeries({"visits": samples})).values():
        # The forecast alone speaks of a future that nobody has seen yet.
        if judgement.rule not in {"Miss", "Short"}:
            assert judgement.truth is None, judgement


@given(posts=posts)
def test_posts_that_nobody_can_see_resolve_no_alert(posts: Mapping[str, Sequence[Activity]]) -> None:
    for judgement in judge(PLAN, known(watched=()), MemorySeries(posts=posts)).values():
        if judgement.rule in {"Fed", "Less"}:
            assert judgement.truth is None, judgement


@given(samples=samples, posts=posts)
def test_the_same_facts_again_change_nothing(
    samples: Sequence[Sample], posts: Mapping[str, Sequence[Activity]]
) -> None:
    once, twice = MemorySeries({"visits": samples}, posts), MemorySeries({"visits": samples}, posts)
    for each in samples:
        twice.add_sample(each)
    for channel, found in posts.items():
        for seen in found:
            twice.add_post(channel, seen)
    assert judge(PLAN, None, once) == judge(PLAN, None, twice)
    for judgement in judge(PLAN, None, once).values():
        settled = folded(PLAN, judgement, folded(PLAN, judgement, firing(judgement)))
        assert folded(PLAN, judgement, settled) == settled


class Loaded:
    """A past that holds only what was asked for beforehand, and refuses everything else."""

    def __init__(self, whole: MemorySeries, asked: Windows) -> None:
        self.whole, self.asked = whole, asked

    def samples(self, metric: str, start: datetime, end: datetime) -> Sequence[Sample]:
        assert self.asked.samples[metric] <= start <= end <= self.asked.until
        return self.whole.samples(metric, start, end)

    def value_at(self, metric: str, at: datetime) -> Sample | None:
        assert (metric, at) in self.asked.values
        return self.whole.value_at(metric, at)

    def posts(self, channel: str, start: datetime, end: datetime) -> Sequence[Activity]:
        assert start == BEGINNING or self.asked.posts[channel] <= start
        assert end <= self.asked.until
        return self.whole.posts(channel, start, end)


def all_rules() -> list[dict[str, Any]]:
    """Return a rule for every fact that is computed."""
    kinds = {path: path.partition(".")[0] for path in COMPUTED}
    return [
        expr(f"R{number}", f"has({path})", of=kind)
        for number, (path, kind) in enumerate(sorted(kinds.items()))
    ]


@given(samples=samples, posts=posts, since=st.integers(0, 60))
def test_an_evaluation_asks_for_nothing_that_it_did_not_announce(
    samples: Sequence[Sample], posts: Mapping[str, Sequence[Activity]], since: int
) -> None:
    items = [{"id": "i1", "body": "Hello there, this is a post."}]
    action = {
        "name": "write",
        "channel": "blog",
        "schedule": {"cron": "0 9 * * *"},
        "content": {"items": items},
    }
    plan = planned(
        *all_rules(), *OF_SAMPLES, *OF_POSTS, goals=[GOAL], signals=SIGNALS, actions=[action],
        assumptions=[{"name": "much", "says": "It is much.", "holds": "signal.level > 10"}],
    )  # fmt: skip
    evaluator = Evaluator(plan)
    circumstances: Circumstances = known(since=NOW - timedelta(days=since))
    whole = MemorySeries({"visits": samples}, posts)
    found = evaluator.evaluate(circumstances, Loaded(whole, evaluator.windows(circumstances)))
    assert [each.because for each in found.judgements if each.data == "error"] == []
    assert found == evaluator.evaluate(circumstances, whole)
