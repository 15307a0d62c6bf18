"""The anchor grid held against cronsim, an independent implementation, on the days when clocks change."""

from datetime import UTC, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim

from engine.domain.occurrences import slots_between
from engine.domain.schedule import Schedule

# Each zone with UTC days around which its clocks change, and one quiet day.
DAYS = {
    "UTC": ["2024-02-28", "2026-03-29"],
    "Europe/Berlin": ["2026-03-28", "2026-10-24", "2026-07-01"],
    "America/New_York": ["2026-03-07", "2026-10-31", "2026-01-15"],
    "Australia/Lord_Howe": ["2026-04-03", "2026-10-02", "2026-06-10"],
    "Africa/Casablanca": ["2026-02-14", "2026-03-21", "2026-05-01"],
    "Asia/Kathmandu": ["1985-12-30", "2026-03-29"],
    "America/Santiago": ["2026-04-03", "2026-09-04", "2026-06-10"],
    "Pacific/Apia": ["2010-09-24", "2011-04-01", "2011-12-28", "2026-03-29"],
}
CASES = [(zone, day) for zone, days in DAYS.items() for day in days]
SPAN = timedelta(days=3)
# Here clocks change by 30 or 15 minutes, and cronsim misses hourly slots: the last test below shows it.
UNEVEN = {
    ("Australia/Lord_Howe", "2026-04-03"),
    ("Australia/Lord_Howe", "2026-10-02"),
    ("Asia/Kathmandu", "1985-12-30"),
}

WALL_CLOCK = [
    "30 2 * * *",
    "0 2 * * *",
    "0 0 * * *",
    "30 23 * * *",
    "15,45 1,2,3 * * *",
    "0 9 * * MON-FRI",
    "0 9,17 * * *",
    "5 0-22 * * *",
    "0 12 L * *",
    "0 12 29 2 *",
    "0 7 1,15 * SUN",
    "45 1 * * SAT#1,SUN#1",
]
ELAPSED = [
    "*/10 * * * *",
    "0 * * * *",
    "30 * * * *",
    "7,37 * * * *",
    "0 * * * SUN",
    "20 * 29-31 * *",
]


def ours(text: str, zone: str, start: datetime, span: timedelta = SPAN) -> list[datetime]:
    return slots_between(Schedule(cron=text), zone, start, start + span)


def theirs(text: str, zone: str, start: datetime, span: timedelta = SPAN) -> list[datetime]:
    """cronsim's instants in UTC; the same instant given twice, for two times in one gap, counted once."""
    found: list[datetime] = []
    for local in CronSim(text, start.astimezone(ZoneInfo(zone))):
        instant = local.astimezone(UTC)
        if instant > start + span:
            break
        if instant not in found[-1:]:
            found.append(instant)
    return found


def instants(*texts: str) -> list[datetime]:
    return [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in texts]


@pytest.mark.parametrize(("zone", "day"), CASES)
@pytest.mark.parametrize("text", WALL_CLOCK)
def test_wall_clock_schedules_agree_with_cronsim(text: str, zone: str, day: str) -> None:
    start = datetime.fromisoformat(day).replace(tzinfo=UTC)
    assert ours(text, zone, start) == theirs(text, zone, start)


@pytest.mark.parametrize(("zone", "day"), [case for case in CASES if case not in UNEVEN])
@pytest.mark.parametrize("text", ELAPSED)
def test_hourly_and_finer_schedules_agree_with_cronsim(text: str, zone: str, day: str) -> None:
    start = datetime.fromisoformat(day).replace(tzinfo=UTC)
    assert ours(text, zone, start) == theirs(text, zone, start)


@pytest.mark.parametrize(("zone", "day"), CASES)
def test_hourly_and_finer_schedules_fire_at_every_minute_at_which_the_clock_reads_a_matching_time(
    zone: str, day: str
) -> None:
    start = datetime.fromisoformat(day).replace(tzinfo=UTC)
    minutes = [start + timedelta(minutes=n) for n in range(1, 3 * 1440 + 1)]
    readings = {minute: minute.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for minute in minutes}
    for text in ELAPSED:
        named = set(
            takewhile(
                lambda wall: wall <= max(readings.values()),
                CronSim(text, min(readings.values()) - timedelta(hours=1)),
            )
        )
        assert ours(text, zone, start) == [minute for minute, wall in readings.items() if wall in named], text


