"""What platforms say about their limits, in every dialect, and who must wait for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from adapters.rates import Rates, waits

NOW = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
SOON = NOW + timedelta(seconds=30)
EPOCH = str(int(SOON.timestamp()))


def asked(headers: dict[str, str], status: int = 429, body: bytes = b"", now: datetime = NOW) -> list[float]:
    """Return the pauses in seconds that an answer asks for."""
    return [(wait.until - now).total_seconds() for wait in waits(status, headers, body, now)]


@pytest.mark.parametrize(
    "headers",
    [
        {"retry-after": "30"},
        {"retry-after": "30.0"},
        {"retry-after": format_datetime(SOON, usegmt=True)},
        {"ratelimit-remaining": "0", "ratelimit-reset": "30"},
        {"ratelimit-remaining": "0", "ratelimit-reset": EPOCH},
        {"ratelimit-reset": EPOCH},
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": SOON.isoformat()},
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "2026-02-01T12:00:30.000Z"},
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": EPOCH},
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": EPOCH + "000"},
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset-after": "30.0"},
        {"x-rate-limit-remaining": "0", "x-rate-limit-reset": EPOCH},
        {"ratelimit": "limit=100, remaining=0, reset=30"},
        {"ratelimit": '"default";r=0;t=30'},
    ],
    ids=str,
)
def test_a_refusal_is_understood_in_every_dialect(headers: dict[str, str]) -> None:
    assert asked(headers)
    assert set(asked(headers)) == {30.0}


@pytest.mark.parametrize(
    "body",
    [
        b'{"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 30000}',
        b'{"message": "You are being rate limited.", "retry_after": 30, "global": false}',
        b'{"ok": false, "error_code": 429, "parameters": {"retry_after": 30}}',
    ],
)
def test_a_refusal_may_say_in_its_body_how_long(body: bytes) -> None:
    assert asked({}, body=body) == [30.0]
    assert asked({}, 200, body) == [], "only a refusal speaks of itself"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"retry-after": "soon"},
        {"retry-after": "-5"},
        {"retry-after": "1" * 400},
        {"ratelimit-remaining": "3", "ratelimit-reset": "30"},
        {"ratelimit-remaining": "none", "ratelimit-reset": "30"},
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "tomorrow"},
        {"ratelimit": "limit=100, remaining=7, reset=30"},
    ],
    ids=str,
)
def test_what_is_no_refusal_or_cannot_be_read_asks_for_nothing(headers: dict[str, str]) -> None:
    assert asked(headers) == []


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"[" * 100_000, b'{"retry_after": "x"}', b'{"retry_after": true}']
)
def test_a_body_that_says_nothing_asks_for_nothing(body: bytes) -> None:
    assert asked({}, body=body) == []


def test_a_last_call_that_worked_says_that_the_next_must_wait() -> None:
    assert asked({"ratelimit-remaining": "0", "ratelimit-reset": "30"}, 200) == [30.0]
    assert asked({"retry-after": "30"}, 301) == [], "there it speaks of the new address"


def test_a_date_is_meant_by_the_platforms_own_clock() -> None:
    ours = NOW + timedelta(hours=3)
    said = {"date": format_datetime(NOW, usegmt=True), "ratelimit-remaining": "0"}
    assert asked({**said, "retry-after": format_datetime(SOON, usegmt=True)}, now=ours) == [30.0]
    assert asked({**said, "ratelimit-reset": EPOCH}, now=ours) == [30.0]


def test_no_platform_makes_us_wait_for_more_than_a_day_or_into_the_past() -> None:
    assert asked({"retry-after": "99999999"}) == [86400.0]
    assert asked({"retry-after": format_datetime(NOW - timedelta(days=2), usegmt=True)}) == [0.0]


def test_all_who_use_the_account_wait_and_others_do_not() -> None:
    rates = Rates()
    rates.learn("one", "app", 429, {"retry-after": "30"}, b"", NOW)
    assert rates.wait("one", "app", NOW) == timedelta(seconds=30)
    assert rates.wait("one", "app", NOW + timedelta(seconds=29)) == timedelta(seconds=1)
    assert rates.wait("one", "app", SOON) is None
    assert rates.wait("two", "app", NOW) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"x-app-limit-24hour-remaining": "0", "x-app-limit-24hour-reset": EPOCH},
        {"retry-after": "30", "x-ratelimit-scope": "global"},
        {"retry-after": "30", "x-ratelimit-global": "true"},
    ],
    ids=str,
)
def test_a_limit_of_the_application_holds_for_all_its_accounts(headers: dict[str, str]) -> None:
    rates = Rates()
    rates.learn("one", "app", 429, headers, b"", NOW)
    assert rates.wait("two", "app", NOW) == timedelta(seconds=30)
    assert rates.wait("two", "another app", NOW) is None


def test_the_longest_wait_that_was_asked_for_counts() -> None:
    rates = Rates()
    rates.learn("one", "app", 429, {"retry-after": "60"}, b"", NOW)
    rates.learn("one", "app", 429, {"retry-after": "5"}, b"", NOW)
    assert rates.wait("one", "app", NOW) == timedelta(seconds=60)
