"""Repeated texts across channels, and what cannot be compared."""

from __future__ import annotations

from typing import Any

import pytest

from engine.domain.judgement import Judgement
from engine.domain.records import Activity, DataState
from engine.domain.series import MemorySeries
from tests.rules.evaluation.build import ago, expr, judge, known, planned, post

TEXTS = [
    "Our bakery opens a second shop on Saturday. Come by for fresh rye bread and a free coffee.",
    "Why our bakery lets its rye bread rest for a whole day, and what that does to the taste.",
    "Fresh from the oven: our bakery has cinnamon rolls every Saturday from now on.",
    "We are looking for somebody who likes to get up early and to work with dough.",
]


def rule(**changes: Any) -> dict[str, Any]:
    return {"name": "Blanket", "reason": "People follow one place for a reason.", "duplicate": changes}


def blog(series: MemorySeries, **changes: Any) -> Judgement:
    return judge(planned(rule(**changes)), None, series)["Blanket@channel/blog"]


def feeds(blog_texts: list[str], news_texts: list[str], later: float = 0.1) -> MemorySeries:
    return MemorySeries(
        posts={
            "blog": [post(10 - n, text, channel="blog") for n, text in enumerate(blog_texts)],
            "news": [post(10 - n - later, text, channel="news") for n, text in enumerate(news_texts)],
        }
    )


def test_the_same_texts_on_two_channels_are_repetitions_on_both() -> None:
    series = feeds(TEXTS[:3], [f"{text} #bread https://example.org" for text in TEXTS[:3]])
    found = judge(planned(rule()), None, series)
    assert [found[f"Blanket@channel/{name}"].truth for name in ("blog", "news")] == [True, True]
    assert found["Blanket@channel/blog"].because == (
        "3 of the 3 newest posts on blog have nearly the same text on news within 7d, such as “Our bakery opens a s”."
    )
    assert found["Blanket@channel/blog"].evidence == {"posts": 3, "repeated": 3, "least_share": 0.5}


def test_texts_of_their_own_are_none() -> None:
    assert blog(feeds(TEXTS[:3], [TEXTS[3]] * 3)).truth is False


def test_below_the_share_it_is_false_and_from_it_on_true() -> None:
    half = feeds(TEXTS[:4], [TEXTS[2], TEXTS[3], "Something else entirely", "And one more about nothing"])
    assert blog(half, posts=4, share=0.5, within="30d").truth is True
    assert blog(half, posts=4, share=0.6, within="30d").truth is False


def test_only_posts_near_in_time_count() -> None:
    apart = feeds(TEXTS[:3], TEXTS[:3], later=8)
    assert blog(apart).truth is False
    assert blog(apart, within="8d").truth is True


def test_with_too_few_posts_nothing_is_repeated_yet() -> None:
    assert blog(feeds(TEXTS[:2], TEXTS[:2])).truth is False
    assert blog(MemorySeries()).truth is False


def test_posts_whose_texts_nobody_knows_are_unknown() -> None:
    silent = MemorySeries(posts={"blog": [post(day) for day in range(1, 9)], "news": [post(1, TEXTS[0])]})
    assert (blog(silent).truth, blog(silent).data) == (None, DataState.UNKNOWN)


def test_one_post_that_two_channels_show_is_no_repetition() -> None:
    one = [
        Activity(at=ago(n), ref=f"https://example.org/{n}", sketch=post(n, TEXTS[n]).sketch) for n in range(3)
    ]
    assert blog(MemorySeries(posts={"blog": one, "news": one})).truth is False


@pytest.mark.parametrize(("repeated", "share"), [(0, 0.0), (2, 0.5), (4, 1.0)])
def test_the_share_of_repetitions_is_a_fact(repeated: int, share: float) -> None:
    series = feeds(TEXTS, [*TEXTS[:repeated], "Nothing of the kind"])
    plan = planned(expr("Share", f"channel.duplicate_share == {share}"))
    assert judge(plan, None, series)["Share@channel/blog"].truth is True
    assert judge(plan)["Share@channel/blog"].truth is None


def test_a_post_to_come_is_compared_with_what_stands_or_comes_elsewhere() -> None:
    items = [{"id": f"i{n}", "title": "", "body": text} for n, text in enumerate(TEXTS)]
    actions = [
        {
            "name": name,
            "channel": name,
            "schedule": {"cron": "0 9 * * *"},
            "content": {"items": items[first:]},
        }
        for name, first in (("blog", 0), ("news", 3))
    ]
    plan = planned(
        expr("Same", "post.similarity > 0.85 && post.same_on == 1 && post.length > 10", of="post"),
        actions=actions,
    )
    soon = {"post.at": ago(-1).isoformat()}
    circumstances = known(
        {"post/blog.i0": soon, "post/blog.i1": soon, "post/blog.i3": soon, "post/news.i3": soon}
    )
    series = MemorySeries(posts={"news": [post(2, TEXTS[0])]})
    found = judge(plan, circumstances, series)
    truths = {subject.partition("/")[2]: each.truth for subject, each in found.items()}
    assert truths == {"blog.i0": True, "blog.i1": False, "blog.i2": False, "blog.i3": True, "news.i3": True}


@pytest.mark.parametrize(("share", "severity"), [(0.5, None), (0.9, "critical")])
def test_repetition_may_matter_otherwise_under_a_condition(share: float, severity: str | None) -> None:
    same = feeds(TEXTS[:4], TEXTS[:4] if share > 0.5 else [*TEXTS[:2], "Something else", "And one more"])
    worst = [{"when": "channel.duplicate_share > 0.9", "severity": "critical"}]
    plan = planned(rule(posts=4, within="30d") | {"severities": worst})
    found = judge(plan, None, same)["Blanket@channel/blog"]
    assert (found.truth, found.severity) == (True, severity)
