"""The rhythm of a channel: what it remembers, when it calls a silence harmful, when it speaks."""

import time
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate

import pytest

from engine.domain.quiet import GAPS_REMEMBERED, HARMFUL_RECENT, Outlook, Rhythm, harmful_silence

START = datetime(2024, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)


def rhythm(*gaps: float, zone: str = "UTC", start: datetime = START) -> Rhythm:
    """Return the rhythm of posts with these gaps in days between them."""
    return Rhythm.of([start, *(start + timedelta(days=at) for at in accumulate(gaps))], zone)


def alarm_of(channel: Rhythm) -> datetime:
    alarm = channel.alarm_at()
    assert alarm is not None
    return alarm


def patience(channel: Rhythm) -> int:
    return channel.silent_days(alarm_of(channel))


def test_a_silence_is_harmful_after_45_days_on_a_quick_channel() -> None:
    assert harmful_silence([1, 2, 7, 3]) == 45 * DAY
    assert harmful_silence([]) == 45 * DAY


def test_a_silence_is_harmful_after_four_median_gaps_on_a_slow_channel() -> None:
    assert harmful_silence([30] * 5) == 120 * DAY


def test_only_the_last_ten_gaps_say_what_is_harmful() -> None:
    assert harmful_silence([400] * 30 + [20] * 10) == 80 * DAY
    assert rhythm(*[400] * 30, *[20] * 10).harmful == 80 * DAY


def test_posts_of_one_day_are_gaps_of_zero_for_what_is_harmful_and_no_gaps_of_the_rhythm() -> None:
    channel = rhythm(30, 0.1, 0.1, 30, 0.1, 0.1)
    assert channel.gaps == (30, 30)
    assert channel.steps == (30, 0, 0, 30, 0, 0)
    assert channel.harmful == 45 * DAY


def test_a_post_late_at_night_belongs_to_the_day_of_the_channels_zone() -> None:
    late = datetime(2024, 6, 1, 23, 30, tzinfo=UTC)
    assert Rhythm.of([late], "UTC").last == date(2024, 6, 1)
    assert Rhythm.of([late], "Europe/Berlin").last == date(2024, 6, 2)


def test_the_alarm_becomes_true_at_the_end_of_a_day_and_not_a_moment_before() -> None:
    channel = rhythm(*[7] * 20)
    alarm = alarm_of(channel)
    assert alarm.timetz().isoformat() == "00:00:00+00:00"
    assert channel.silent_days(alarm - TICK) == channel.silent_days(alarm) - 1


def test_the_alarm_keeps_local_midnight_over_the_change_of_the_clock() -> None:
    channel = rhythm(*[7] * 10, zone="Europe/Berlin")  # the last post is in March, the alarm in summer time
    alarm = alarm_of(channel)
    assert channel.last == date(2024, 3, 11)
    assert alarm.time().hour == 22  # midnight in Berlin, in UTC
    assert channel.silent_days(alarm) == channel.silent_days(alarm - TICK) + 1


def test_a_post_takes_the_alarm_back() -> None:
    channel = rhythm(*[7] * 20)
    alarm = alarm_of(channel)
    again = channel.after(alarm + DAY)
    assert again.silent_days(alarm + DAY) == 0
    assert alarm_of(again) > alarm + DAY


def test_a_channel_that_often_paused_and_came_back_is_given_more_time() -> None:
    steady = rhythm(*[7] * 40)
    pausing = rhythm(*([7] * 7 + [36]) * 5)
    assert steady.harmful == pausing.harmful
    assert patience(pausing) > patience(steady)
    assert pausing.silence_probability(21) < steady.silence_probability(21)


def test_a_channel_that_never_missed_is_not_waited_for_the_longest() -> None:
    assert patience(rhythm(*[1] * 60)) <= 14  # of 45 days
    assert patience(rhythm(*[7] * 60)) <= 28  # of 45 days, which are more than six missed weeks


def test_a_channel_four_times_slower_is_given_about_four_times_the_patience() -> None:
    quick, slow = rhythm(*[12, 20, 16, 30] * 6), rhythm(*[48, 80, 64, 120] * 6)
    assert slow.harmful == 4 * quick.harmful
    assert 3 < patience(slow) / patience(quick) < 5


def test_a_channel_without_any_post_has_no_alarm() -> None:
    empty = Rhythm.of([], "UTC")
    assert empty.alarm_at() is None
    assert empty.silent_days(START) == 0
    assert empty.in_words(START) == "Nothing was posted on this channel yet."


def test_a_channel_that_stops_after_its_first_post_is_noticed_before_45_days() -> None:
    channel = Rhythm.of([START], "UTC")
    assert 0 < patience(channel) < 45


def test_a_pause_moves_the_alarm_by_its_length() -> None:
    channel = rhythm(*[7] * 20)
    pause = (alarm_of(channel) - 5 * DAY, alarm_of(channel) + 5 * DAY)
    assert channel.alarm_at([pause]) == alarm_of(channel) + 10 * DAY


def test_an_open_pause_leaves_no_alarm() -> None:
    channel = rhythm(*[7] * 20)
    assert channel.alarm_at([(alarm_of(channel) - DAY, None)]) is None


def test_the_words_for_people_carry_days_probability_and_limit() -> None:
    channel = rhythm(*[7] * 20)
    now = START + 140 * DAY + 31 * DAY
    assert channel.in_words(now) == (
        f"No post for 30 full days: with {channel.silence_probability(30):.0%} this channel will not post again "
        "before it counts as dead-silent (45 days)."
    )


def test_what_is_remembered_stays_small_however_long_the_history() -> None:
    channel = Rhythm(zone="UTC")
    for day in range(2000):
        channel = channel.after(START + day * DAY)
        channel = channel.after(START + day * DAY)
    assert len(channel.gaps) == GAPS_REMEMBERED
    assert len(channel.steps) == HARMFUL_RECENT
    assert len(channel.model_dump_json()) < 500


def test_a_time_without_zone_is_refused() -> None:
    naive = datetime(2024, 1, 1)  # noqa: DTZ001 - that is the point
    with pytest.raises(ValueError, match="needs its zone"):
        Rhythm.of([naive], "UTC")
    with pytest.raises(ValueError, match="needs its zone"):
        Rhythm(zone="UTC").after(naive)


def test_two_thousand_channels_take_seconds() -> None:
    channels = [rhythm(*(1 + (i * 7 + k * k) % (5 + i % 40) for k in range(60))) for i in range(2000)]
    before = time.process_time()
    alarms = [channel.alarm_at() for channel in channels]
    spent = time.process_time() - before
    assert all(alarms)
    assert spent < 8, f"{spent:.1f} s of CPU for 2,000 alarms; about 1 s is usual"


def test_a_channel_of_one_gap_a_year_costs_no_more_than_a_quick_one(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    survival = Outlook.survival

    def counting(self: Outlook, days: int) -> float:
        asked.append(days)
        return survival(self, days)

    monkeypatch.setattr(Outlook, "survival", counting)
    Outlook([365] * 10, 4 * 365 * DAY)
    assert len(asked) < 200
