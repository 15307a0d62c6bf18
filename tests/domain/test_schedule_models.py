"""What a schedule accepts, and the sentence it refuses the rest with."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.domain.cron import compiled
from engine.domain.schedule import Blackout, Misfire, Schedule


def refusal(**fields: object) -> str:
    with pytest.raises(ValidationError) as caught:
        Schedule.model_validate(fields)
    return str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "30 9 * * MON-FRI",
        "0 9 1 jan,JUL *",
        "*/15 * * * *",
        "0 9 L * *",
        "0 9 * * FRI#2",
        "0 9 * * L5",
        "0 9 15W * *",
        "0 9 ? * 7",
        "0 22-2 * * *",
        "0 9 29 2 *",
        "0 0 * 2 MON#5",
        "0 0 31 2 MON",
        "0 9 * * * 30",
    ],
)
def test_a_right_cron_is_kept_as_written(text: str) -> None:
    assert Schedule(cron=text).cron == text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("61 9 * * *", "the minute field '61'"),
        ("0 24 * * *", "the hour field '24'"),
        ("0 9 0 * *", "the day of month field '0'"),
        ("0 9 * 13 *", "the month field '13'"),
        ("0 9 * * FUN", "the day of week field 'FUN'"),
        ("0 9 * * FRI#6", "the day of week field 'FRI#6'"),
        ("0 9 * * * 60", "the second field '60'"),
        ("*/0 * * * *", "the minute field '*/0'"),
        ("-5 * * * *", "the minute field '-5'"),
        ("1.5 * * * *", "the minute field '1.5'"),
        ("0 9-9 * * *", "the hour field '9-9' is a range from a value to itself"),
        ("H 9 * * *", "the minute field 'H' is random or hashed"),
        ("R(0-29) 9 * * *", "the minute field 'R(0-29)' is random or hashed"),
        ("0 9 * * h/2", "the day of week field 'h/2' is random or hashed"),
        ("0 9 13 * FRI#2", "'FRI#2' cannot be combined"),
        ("0 9 * *", "has 4 fields"),
        ("@daily", "has 1 fields"),
        ("0 9 * * * 0 2026", "has 7 fields"),
        ("", "has 0 fields"),
        ("0 9 " + "1," * 200 + "1 * *", "characters long"),
    ],
)
def test_a_wrong_cron_is_refused_by_the_field_that_is_wrong(text: str, says: str) -> None:
    assert says in refusal(cron=text)


@pytest.mark.parametrize("text", ["0 0 31 2 *", "0 0 30 FEB *", "0 0 31 4,6,9,11 *"])
def test_a_cron_that_never_happens_is_refused(text: str) -> None:
    assert "never happens" in refusal(cron=text)


@pytest.mark.parametrize(
    "text", ["61 9 * * *", "0 9 * *", "0 0 31 2 *", "H 9 * * *", "0 9-9 * * *", "0 9 1W * MON"]
)
def test_every_refusal_of_a_cron_shows_one_that_is_right(text: str) -> None:
    with pytest.raises(ValueError) as caught:
        compiled(text)
    example = str(caught.value).rsplit("'30 9", maxsplit=1)[1].split("'")[0]
    assert compiled("30 9" + example).next_wall(datetime(2026, 1, 1)) is not None  # noqa: DTZ001 - wall times are naive


@given(st.text(alphabet="0123456789*/,-#?LWHRlwhr MONJAFEBSU().٣\u00a0", max_size=30))
def test_no_text_breaks_the_reading_of_a_cron_otherwise_than_by_a_refusal(text: str) -> None:
    try:
        cron = compiled(text)
    except ValueError:
        return
    assert cron.next_wall(datetime(2026, 1, 1)) is not None  # noqa: DTZ001 - wall times are naive


def test_the_same_cron_is_compiled_once() -> None:
    assert compiled("17 9 * * *") is compiled("17 9 * * *")


def test_a_compiled_cron_keeps_no_position_between_questions() -> None:
    later, earlier = datetime(2030, 1, 1), datetime(2026, 1, 1)  # noqa: DTZ001 - wall times are naive
    assert compiled("0 9 * * *").next_wall(later) == later.replace(hour=9)
    assert compiled("0 9 * * *").next_wall(earlier) == earlier.replace(hour=9)


def test_a_schedule_takes_exactly_one_kind_of_grid() -> None:
    assert "found none of them" in refusal()
    assert "found none of them" in refusal(dates=[])
    assert "found cron and every" in refusal(cron="0 9 * * *", every="1h")
    assert "`anchor` only means something" in refusal(cron="0 9 * * *", anchor="2026-01-01T00:00Z")


def test_the_shortest_every_is_a_second() -> None:
    assert Schedule(every="1s").every == timedelta(seconds=1)
    assert "1s" in refusal(every="0.5s")
    assert "longer than zero" in refusal(every="0s")


def test_dates_are_sorted_and_said_once() -> None:
    schedule = Schedule.model_validate(
        {"dates": ["2026-03-02T09:00", "2026-03-01T09:00", "2026-03-02 09:00"]}
    )
    assert schedule.model_dump(mode="json")["dates"] == ["2026-03-01T09:00", "2026-03-02T09:00"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2026-03-01", "such as 2026-03-01T09:00"),
        ("2026-03-01T09:00Z", "such as 2026-03-01T09:00"),
        ("2026-02-30T09:00", "day"),
        (datetime(2026, 3, 1, 9, tzinfo=UTC), "zone of its own"),
        ("9999-12-31T09:00", "from 1970 to 2199"),
        (1772355600, "no local date and time"),
    ],
)
def test_a_date_that_is_no_wall_time_is_refused(text: object, says: str) -> None:
    assert says in refusal(dates=[text])


def test_a_blackout_of_one_day_ends_on_the_day_it_starts() -> None:
    assert Blackout(start=date(2026, 12, 24)).last == date(2026, 12, 24)


def test_a_blackout_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValidationError, match="swap the two"):
        Blackout(start=date(2026, 12, 24), end=date(2026, 12, 23))


def test_an_endless_blackout_is_refused() -> None:
    with pytest.raises(ValidationError, match="from 1970 to 2199"):
        Blackout(start=date(2026, 12, 24), end=date(9999, 12, 31))


def test_a_late_slot_is_done_within_the_hour_and_skipped_after_unless_told_otherwise() -> None:
    assert Schedule(cron="0 9 * * *").misfire == Misfire(
        grace=timedelta(hours=1), then="skip", catch_up="latest"
    )


def test_a_schedule_survives_being_written_and_read() -> None:
    schedule = Schedule.model_validate(
        {
            "dates": ["2026-03-01T09:00", "2026-03-01T09:00:30"],
            "timezone": "Europe/Berlin",
            "blackout": [{"start": "2026-12-24", "end": "2026-12-26", "reason": "holidays"}],
            "blackout_policy": "shift",
            "misfire": {"grace": "1d12h", "then": "ask", "catch_up": "all"},
        }
    )
    assert Schedule.model_validate_json(schedule.model_dump_json()) == schedule


def test_the_json_schema_shows_a_date_as_local_text_without_a_zone() -> None:
    assert Schedule.model_json_schema()["properties"]["dates"]["items"]["pattern"].startswith(r"^\d{4}")
