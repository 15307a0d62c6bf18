"""Facts: every one that somebody provides is declared with its type, and none has two providers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.domain.lifecycle.circumstances import circumstances
from engine.domain.lifecycle.state import Draft
from engine.domain.plan import Plan
from engine.domain.series import MemorySeries
from rules.facts import COMPUTED, decode, encoded
from rules.gathering import HOLDS
from rules.language import FactsError
from rules.language.schema_of_facts import SUBJECTS, schema_for
from tests.domain.build import DAY, START, Heart, action, channel, post
from tests.rules.evaluation.build import GOAL, NOW, expr, known, past, planned, sample

# What this strategy's plan and life do not bring with them.
ELSEWHERE = {
    *("channel.cadence.at_most", "person.hours_per_week", "strategy.hours_available"),
    *(
        "strategy.last_listened_at",
        "strategy.last_review_at",
        "task.closed_at",
        "task.closed_by",
        "task.snoozed_until",
    ),
}


def everything() -> Plan:
    """Return a plan with a rule for each kind of subject, that together name every fact there is."""
    rules = [
        expr(f"R{kind}{number}", f"has({field.path})", of=kind)
        for kind in SUBJECTS
        for number, field in enumerate(schema_for(kind).fields)
    ]
    full = channel(
        "blog",
        activity="feed",
        purpose="Tell",
        audience="makers",
        effort={"hours_per_week": 2, "money_per_month": 5},
        replies={"metric": "visits"},
    )
    goal = GOAL | {"owner": "ann", "objective": "grow", "checkpoints": [{"day": "2026-01-05", "value": 3}]}
    found = planned(
        *rules,
        {"name": "Quiet", "reason": "x", "quiet": {"also_declared": True}},
        channels=[full, channel("news")],
        actions=[action(assignee="ann")],
        goals=[goal],
        objectives=[{"name": "grow", "business": "Grow.", "marketing": "Be known."}],
        metrics=[
            {"name": "visits", "source": "feed", "channel": "blog", "unit": "people", "expect_every": "1d"}
        ],
        assumptions=[{"name": "much", "says": "It is much.", "holds": "strategy.revision == 1"}],
    )
    accounts = tuple(
        each.model_copy(update={"credential_expires": NOW.date()}) for each in found.workspace.accounts
    )
    return found.model_copy(update={"workspace": found.workspace.model_copy(update={"accounts": accounts})})


@pytest.fixture(scope="module")
def told() -> dict[str, dict[str, object]]:
    """What the heart tells of a strategy in which a lot has happened."""
    heart = Heart(everything())
    heart.posts["blog"] = [post(START + n * DAY) for n in range(3)]
    heart.samples["visits"] = [sample(2, 0).model_copy(update={"at": START + n * DAY}) for n in range(9)]
    heart.until(START + 9 * DAY)
    draft = Draft.of(heart.plan, heart.state, heart.state.at)
    return circumstances(draft, heart.state.at).facts  # type: ignore[return-value]


def test_what_the_heart_tells_is_declared_with_its_type(told: dict[str, dict[str, object]]) -> None:
    for subject, facts in told.items():
        decode(schema_for(subject.partition("/")[0]), facts)  # type: ignore[arg-type]


def test_no_fact_has_two_providers(told: dict[str, dict[str, object]]) -> None:
    by_heart = {path for facts in told.values() for path in facts}
    assert by_heart & {*COMPUTED, HOLDS, "now"} == set()


def test_every_declared_fact_has_a_provider(told: dict[str, dict[str, object]]) -> None:
    by_heart = {path for facts in told.values() for path in facts}
    declared = {field.path for kind in SUBJECTS for field in schema_for(kind).fields}
    assert declared - by_heart - {*COMPUTED, HOLDS, "now"} == ELSEWHERE


@pytest.mark.parametrize("path", sorted(COMPUTED))
def test_what_is_computed_is_declared_with_its_type(path: str) -> None:
    plan = everything()
    kind = path.partition(".")[0]
    name = {
        "channel": "blog",
        "goal": "readers",
        "metric": "visits",
        "post": "post.p1",
        "assumption": "much",
    }[kind]
    series = MemorySeries(
        {"visits": [sample(n, 60 - n) for n in range(60)]},
        {
            each: [
                post(NOW - n * DAY, f"{each}{n}").model_copy(update={"sketch": f"{n:016x}"})
                for n in range(60)
            ]
            for each in ("blog", "news")
        },
    )
    value = COMPUTED[path](past(plan, series, known()), name)
    assert value is not None or path == "post.link"
    schema = schema_for(kind)
    facts = schema.facts({path: value})
    assert decode(schema, {path: encoded(facts[schema.slots[path]])}) == facts


def test_facts_in_json_are_read_back_as_they_were() -> None:
    schema = schema_for("channel")
    facts = schema.facts(
        {
            "now": NOW,
            "channel.silent_for": timedelta(days=1.5),
            "channel.posts_7d": 3,
            "channel.paused": True,
            "strategy.packs": ("momentum",),
        }
    )
    written = {
        path: encoded(value) for path, value in zip(schema.paths, facts, strict=True) if value is not None
    }
    assert written["channel.silent_for"] == 129600.0
    assert decode(schema, written) == facts


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("channel.silent_for", "7d"),
        ("now", "yesterday"),
        ("now", 5),
        ("now", "2026-01-01T00:00:00"),
        ("channel.silent_for", 1e300),
        ("channel.psots_7d", 1),
        ("channel.paused", 1),
    ],
)
def test_facts_of_another_type_are_refused(path: str, value: object) -> None:
    with pytest.raises(FactsError, match=path.replace(".", r"\.")):
        decode(schema_for("channel"), {path: value})  # type: ignore[dict-item]
