"""Numbers and instants: what is missing is nothing and never 0, what is wrong is named and never repeated."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from adapters.values import instant, number


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (0, 0.0),
        (12, 12.0),
        (-1.5, -1.5),
        ("12", 12.0),
        (" 1e3 ", 1000.0),
        ("0", 0.0),
        (Decimal("1.50"), 1.5),
        (None, None),
        ("", None),
        ("  ", None),
        ("NaN", None),
        ("+Inf", None),
        ("-Inf", None),
        ("null", None),
        (float("nan"), None),
        (float("inf"), None),
        (Decimal("NaN"), None),
        ("1e999", None),
        (10**400, None),
    ],
)
def test_what_is_no_finite_number_is_missing_and_never_zero(value: object, found: float | None) -> None:
    assert number(value) == found


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "a yes or no"),
        ({}, "an object"),
        ([1], "a list"),
        (b"1", "of type bytes"),
        (timedelta(days=1), "of type timedelta"),
        ("many", "a text that is no plain number"),
        ("1,5", "a text that is no plain number"),
        ("1_000", "a text that is no plain number"),
        ("٣", "a text that is no plain number"),
    ],
)
def test_what_is_no_number_is_said_without_its_value(value: object, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        number(value)
    assert "many" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("2026-01-05", "2026-01-05T23:00"),
        (date(2026, 1, 5), "2026-01-05T23:00"),
        ("2026-01-05T09:30", "2026-01-05T08:30"),
        ("2026-01-05T09:30Z", "2026-01-05T09:30"),
        (datetime(2026, 1, 5, 9, 30), "2026-01-05T08:30"),  # noqa: DTZ001 - as databases give it
        (datetime(2026, 1, 5, 9, 30, tzinfo=timezone(timedelta(hours=5))), "2026-01-05T04:30"),
        (1767605400, "2026-01-05T09:30"),
        (1767605400000, "2026-01-05T09:30"),
        (1767605400.0, "2026-01-05T09:30"),
        (Decimal(1767605400), "2026-01-05T09:30"),
    ],
)
def test_times_are_read_as_people_and_programs_write_them(value: object, found: str) -> None:
    assert instant(value, "Europe/Berlin") == datetime.fromisoformat(found).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "value", [None, "", "yesterday", "05.01.2026", True, {}, [], 1e300, float("nan"), date.max]
)
def test_what_is_no_time_is_said(value: object) -> None:
    with pytest.raises(ValueError, match="is no time"):
        instant(value, "UTC")
