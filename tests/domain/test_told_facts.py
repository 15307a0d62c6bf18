"""What the heart tells rules of posts and of replies: only what it knows, and no more than somebody asks for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from pydantic import JsonValue

from engine.domain.lifecycle.circumstances import circumstances
from engine.domain.lifecycle.state import Draft
from engine.domain.messages import DecideSlot
from engine.domain.plan import Plan
from engine.domain.publication import PublishStatus
from engine.domain.records import Sample
from tests.domain.build import DAY, HOUR, SILENT, START, Heart, action, channel, items, outcome, plan

LATE = {"name": "Late", "reason": "x", "of": "post", "expr": 'post.status == "doubtful" && age(post.at) > 1d'}
PILE = {"name": "Pile", "reason": "x", "of": "channel", "expr": "channel.open_replies > 5"}
NINE = START + HOUR  # the first slot


def told(heart: Heart, kind: str, at: datetime | None = None) -> dict[str, dict[str, JsonValue]]:
    """Return what rules are told of the subjects of a kind."""
    now = at or heart.state.at
    facts = circumstances(Draft.of(heart.plan, heart.state, now), now).facts
    return {name.split("/", 1)[1]: each for name, each in facts.items() if name.startswith(f"{kind}/")}


def daily(*rules: dict[str, Any], **content: Any) -> Plan:
    return plan(actions=[action(content={"items": items(4), **content})], rules=rules or (SILENT, LATE))


def test_posts_to_come_have_the_slot_that_they_will_take() -> None:
    posts = told(Heart(daily()), "post")
    assert posts["post.p1"] == {"post.at": NINE.isoformat(), "post.status": "planned"}
    assert posts["post.p4"]["post.at"] == (NINE + 3 * DAY).isoformat()


def test_a_post_that_went_out_keeps_its_instant_for_ninety_days() -> None:
    heart = Heart(daily()).until(NINE)
    assert told(heart, "post")["post.p1"] == {"post.at": NINE.isoformat(), "post.status": "published"}
    heart.until(START + 30 * DAY)
    assert {each["post.status"] for each in told(heart, "post").values()} == {"published"}
    assert set(told(heart, "post", NINE + 91 * DAY)) == {"post.p3", "post.p4"}


@pytest.mark.parametrize(
    ("answers", "status"),
    [
        ([PublishStatus.REFUSED], "failed"),
        ([PublishStatus.MAYBE, PublishStatus.UNSURE], "doubtful"),
        ([PublishStatus.ASKED], "asked"),
    ],
)
def test_a_post_that_waits_for_a_person_says_why(answers: list[PublishStatus], status: str) -> None:
    heart = Heart(daily())
    heart.answers.extend(outcome(each) for each in answers)
    heart.until(NINE)
    assert told(heart, "post")["post.p1"] == {"post.at": NINE.isoformat(), "post.status": status}


def test_a_post_without_an_answer_is_being_published_and_one_that_is_dropped_comes_again() -> None:
    heart = Heart(daily())
    heart.deaf = True
    assert told(heart.until(NINE), "post")["post.p1"]["post.status"] == "publishing"
    refused = Heart(daily())
    refused.answers.append(outcome(PublishStatus.REFUSED))
    refused.until(NINE)
    refused.command(DecideSlot(task=refused.task().id, decision="drop"), NINE + HOUR)
    assert told(refused, "post")["post.p1"] == {
        "post.at": (NINE + DAY).isoformat(),
        "post.status": "planned",
    }


def test_a_post_that_is_repeated_shows_what_is_next() -> None:
    heart = Heart(daily(repeat=True)).until(NINE + 4 * DAY)
    assert told(heart, "post")["post.p1"] == {
        "post.at": (NINE + 8 * DAY).isoformat(),
        "post.status": "planned",
    }


def test_what_becomes_of_posts_is_remembered_only_where_a_rule_judges_them() -> None:
    heart = Heart(daily(SILENT)).until(START + 3 * DAY)
    assert heart.state.posted == {}
    assert told(heart, "post") == {}
    judged = Heart(daily()).until(START + 3 * DAY)
    assert set(judged.state.posted) == {"post.p1", "post.p2", "post.p3"}
    judged.apply(daily(SILENT), START + 4 * DAY)
    assert judged.state.posted == {}


def answering(**metric: Any) -> Heart:
    """Return a strategy whose feed counts the replies on its channel, and said seven at the start."""
    heart = Heart(
        plan(
            channels=[channel(replies={"metric": "waiting"}), channel("news")],
            metrics=[{"name": "waiting", "source": "feed", **metric}],
            rules=[PILE],
        )
    )
    heart.samples["waiting"] = [Sample(metric="waiting", at=START, value=7, seen=START)]
    return heart


def test_replies_are_told_of_the_channel_that_counts_them_and_only_of_it() -> None:
    heart = answering().until(START + 7 * HOUR)
    assert told(heart, "channel") == {"blog": {"channel.open_replies": 7.0}, "news": {}}


@pytest.mark.parametrize(("metric", "trusted"), [({}, 18 * HOUR), ({"expect_every": "1d"}, 3 * DAY)])
def test_replies_that_nobody_has_counted_for_three_rounds_are_unknown(metric: Any, trusted: Any) -> None:
    heart = answering(**metric).until(START + 7 * HOUR)
    assert told(heart, "channel", START + trusted)["blog"] == {"channel.open_replies": 7.0}
    assert told(heart, "channel", START + trusted + HOUR)["blog"] == {}
