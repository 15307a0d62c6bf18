"""What holds of every channel, whatever its history."""

from datetime import UTC, datetime, timedelta
from itertools import accumulate
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.quiet import NEVER_BEFORE, Rhythm, harmful_silence, outlook

START = datetime(2020, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)

gaps = st.lists(st.integers(1, 400) | st.integers(1, 14), max_size=40)
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia"])


@st.composite
def rhythms(draw: st.DrawFn) -> Rhythm:
    days = accumulate(draw(gaps), initial=0)
    return Rhythm.of([START + timedelta(days=day) for day in days], draw(zones))


@given(rhythms(), st.integers(0, 2000), st.integers(0, 500))
def test_a_longer_silence_never_lowers_the_probability(channel: Rhythm, days: int, more: int) -> None:
    sooner, later = channel.silence_probability(days), channel.silence_probability(days + more)
    assert 0 < sooner <= 1
    assert later >= sooner - 1e-9


@given(rhythms())
def test_the_probability_is_one_exactly_when_the_next_post_can_only_end_a_harmful_silence(
    channel: Rhythm,
) -> None:
    assert channel.silence_probability(ceil(channel.harmful / DAY) - 1) == 1
    assert channel.silence_probability(ceil(channel.harmful / DAY) - 2) < 1


@given(rhythms())
def test_the_alarm_comes_before_the_silence_is_harmful_and_not_at_once(channel: Rhythm) -> None:
    alarm = channel.alarm_at()
    assert alarm is not None
    silent = channel.silent_days(alarm) * DAY
    assert NEVER_BEFORE * channel.harmful <= silent < channel.harmful


@given(rhythms())
def test_no_other_day_would_cost_less_than_the_alarms(channel: Rhythm) -> None:
    view = outlook(channel)
    days = range(ceil(NEVER_BEFORE * channel.harmful / DAY), ceil(channel.harmful / DAY))
    assert view.cost(view.alarm_after) == pytest.approx(min(view.cost(day) for day in days), abs=1e-12)


@given(rhythms(), st.integers(0, 800), st.integers(0, 86399))
def test_a_post_starts_the_silence_anew(channel: Rhythm, days: int, seconds: int) -> None:
    assert channel.last is not None
    moment = START + timedelta(days=(channel.last - START.date()).days + 1 + days, seconds=seconds)
    again = channel.after(moment)
    alarm = again.alarm_at()
    assert again.silent_days(moment) == 0
    assert alarm is not None
    assert alarm > moment


@given(st.permutations(list(accumulate([0, 3, 0, 9, 1, 30, 0, 0, 7, 60, 2]))), zones)
def test_the_order_in_which_posts_are_found_does_not_matter(days: list[int], zone: str) -> None:
    moments = [START + timedelta(days=day) for day in days]
    channel = Rhythm(zone=zone)
    for moment in moments:
        channel = channel.after(moment)
    assert channel == Rhythm.of(moments, zone)


@given(gaps, st.lists(st.integers(0, 5000), max_size=30), zones)
def test_posts_found_late_find_their_place(known: list[int], late: list[int], zone: str) -> None:
    posts = [START + timedelta(days=day) for day in accumulate(known, initial=0)]
    found = [START + timedelta(days=day, hours=day % 7) for day in late]
    channel = Rhythm.of(posts, zone)
    for moment in found:
        channel = channel.after(moment)
    assert channel == Rhythm.of(posts + found, zone)


@given(rhythms())
def test_the_state_survives_serialisation_with_the_same_alarm(channel: Rhythm) -> None:
    again = Rhythm.model_validate_json(channel.model_dump_json())
    assert again == channel
    assert again.alarm_at() == channel.alarm_at()


@given(st.lists(st.integers(0, 400), min_size=1, max_size=20), st.integers(2, 9))
def test_the_harmful_silence_scales_with_the_gaps_above_its_floor(steps: list[int], times: int) -> None:
    small, large = harmful_silence(steps), harmful_silence([times * step for step in steps])
    assert large >= small
    if small > 45 * DAY:
        assert large == times * small
