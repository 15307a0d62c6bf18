"""What every store does with posts, with the past that an evaluation asks for, and with what rules said."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.domain.journal import Entry, EntryType
from engine.domain.likeness import likeness, sketch
from engine.domain.past import Judged, Windows
from engine.domain.publication import PublishStatus
from engine.domain.records import Activity, DataState, Sample
from engine.domain.series import BEGINNING, MemorySeries
from engine.domain.storage import Store
from tests.contracts.store_records import HOUR, NAME, T0, at, entry, outcome, post, row, sample

_names = count(1)
DAY = timedelta(days=1)


def activity(hours: float, ref: str = "", *, text: str = "", title: str = "") -> Activity:
    return Activity(
        at=at(hours), ref=ref or f"https://blog.example/{hours}", title=title, sketch=sketch(text)
    )


def published(seq: int = 1, *, url: str | None = None, slot: float = 0, hours: float = 0) -> Entry:
    key = post(slot).key
    data = {"action": "weekly", "slot": at(slot).isoformat(), "key": key, "url": url}
    return entry(seq, EntryType.SLOT_PUBLISHED, hours=hours, **data)


class ActivitiesContract:
    def test_posts_come_back_whole_and_oldest_first(self, store: Store) -> None:
        given = [activity(2, text="Hello there", title="ü"), activity(1)]
        assert store.add_activities(NAME, {"blog": given, "news": [activity(3)]}, T0) == 3
        assert store.activities(NAME, "blog") == given[::-1]
        assert store.activities(NAME, "news") == [activity(3)]
        assert store.activities("acme/other", "blog") == []

    def test_a_post_is_one_thing_by_its_link_wherever_it_is_seen_again(self, store: Store) -> None:
        store.add_activities(NAME, {"blog": [activity(1, "a", title="first")]}, T0)
        assert (
            store.add_activities(NAME, {"blog": [activity(5, "a", title="again"), activity(2, "b")]}, T0) == 1
        )
        assert store.add_activities(NAME, {"blog": [activity(5, "a"), activity(2, "b")]}, T0) == 0
        assert [(each.at, each.title) for each in store.activities(NAME, "blog")] == [
            (at(1), "first"),
            (at(2), ""),
        ]
        assert store.add_activities(NAME, {"news": [activity(1, "a")]}, T0) == 1, (
            "another channel is another place"
        )

    def test_the_text_of_a_post_may_become_known_later_and_then_stays(self, store: Store) -> None:
        store.add_activities(NAME, {"blog": [activity(1, "a")]}, T0)
        store.add_activities(NAME, {"blog": [activity(1, "a", text="Hello there")]}, T0)
        store.add_activities(NAME, {"blog": [activity(1, "a", text="Something else")]}, T0)
        assert [each.sketch for each in store.activities(NAME, "blog")] == [sketch("Hello there")]

    def test_both_ends_of_a_span_of_posts_are_included(self, store: Store) -> None:
        store.add_activities(NAME, {"blog": [activity(n) for n in range(5)]}, T0)
        assert [each.at for each in store.activities(NAME, "blog", start=at(1), end=at(3))] == [
            at(1),
            at(2),
            at(3),
        ]

    def test_a_link_of_any_length_is_kept_and_known_again(self, store: Store) -> None:
        endless = [activity(n, f"https://blog.example/{'x' * 9000}{n}") for n in range(2)]
        assert [store.add_activities(NAME, {"blog": endless}, T0) for _ in range(2)] == [2, 0]

    def test_nothing_is_kept_for_nothing(self, store: Store) -> None:
        assert store.add_activities(NAME, {"blog": []}, T0) == 0

    def test_a_post_of_our_own_is_kept_with_its_text_when_its_slot_is_recorded(self, store: Store) -> None:
        publication, _ = store.claim_publication(post(), T0)
        store.settle_publication(publication.key, outcome(), at(1))
        store.record(row(), [published(hours=1)], at(1))
        (own,) = store.activities(NAME, "blog")
        assert (own.at, own.ref, likeness(own.sketch, sketch("Hello"))) == (T0, post().key, 1)

    def test_our_own_post_seen_in_a_feed_by_its_link_is_one_post(self, store: Store) -> None:
        link = "https://blog.example/hello"
        publication, _ = store.claim_publication(post(), T0)
        store.settle_publication(publication.key, outcome(url=link), at(1))
        store.record(row(), [published(url=link)], at(1))
        assert store.add_activities(NAME, {"blog": [activity(0, link)]}, at(2)) == 0
        assert len(store.activities(NAME, "blog")) == 1

    def test_recording_again_keeps_no_second_post_and_one_without_a_ledger_is_kept_too(
        self, store: Store
    ) -> None:
        for _ in range(2):
            store.record(row(), [published(hours=3)], at(3))
        assert [(each.at, each.sketch) for each in store.activities(NAME, "blog")] == [(at(3), "")]

    def test_an_outcome_of_the_future_is_dated_when_it_was_recorded(self, store: Store) -> None:
        publication, _ = store.claim_publication(post(), T0)
        late = outcome(PublishStatus.PUBLISHED).model_copy(update={"at": at(99)})
        store.settle_publication(publication.key, late, at(1))
        store.record(row(), [published(hours=2)], at(2))
        assert [each.at for each in store.activities(NAME, "blog")] == [at(2)]


moments = st.integers(0, 40)
metrics = st.sampled_from(["visits", "likes"])
channels = st.sampled_from(["blog", "news"])


class SeriesContract:
    def test_a_value_is_the_newest_at_or_before_with_its_latest_correction(self, store: Store) -> None:
        store.add_samples(
            NAME, [sample(1), sample(2, hours=5), sample(3, hours=5, seen=9), sample(4, hours=9)]
        )
        instants = [at(-1), at(0), at(4.9), at(5), at(8), at(9)]
        asked = Windows(at(9), {}, frozenset(("visits", instant) for instant in instants), {})
        series = store.series(NAME, asked)
        found = [series.value_at("visits", instant) for instant in instants]
        assert [each and each.value for each in found] == [None, 1, 1, 3, 3, 4]

    def test_a_window_of_posts_comes_with_the_newest_one_before_it(self, store: Store) -> None:
        store.add_activities(NAME, {"blog": [activity(n) for n in (1, 2, 4, 5)]}, T0)
        series = store.series(NAME, Windows(at(4), {}, frozenset(), {"blog": at(3)}))
        assert [each.at for each in series.posts("blog", at(3), at(4))] == [at(4)]
        assert [each.at for each in series.posts("blog", BEGINNING, at(3))] == [at(2)]

    def test_nothing_asked_is_nothing_read(self, store: Store) -> None:
        series = store.series(NAME, Windows(at(4), {}, frozenset(), {}))
        assert series.value_at("visits", at(4)) is None

    @settings(
        max_examples=40,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(
        samples=st.lists(
            st.builds(sample, st.sampled_from([0.0, 1.0]), hours=moments, seen=moments, metric=metrics),
            max_size=12,
        ),
        posts=st.lists(st.tuples(channels, moments), max_size=12),
        windows=st.dictionaries(metrics, moments, max_size=2),
        values=st.sets(st.tuples(metrics, moments), max_size=60),
        looks=st.dictionaries(channels, moments, max_size=2),
        until=moments,
    )
    def test_the_past_read_at_once_is_the_past_in_memory(
        self,
        store: Store,
        samples: list[Sample],
        posts: list[tuple[str, int]],
        windows: dict[str, int],
        values: set[tuple[str, int]],
        looks: dict[str, int],
        until: int,
    ) -> None:
        name = f"acme/p{next(_names)}"
        store.add_samples(name, samples)
        kept = [each for metric in ("visits", "likes") for each in store.samples(name, metric)]
        by_channel: dict[str, list[Activity]] = {}
        for channel, hour in posts:
            by_channel.setdefault(channel, []).append(activity(hour))
        store.add_activities(name, by_channel, T0)
        memory = MemorySeries(
            {metric: [s for s in kept if s.metric == metric] for metric in windows | dict(values)}, by_channel
        )
        end = at(until)
        asked = Windows(
            end,
            {metric: at(start) for metric, start in windows.items()},
            frozenset((metric, at(hour)) for metric, hour in values if hour <= until),
            {channel: at(start) for channel, start in looks.items()},
        )
        read = store.series(name, asked)
        for metric, start in asked.samples.items():
            assert list(read.samples(metric, start, end)) == list(memory.samples(metric, start, end))
        for metric, instant in asked.values:
            assert read.value_at(metric, instant) == memory.value_at(metric, instant)
        for channel, start in asked.posts.items():
            assert list(read.posts(channel, start, end)) == list(memory.posts(channel, start, end))
            before = memory.posts(channel, BEGINNING, min(start, end))
            assert bool(read.posts(channel, BEGINNING, min(start, end))) == bool(before)


def judged(
    hours: float,
    *,
    truth: bool | None = True,
    rule: str = "Quiet",
    subject: str = "channel/blog",
    **facts: object,
) -> Judged:
    data = DataState.OK if truth is not None else DataState.UNKNOWN
    return Judged.model_validate(
        {
            "rule": rule,
            "subject": subject,
            "at": at(hours),
            "truth": truth,
            "data": data,
            "facts": facts,
            "revision": 1,
        }
    )


class JudgedContract:
    def test_what_was_judged_comes_back_whole(self, store: Store) -> None:
        facts: dict[str, Any] = {
            "channel.posts_7d": 3,
            "channel.title": "ü",
            "post.tags": ["a"],
            "goal.value": 1e22,
        }
        one = judged(0, **facts)
        assert store.save_judged(NAME, 1, [one]) == 1
        assert store.judged(NAME) == [one]
        assert store.judged("acme/other") == []

    def test_the_same_again_is_kept_once_a_day(self, store: Store) -> None:
        written = [
            store.save_judged(NAME, 1, [judged(hour, posts=hour)]) for hour in (0, 1, 23.9, 24, 25, 48)
        ]
        assert written == [1, 0, 0, 1, 0, 1]

    def test_another_outcome_is_kept_at_once_and_so_is_another_revision(self, store: Store) -> None:
        rows = [judged(0), judged(1, truth=False), judged(2, truth=None), judged(3, truth=False)]
        assert [store.save_judged(NAME, 1, [each]) for each in rows] == [1, 1, 1, 1]
        assert store.save_judged(NAME, 2, [judged(4, truth=False)]) == 1
        assert [each.revision for each in store.judged(NAME)] == [2]

    def test_the_past_is_asked_for_by_rule_subject_and_instant(self, store: Store) -> None:
        store.save_judged(
            NAME,
            1,
            [judged(0), judged(0, subject="channel/news"), judged(0, rule="Late", subject="task/T1")],
        )
        store.save_judged(NAME, 1, [judged(5, truth=False)])
        found = store.judged(NAME)
        assert [(each.rule, each.subject, each.truth) for each in found] == [
            ("Late", "task/T1", True),
            ("Quiet", "channel/blog", False),
            ("Quiet", "channel/news", True),
        ]
        assert [each.truth for each in store.judged(NAME, "Quiet", "channel/blog", at(4.9))] == [True]
        assert [each.rule for each in store.judged(NAME, subject="task/T1")] == ["Late"]
        assert store.judged(NAME, at=at(-1)) == []

    def test_an_evaluation_that_is_repeated_leaves_one_row(self, store: Store) -> None:
        assert store.save_judged(NAME, 1, [judged(0), judged(0, rule="Late")]) == 2
        assert store.save_judged(NAME, 1, [judged(0), judged(0, rule="Late")]) == 0
        store.save_judged(NAME, 1, [judged(0, truth=False)])
        assert [each.truth for each in store.judged(NAME, "Quiet")] == [False]

    def test_what_is_forgotten_changes_no_answer_of_later(self, store: Store) -> None:
        hours = (0, 30, 60, 90, 120)
        for hour in hours:
            store.save_judged(
                NAME, 1, [judged(hour, truth=hour != 60), judged(hour, rule="Late", subject="task/T1")]
            )
        store.save_judged(NAME, 1, [judged(0, rule="Once")])
        store.save_judged("acme/other", 1, [judged(0), judged(30)])
        cut = at(100)
        later = [cut, at(119), at(120), at(500)]
        before = [[one for one in store.judged(NAME, at=when) if one.rule != "Late"] for when in later]
        assert store.forget_judged(NAME, cut) == 3 + 4
        after = [[one for one in store.judged(NAME, at=when) if one.rule != "Late"] for when in later]
        assert after == before
        assert store.judged(NAME, "Quiet", "channel/blog", at(80)) == []
        assert [one.at for one in store.judged(NAME, "Late")] == [at(120)]
        assert len(store.judged("acme/other", at=at(10))) == 1, "another strategy's are left alone"
        assert store.forget_judged(NAME, cut) == 0

    def test_nothing_judged_is_nothing_written(self, store: Store) -> None:
        assert store.save_judged(NAME, 1, []) == 0

    @pytest.mark.parametrize("hours", [0.0, 12.0])
    def test_rules_do_not_meet(self, store: Store, hours: float) -> None:
        store.save_judged(NAME, 1, [judged(0)])
        assert store.save_judged(NAME, 1, [judged(hours, rule="Other")]) == 1
        assert isinstance(store.judged(NAME)[0].at, datetime)
        assert timedelta(hours=1) == HOUR