@pytest.mark.parametrize("text", [*WALL_CLOCK, *ELAPSED])
def test_in_utc_years_of_every_expression_agree_with_cronsim(text: str) -> None:
    start = datetime(2019, 12, 31, 23, 59, 30, tzinfo=UTC)
    many_a_day = text.split()[1] in {"*", "0-22", "1,2,3"}
    span = timedelta(days=5) if many_a_day else timedelta(days=1500)
    assert ours(text, "UTC", start, span) == theirs(text, "UTC", start, span)


# Where the two differ, and why ours is meant so. Berlin: 2026-03-29 02:00 → 03:00, 2026-10-25 03:00 → 02:00.
SPRING = datetime(2026, 3, 28, 22, 59, tzinfo=UTC)  # a minute to midnight in Berlin
AUTUMN = datetime(2026, 10, 24, 21, 59, tzinfo=UTC)
NIGHT = timedelta(hours=6)


def test_every_two_hours_moves_out_of_the_gap_where_cronsim_drops_it_because_the_hour_begins_with_a_star() -> (
    None
):
    # Ours asks whether the schedule fires in every hour; cronsim whether the text of minute or hour starts with *.
    assert ours("0 */2 * * *", "Europe/Berlin", SPRING, NIGHT)[:3] == instants(
        "2026-03-28T23:00", "2026-03-29T01:00", "2026-03-29T02:00"
    )
    assert theirs("0 */2 * * *", "Europe/Berlin", SPRING, NIGHT)[:2] == instants(
        "2026-03-28T23:00", "2026-03-29T02:00"
    )


def test_a_quarter_hourly_window_at_two_happens_once_in_the_fold_where_cronsim_fires_it_in_both_hours() -> (
    None
):
    assert len(ours("*/15 2 * * *", "Europe/Berlin", AUTUMN, NIGHT)) == 4
    assert len(theirs("*/15 2 * * *", "Europe/Berlin", AUTUMN, NIGHT)) == 8


def test_a_quarter_hourly_window_in_the_gap_is_one_slot_where_cronsim_drops_it_for_the_day() -> None:
    assert ours("*/15 2 * * *", "Europe/Berlin", SPRING, NIGHT) == instants("2026-03-29T01:00")
    assert theirs("*/15 2 * * *", "Europe/Berlin", SPRING, NIGHT) == []


def test_all_hours_written_as_a_range_are_hourly_where_cronsim_silences_one_hour_of_the_fold() -> None:
    assert len(ours("0 0-23 * * *", "Europe/Berlin", AUTUMN, NIGHT)) == 6
    assert len(theirs("0 0-23 * * *", "Europe/Berlin", AUTUMN, NIGHT)) == 5


def test_seconds_change_nothing_of_the_policy_where_cronsim_drops_the_gap_for_six_fields() -> None:
    assert ours("30 2 * * * 15", "Europe/Berlin", SPRING, NIGHT) == instants("2026-03-29T01:00")
    assert theirs("15 30 2 * * *", "Europe/Berlin", SPRING, NIGHT) == []


def test_seconds_come_last_here_and_first_in_cronsim_and_mean_the_same_on_quiet_days() -> None:
    start = datetime(2026, 7, 1, tzinfo=UTC)
    assert ours("30 2 * * * 15,45", "Europe/Berlin", start) == theirs(
        "15,45 30 2 * * *", "Europe/Berlin", start
    )


def test_a_stepped_day_beside_a_weekday_means_either_of_them_where_cronsim_wants_both() -> None:
    # croniter's reading (and the POSIX one); Debian's cron, which cronsim follows, takes a leading star as "and".
    start = datetime(2026, 6, 1, tzinfo=UTC)
    assert [slot.day for slot in ours("0 9 */2 * MON", "UTC", start, timedelta(days=8))] == [1, 3, 5, 7, 8]
    assert [slot.day for slot in theirs("0 9 */2 * MON", "UTC", start, timedelta(days=8))] == [1]


def test_a_half_hour_read_twice_fires_twice_where_cronsim_misses_the_second() -> None:
    start = datetime(
        2026, 4, 4, 13, 59, tzinfo=UTC
    )  # 00:59 on Lord Howe; at 15:00Z its clock goes from 02:00 to 01:30
    span = timedelta(hours=2)
    assert ours("30 * * * *", "Australia/Lord_Howe", start, span) == instants(
        "2026-04-04T14:30", "2026-04-04T15:00"
    )
    assert theirs("30 * * * *", "Australia/Lord_Howe", start, span) == instants("2026-04-04T14:30")
