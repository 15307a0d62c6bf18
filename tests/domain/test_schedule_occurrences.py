"""The anchor grid: what holds for every schedule, the stated DST policy, blackouts, and the notes for `check`."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.domain.occurrences import (
    blackout_at,
    blackout_intervals,
    dst_days,
    next_slot,
    shifted,
    slots_between,
)
from engine.domain.schedule import Blackout, Schedule
from engine.domain.wallclock import instant_of, jumps, wall_of, wall_passed

BERLIN, SANTIAGO, APIA = "Europe/Berlin", "America/Santiago", "Pacific/Apia"
ZONES = [
    "UTC",
    BERLIN,
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    SANTIAGO,
    APIA,
    "America/St_Johns",
]
DAY = timedelta(days=1)


def at(text: str, zone: str = "UTC") -> datetime:
    """The instant of a local time, the first of two."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


def cron(text: str, **more: Any) -> Schedule:
    return Schedule.model_validate({"cron": text, **more})


def between(schedule: Schedule, zone: str, after: str, until: str) -> list[str]:
    slots = slots_between(schedule, zone, at(after, zone), at(until, zone))
    return [f"{slot.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" for slot in slots]


minute = st.one_of(st.integers(0, 59).map(str), st.sampled_from(["*", "*/7", "*/20", "0,30", "15-20"]))
hour = st.one_of(st.integers(0, 23).map(str), st.sampled_from(["*", "0-23", "*/2", "1,2,3", "22-2"]))
day = st.sampled_from(["*", "*", "*", "L", "1,15", "28-31"])
weekday = st.sampled_from(["*", "*", "*", "SUN", "SAT,SUN", "MON-FRI"])
crons = st.builds(lambda *fields: Schedule(cron=" ".join(fields)), minute, hour, day, st.just("*"), weekday)
everies = st.builds(
    lambda every, anchor: Schedule(every=every, anchor=anchor),
    st.timedeltas(timedelta(minutes=1), timedelta(days=40)).map(
        lambda span: timedelta(seconds=span // timedelta(seconds=1))
    ),
    st.none() | st.datetimes(datetime(1980, 1, 1), datetime(2050, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
instants = st.datetimes(datetime(1995, 1, 1), datetime(2045, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@st.composite
def moments(draw: st.DrawFn) -> tuple[str, datetime]:
    """A zone and an instant, most often within two days of a change of its clocks."""
    zone, instant = draw(st.sampled_from(ZONES)), draw(instants)
    jump = next(jumps(zone, instant, instant + 200 * DAY), None)
    if jump is None or draw(st.integers(0, 4)) == 0:
        return zone, instant
    return zone, jump.at + draw(st.timedeltas(-2 * DAY, 2 * DAY))


@st.composite
def date_lists(draw: st.DrawFn, around: datetime) -> Schedule:
    shifts = draw(st.lists(st.timedeltas(-2 * DAY, 2 * DAY), min_size=1, max_size=20))
    return Schedule(dates=tuple((around + shift).replace(tzinfo=None) for shift in shifts))


@given(st.data(), moments())
@settings(max_examples=300, deadline=None)
def test_slots_are_strictly_later_than_asked_and_strictly_increasing(
    data: st.DataObject, moment: tuple[str, datetime]
) -> None:
    zone, after = moment
    schedule = data.draw(st.one_of(crons, everies, date_lists(after)))
    last = after
    for _ in range(40):
        slot = next_slot(schedule, zone, last)
        if slot is None:
            assert schedule.dates
            break
        assert slot > last
        assert slot.tzinfo is UTC
        last = slot


@given(st.data(), moments(), st.timedeltas(timedelta(0), 2 * DAY))
@settings(max_examples=200, deadline=None)
def test_slots_between_are_the_same_wherever_one_starts_to_count(
    data: st.DataObject, moment: tuple[str, datetime], lead: timedelta
) -> None:
    zone, after = moment
    schedule = data.draw(st.one_of(crons, everies, date_lists(after)))
    until = after + DAY
    earlier = slots_between(schedule, zone, after - lead, until)
    assert [slot for slot in earlier if slot > after] == slots_between(schedule, zone, after, until)
    walked, last = [], next_slot(schedule, zone, after)
    while last is not None and last <= until:
        walked.append(last)
        last = next_slot(schedule, zone, last)
    assert walked == slots_between(schedule, zone, after, until)


@given(crons, moments())
@settings(max_examples=200, deadline=None)
def test_away_from_changes_of_clocks_the_wall_times_are_those_of_utc(
    schedule: Schedule, moment: tuple[str, datetime]
) -> None:
    # In UTC there is no policy to apply, so a quiet zone must show the very same wall times.
    zone, after = moment
    until = after + DAY
    assume(not list(jumps(zone, after - DAY, until + DAY)))
    walls = [wall_of(zone, slot) for slot in slots_between(schedule, zone, after, until)]
    plain = slots_between(
        schedule, "UTC", wall_of(zone, after).replace(tzinfo=UTC), wall_of(zone, until).replace(tzinfo=UTC)
    )
    assert walls == [slot.replace(tzinfo=None) for slot in plain]


@given(moments(), st.timedeltas(-3 * DAY, 3 * DAY))
@settings(max_examples=500, deadline=None)
def test_a_wall_time_happens_at_the_first_instant_at_which_the_clock_shows_it_or_later(
    moment: tuple[str, datetime], shift: timedelta
) -> None:
    zone, instant = moment
    named = wall_of(zone, instant) + shift
    happens = instant_of(zone, named)
    assert wall_of(zone, happens) >= named
    assert wall_of(zone, happens - timedelta(microseconds=1)) < named
    assert (named > wall_passed(zone, instant)) == (happens > instant)


def test_a_slot_in_the_spring_gap_moves_to_the_first_valid_instant() -> None:
    assert between(cron("30 2 * * *"), BERLIN, "2026-03-28T00:00", "2026-03-31T00:00") == [
        "2026-03-28 02:30",
        "2026-03-29 03:00",
        "2026-03-30 02:30",
    ]


def test_slots_that_the_gap_moves_to_one_instant_are_one_slot() -> None:
    assert between(cron("0,30 2,3 * * *"), BERLIN, "2026-03-29T00:00", "2026-03-30T00:00") == [
        "2026-03-29 03:00",
        "2026-03-29 03:30",
    ]


def test_a_slot_in_the_autumn_fold_happens_once_the_first_time() -> None:
    slots = slots_between(cron("30 2 * * *"), BERLIN, at("2026-10-24T12:00"), at("2026-10-26T12:00"))
    assert slots == [at("2026-10-25T00:30"), at("2026-10-26T01:30")]


def test_asked_within_the_second_run_of_the_fold_the_first_is_not_repeated() -> None:
    assert next_slot(cron("30 2 * * *"), BERLIN, at("2026-10-25T01:10")) == at("2026-10-26T01:30")
    assert next_slot(cron("0 3 * * *"), BERLIN, at("2026-10-25T01:10")) == at("2026-10-25T02:00")


def test_an_hourly_slot_fires_in_both_hours_of_the_fold_and_in_no_hour_of_the_gap() -> None:
    autumn = slots_between(cron("15 * * * *"), BERLIN, at("2026-10-24T22:30"), at("2026-10-25T03:00"))
    spring = slots_between(cron("15 * * * *"), BERLIN, at("2026-03-28T22:30"), at("2026-03-29T03:00"))
    assert {right - left for left, right in pairwise(autumn)} == {timedelta(hours=1)}
    assert {right - left for left, right in pairwise(spring)} == {timedelta(hours=1)}
    assert (len(autumn), len(spring)) == (4, 4)


def test_a_midnight_slot_in_a_zone_that_skips_midnight_fires_at_one() -> None:
    assert between(cron("0 0 * * *"), SANTIAGO, "2026-09-05T12:00", "2026-09-07T12:00") == [
        "2026-09-06 01:00",
        "2026-09-07 00:00",
    ]


def test_a_daily_slot_on_a_day_that_a_zone_skipped_moves_to_the_start_of_the_next() -> None:
    assert between(cron("0 9 * * *"), APIA, "2011-12-29T00:00", "2012-01-01T00:00") == [
        "2011-12-29 09:00",
        "2011-12-31 00:00",
        "2011-12-31 09:00",
    ]


def test_an_hourly_slot_of_one_day_of_the_year_is_found_across_many_changes_of_clocks() -> None:
    assert next_slot(cron("0 * 29 2 *"), BERLIN, at("2026-10-25T00:10")) == at("2028-02-28T23:00")
    # Saturday ends at midnight in Santiago by going back to 23:00: its last hour is read twice.
    saturday = slots_between(cron("30 * * * SAT"), SANTIAGO, at("2026-04-05T02:00"), at("2026-04-11T12:00"))
    assert saturday[:2] == [at("2026-04-05T02:30"), at("2026-04-05T03:30")]


def test_every_runs_on_elapsed_time_from_its_anchor_in_both_directions() -> None:
    schedule = Schedule(every=timedelta(days=14), anchor=at("2026-01-05T09:00"))
    assert next_slot(schedule, BERLIN, at("2026-01-05T09:00")) == at("2026-01-19T09:00")
    assert next_slot(schedule, BERLIN, at("2025-12-31T00:00")) == at("2026-01-05T09:00")
    assert next_slot(schedule, BERLIN, at("2025-12-20T00:00")) == at("2025-12-22T09:00")


def test_every_without_an_anchor_runs_on_the_grid_of_the_unix_epoch() -> None:
    assert next_slot(Schedule(every=timedelta(minutes=15)), BERLIN, at("2026-01-05T09:01")) == at(
        "2026-01-05T09:15"
    )


def test_dates_end_and_then_there_is_no_next_slot() -> None:
    schedule = Schedule(dates=(wall("2026-03-29T02:15"), wall("2026-03-29T02:45"), wall("2026-05-01T09:00")))
    assert between(schedule, BERLIN, "2026-03-01T00:00", "2027-01-01T00:00") == [
        "2026-03-29 03:00",
        "2026-05-01 09:00",
    ]
    assert next_slot(schedule, BERLIN, at("2026-05-01T07:00")) is None


def test_the_zone_of_the_schedule_goes_before_that_of_the_strategy() -> None:
    assert next_slot(cron("0 9 * * *", timezone="Asia/Kathmandu"), BERLIN, at("2026-01-01T00:00")) == at(
        "2026-01-01T03:15"
    )


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="needs its zone"):
        next_slot(cron("0 9 * * *"), BERLIN, wall("2026-01-01T00:00"))


def test_too_many_slots_are_an_error_that_says_so() -> None:
    assert (
        len(slots_between(cron("* * * * *"), "UTC", at("2026-01-01"), at("2026-01-01T01:00"), limit=60)) == 60
    )
    with pytest.raises(ValueError, match="more than 59 slots between 2026-01-01"):
        slots_between(cron("* * * * *"), "UTC", at("2026-01-01"), at("2026-01-01T01:00"), limit=59)


HOLIDAYS = [
    {"start": "2026-12-24", "end": "2026-12-26", "reason": "holidays"},
    {"start": "2026-12-27", "reason": "a Sunday"},
    {"start": "2027-01-01"},
]


def test_a_blackout_holds_its_whole_local_days_and_not_a_moment_more() -> None:
    schedule = cron("0 9 * * *", blackout=HOLIDAYS)
    found = blackout_at(schedule, BERLIN, at("2026-12-23T23:00"))
    assert found is not None
    assert found.reason == "holidays"
    assert blackout_at(schedule, BERLIN, at("2026-12-23T22:59:59")) is None
    assert blackout_at(schedule, BERLIN, at("2026-12-27T22:59:59")) == schedule.blackout[1]
    assert blackout_at(schedule, BERLIN, at("2026-12-27T23:00")) is None


def test_adjoining_blackouts_are_one_interval_cut_to_the_window() -> None:
    blackouts = [Blackout.model_validate(holiday) for holiday in reversed(HOLIDAYS)]
    assert blackout_intervals(blackouts, "UTC", at("2026-12-25T06:00"), at("2027-01-01T06:00")) == [
        (at("2026-12-25T06:00"), at("2026-12-28")),
        (at("2027-01-01"), at("2027-01-01T06:00")),
    ]


def test_a_blackout_day_in_spring_is_an_hour_shorter_and_a_skipped_day_has_no_length() -> None:
    spring, skipped = Blackout(start=date(2026, 9, 6)), Blackout(start=date(2011, 12, 30))
    assert blackout_intervals([spring], SANTIAGO, at("2026-01-01"), at("2027-01-01")) == [
        (at("2026-09-06T04:00"), at("2026-09-07T03:00"))
    ]
    assert blackout_intervals([skipped], APIA, at("2011-01-01"), at("2013-01-01")) == []


@given(moments(), st.lists(st.tuples(st.integers(-5, 5), st.integers(0, 3)), max_size=4))
@settings(max_examples=200, deadline=None)
def test_intervals_lookup_and_shift_agree_about_what_is_blacked_out(
    moment: tuple[str, datetime], spans: list[tuple[int, int]]
) -> None:
    zone, instant = moment
    today = instant.date()
    blackouts = tuple(
        Blackout(start=today + first * DAY, end=today + (first + more) * DAY) for first, more in spans
    )
    schedule = Schedule(every=DAY, blackout=blackouts)
    intervals = blackout_intervals(blackouts, zone, instant - 20 * DAY, instant + 20 * DAY)
    inside = any(start <= instant < end for start, end in intervals)
    assert (blackout_at(schedule, zone, instant) is not None) == inside
    assert all(left[1] < right[0] for left, right in pairwise(intervals))
    moved = shifted(schedule, zone, instant)
    assert blackout_at(schedule, zone, moved) is None
    assert (moved > instant) == inside


def test_a_shifted_slot_keeps_its_wall_time_on_the_first_day_after_adjoining_blackouts() -> None:
    schedule = cron("0 9 * * *", blackout=HOLIDAYS)
    assert shifted(schedule, BERLIN, at("2026-12-24T09:00", BERLIN)) == at("2026-12-28T09:00", BERLIN)
    assert shifted(schedule, BERLIN, at("2026-12-23T09:00", BERLIN)) == at("2026-12-23T09:00", BERLIN)


def test_a_slot_shifted_into_the_spring_gap_moves_to_the_first_valid_instant() -> None:
    schedule = cron("30 2 * * *", blackout=[{"start": "2026-03-28"}])
    assert shifted(schedule, BERLIN, at("2026-03-28T02:30", BERLIN)) == at("2026-03-29T01:00")


def test_the_days_on_which_clocks_touch_a_slot_are_listed_with_a_sentence() -> None:
    notes = dst_days(cron("15,45 2 * * *"), BERLIN, at("2026-01-01"), at("2027-01-01"))
    assert [(note.day.isoformat(), note.kind, note.others, note.slot) for note in notes] == [
        ("2026-03-29", "gap", 1, at("2026-03-29T01:00")),
        ("2026-10-25", "fold", 1, at("2026-10-25T00:15")),
    ]
    assert [note.sentence for note in notes] == [
        (
            "In Europe/Berlin no clock shows 2026-03-29 02:00 to 2026-03-29 03:00: "
            "the slot at 02:15 and 1 more move to 03:00."
        ),
        (
            "In Europe/Berlin clocks show 2026-10-25 02:00 to 2026-10-25 03:00 twice: "
            "the slot at 02:15 and 1 more happen once, the first time."
        ),
    ]


@pytest.mark.parametrize("text", ["0 9 * * *", "0 * * * *", "*/5 * * * *", "30 2 * * WED"])
def test_schedules_that_no_change_of_clocks_touches_are_not_listed(text: str) -> None:
    assert dst_days(cron(text), BERLIN, at("2026-01-01"), at("2027-01-01")) == []
    assert dst_days(Schedule(every=DAY), BERLIN, at("2026-01-01"), at("2027-01-01")) == []


def test_a_date_in_the_gap_is_listed_in_the_zone_of_the_schedule() -> None:
    schedule = Schedule(dates=(wall("2026-03-08T02:30"),), timezone="America/New_York")
    (note,) = dst_days(schedule, BERLIN, at("2026-01-01"), at("2027-01-01"))
    assert (note.day, note.slot) == (date(2026, 3, 8), at("2026-03-08T07:00"))
