"""A channel that is no longer fed is noticed at the very instant, and nobody is alarmed by what is not known."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from engine.domain.journal import EntryType
from engine.domain.messages import Observe, Observed, Tick
from engine.domain.records import AlertState, DataState, Momentum, Sample
from tests.domain.build import (
    DAY,
    HOUR,
    MOMENTUM,
    SILENT,
    START,
    TINY,
    UNREADABLE,
    Heart,
    action,
    channel,
    plan,
    post,
    reading,
    utc,
)

SILENT_AFTER = timedelta(days=10.5)
WATCHED = {"activity": "feed"}


def test_a_channel_without_a_source_falls_silent_at_the_exact_microsecond() -> None:
    heart = Heart(plan())
    heart.until(START + SILENT_AFTER - TINY)
    assert not heart.state.alerts
    assert heart.wake_at == START + SILENT_AFTER
    heart.until(START + SILENT_AFTER)
    assert heart.when(EntryType.ALERT_FIRING) == [START + SILENT_AFTER]
    assert heart.alert().fired_at == START + SILENT_AFTER


def test_a_channel_with_a_source_falls_silent_at_the_exact_microsecond_after_its_last_post() -> None:
    heart = Heart(plan(channels=[channel(**WATCHED)]))
    last = START + DAY + timedelta(microseconds=123457)
    heart.posts["blog"] = [post(last)]
    heart.until(START + 30 * DAY)
    assert heart.when(EntryType.ALERT_FIRING) == [last + SILENT_AFTER]


def test_a_source_is_read_once_more_a_minute_before_silence_is_declared() -> None:
    heart = Heart(plan(channels=[channel(**WATCHED)]))
    looks: list[object] = []
    due = START + SILENT_AFTER
    while heart.wake_at is not None and heart.wake_at <= due:
        if any(isinstance(effect, Observe) for effect in heart.tell(Tick(), heart.wake_at).effects):
            looks.append(heart.state.at)
    assert due - timedelta(minutes=1) in looks


def test_a_post_seen_in_that_last_look_keeps_everybody_calm() -> None:
    heart = Heart(plan(channels=[channel(**WATCHED)]))
    due = START + SILENT_AFTER
    heart.posts["blog"] = [post(due - timedelta(seconds=90))]
    heart.until(due + DAY)
    assert not heart.of(EntryType.ALERT_FIRING)


def test_a_rule_with_its_own_period_is_looked_after_before_it_fires_too() -> None:
    rule = SILENT | {"deadline": {"since": "activity", "period": "100h", "grace": "33m"}}
    heart = Heart(
        plan(
            channels=[channel(**WATCHED)],
            rules=[rule],
            sources=[{"name": "feed", "kind": "feed", "every": "1d"}],
        )
    )
    due = START + timedelta(hours=100, minutes=33)
    heart.until(due)
    assert heart.when(EntryType.ALERT_FIRING) == [due]


def test_nobody_shouts_after_an_outage_before_the_source_was_read_again() -> None:
    heart = Heart(plan(channels=[channel(**WATCHED)]))
    due = START + SILENT_AFTER
    heart.until(due - HOUR)
    heart.posts["blog"] = [post(due - timedelta(minutes=30))]
    heart.wake_at = None
    heart.until(due + HOUR)
    assert not heart.of(EntryType.ALERT_FIRING)
    assert heart.state.channels["blog"].momentum is Momentum.STEADY
    assert Momentum.SILENT not in [entry.data["momentum"] for entry in heart.of(EntryType.CHANNEL_STATE)]


def test_after_an_outage_a_silence_that_is_real_is_told_as_soon_as_the_source_was_read() -> None:
    heart = Heart(plan(channels=[channel(**WATCHED)]))
    due = START + SILENT_AFTER
    heart.until(due - HOUR)
    heart.until(due + HOUR)
    assert len(heart.of(EntryType.ALERT_FIRING)) == 1


@pytest.mark.parametrize("start", ["2026-03-24 08:00", "2026-10-20 07:00"])
def test_a_week_across_a_change_of_clocks_is_seven_days_of_elapsed_time(start: str) -> None:
    begin = utc(start)
    heart = Heart(plan(zone="Europe/Berlin"), begin)
    heart.until(begin + 20 * DAY)
    assert heart.when(EntryType.ALERT_FIRING) == [begin + SILENT_AFTER]


def test_a_channel_goes_from_steady_to_slowing_to_silent_to_dormant() -> None:
    heart = Heart(plan(rules=[]))
    heart.until(START + 40 * DAY)
    turns = [(entry.at - START, entry.data["momentum"]) for entry in heart.of(EntryType.CHANNEL_STATE)]
    assert turns == [
        (timedelta(days=7.7), Momentum.SLOWING),
        (timedelta(days=10.5), Momentum.SILENT),
        (timedelta(days=28), Momentum.DORMANT),
    ]


def test_a_post_brings_a_dormant_channel_back() -> None:
    heart = Heart(plan(rules=[SILENT], channels=[channel(**WATCHED)]))
    heart.until(START + 40 * DAY)
    heart.posts["blog"] = [post(START + 40 * DAY)]
    heart.until(START + 41 * DAY)
    assert heart.state.channels["blog"].momentum is Momentum.STEADY
    assert heart.alert().state is AlertState.RESOLVED


def test_a_channel_that_never_had_as_many_posts_as_promised_slows_after_the_first_period() -> None:
    heart = Heart(plan(rules=[], channels=[channel(cadence={"at_least": 3, "per": "week"}, **WATCHED)]))
    heart.posts["blog"] = [post(START + 6 * DAY)]
    heart.until(START + 9 * DAY)
    assert heart.when(EntryType.CHANNEL_STATE) == [START + timedelta(days=7.7)]


def test_momentum_counts_the_posts_in_the_period_and_not_the_last_one_alone() -> None:
    heart = Heart(plan(rules=[], channels=[channel(cadence={"at_least": 2, "per": "week"}, **WATCHED)]))
    heart.posts["blog"] = [post(START + n * DAY) for n in (1, 2, 6)]
    heart.until(START + 12 * DAY)
    assert heart.when(EntryType.CHANNEL_STATE)[0] == START + 2 * DAY + timedelta(days=7.7)


def test_an_unreadable_source_neither_fires_nor_resolves() -> None:
    heart = Heart(plan(channels=[channel(**WATCHED)], rules=[SILENT, UNREADABLE]))
    heart.until(START + 9 * DAY)
    heart.unreadable = {"feed"}
    heart.until(START + 20 * DAY)
    assert [entry.subject for entry in heart.of(EntryType.ALERT_FIRING)] == ["source/feed"]
    assert heart.alert().state is AlertState.INACTIVE
    assert heart.alert().data is DataState.ERROR


def test_a_firing_alert_stays_while_its_source_cannot_be_read_and_says_so() -> None:
    heart = Heart(plan(channels=[channel(**WATCHED)]))
    heart.until(START + 11 * DAY)
    heart.mute = {"feed"}
    read_at = heart.state.sources["feed"].read_at
    heart.until(START + 12 * DAY)
    assert heart.alert().state is AlertState.FIRING
    assert heart.alert().data is DataState.UNKNOWN
    assert read_at is not None
    assert heart.when(EntryType.ALERT_DATA) == [read_at + timedelta(hours=18, minutes=5)]


def test_a_source_that_was_never_read_says_nothing_about_its_channel() -> None:
    heart = Heart(plan(channels=[channel(**WATCHED)], rules=MOMENTUM), mute=["feed"])
    heart.until(START + 30 * DAY)
    assert {entry.subject for entry in heart.of(EntryType.ALERT_FIRING)} == {"source/feed"}


def test_a_source_that_is_asked_in_vain_is_called_unreadable_only_after_any_look_would_have_ended() -> None:
    quick = {"name": "feed", "kind": "feed", "every": "5s"}
    heart = Heart(plan(channels=[channel(**WATCHED)], rules=[UNREADABLE], sources=[quick]), mute=["feed"])
    heart.until(START + timedelta(minutes=20))
    asked = heart.state.sources["feed"].unanswered_since
    assert asked is not None
    assert heart.when(EntryType.ALERT_FIRING) == [asked + timedelta(minutes=7)]


def test_a_worker_of_ours_that_is_away_for_minutes_is_not_blamed_on_a_source_that_is_read_every_few_seconds() -> (
    None
):
    quick = {"name": "feed", "kind": "feed", "every": "5s"}
    heart = Heart(plan(channels=[channel(**WATCHED)], rules=[UNREADABLE], sources=[quick]))
    heart.mute = {"feed"}
    heart.until(START + timedelta(minutes=6))
    heart.mute = set()
    heart.until(START + timedelta(minutes=30))
    assert not heart.of(EntryType.ALERT_FIRING)
    assert heart.state.sources["feed"].unanswered_since is None


def test_a_source_that_answers_again_settles_what_was_unknown() -> None:
    heart = Heart(plan(channels=[channel(**WATCHED)]))
    heart.unreadable = {"feed"}
    heart.until(START + 20 * DAY)
    heart.unreadable = set()
    heart.until(START + 21 * DAY)
    assert heart.alert().state is AlertState.FIRING


def test_our_own_post_seen_again_in_the_feed_counts_once() -> None:
    heart = Heart(plan(channels=[channel(**WATCHED)], actions=[action()]))
    heart.until(START + 2 * HOUR)
    (own,) = heart.state.channels["blog"].recent
    heart.posts["blog"] = [post(own.at + timedelta(seconds=3), ref=own.ref)]
    heart.until(START + 20 * HOUR)
    assert heart.state.channels["blog"].recent == (own,)
    assert not heart.of(EntryType.ACTIVITY_SEEN)


def test_a_post_from_the_future_or_from_a_broken_date_does_not_count() -> None:
    heart = Heart(plan(channels=[channel(**WATCHED)], zone="America/New_York"))
    odd = {"blog": [post(START + DAY, ref="future"), post(utc("0001-01-01 00:00"), ref="zero")]}
    heart.tell(Observed(readings=(reading("feed", START, posts=odd),)), START)
    assert heart.state.channels["blog"].recent == ()


def test_a_metric_without_new_samples_is_missed_at_the_exact_instant() -> None:
    metric = {"name": "visits", "source": "feed", "expect_every": "2d"}
    heart = Heart(plan(rules=MOMENTUM, metrics=[metric]))
    heart.until(START + 5 * DAY)
    assert heart.when(EntryType.ALERT_FIRING, "metric/visits") == [START + 2 * DAY]


def test_an_older_sample_that_comes_late_does_not_hide_a_newer_one_and_a_correction_counts() -> None:
    heart = Heart(plan(metrics=[{"name": "visits", "source": "feed"}]))

    def learn(at: datetime, value: float) -> float | None:
        sample = Sample(metric="visits", at=at, seen=START + DAY, value=value)
        found = reading("feed", START + DAY).model_copy(update={"samples": (sample,)})
        heart.tell(Observed(readings=(found,)), START + DAY)
        return heart.state.metrics["visits"].value

    assert [learn(START + HOUR, 7), learn(START, 3), learn(START + HOUR, 8), learn(START + 2 * DAY, 9)] == [
        7,
        7,
        8,
        8,
    ]


def test_a_channel_whose_promise_was_taken_back_is_no_longer_called_silent() -> None:
    heart = Heart(plan())
    heart.until(START + 12 * DAY)
    heart.apply(plan(channels=[channel(cadence=None)]), START + 12 * DAY)
    assert heart.state.channels["blog"].momentum is Momentum.UNKNOWN


def test_a_channel_that_promises_many_posts_asks_its_source_for_so_many() -> None:
    busy = plan(
        channels=[
            channel(cadence={"at_least": 90, "per": "week"}, activity="feed"),
            channel("news", activity="feed"),
        ],
        rules=[],
    )
    heart = Heart(busy)
    (first,) = heart.asked(Observe)[:1]
    assert first.newest == {"blog": 91}, "what is enough for a cadence of few needs no word"


def test_an_outage_of_ours_is_not_blamed_on_a_source_or_a_metric() -> None:
    measured = plan(
        channels=[channel(**WATCHED)],
        metrics=[{"name": "visits", "source": "feed", "expect_every": "2d"}],
        rules=MOMENTUM,
    )
    heart = Heart(measured)
    heart.samples["visits"] = [
        Sample(metric="visits", at=START + n * DAY, value=n, seen=START + n * DAY) for n in range(30)
    ]
    heart.until(START + 5 * DAY)
    heart.tell(Tick(), START + 9 * DAY)
    assert {entry.subject for entry in heart.of(EntryType.ALERT_FIRING)} <= {"channel/blog"}


def test_a_metric_that_stops_is_missed_at_its_exact_instant_after_one_more_look() -> None:
    measured = plan(
        channels=[channel(**WATCHED)],
        metrics=[{"name": "visits", "source": "feed", "expect_every": "2d"}],
        rules=MOMENTUM,
    )
    heart = Heart(measured)
    heart.samples["visits"] = [Sample(metric="visits", at=START + DAY / 2, value=1, seen=START + DAY / 2)]
    heart.until(START + 4 * DAY)
    fired = [(entry.subject, entry.at) for entry in heart.of(EntryType.ALERT_FIRING)]
    assert ("metric/visits", START + DAY / 2 + 2 * DAY) in fired
