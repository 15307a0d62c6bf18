"""The faults that a network and a server really have, by name, and what each did to the world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from enum import StrEnum

# What a refusal for too many calls asks for, in every dialect.
PAUSE = timedelta(seconds=7)


class Fault(StrEnum):
    """What happens to one request on its way.

    cut before      the connection is cut before the server gets it
    cut after       the server has done it, and the connection is cut before any answer
    late            the server has done it, and the answer comes after everybody has given up
    delivered late  the request reaches the server only after its sender has given up
    drip            the answer comes byte by byte, so slowly that it is never whole in time
    truncated       the server has done it, and half of the answer's body is missing
    page before     another one answers: a page for people, status 200; the server never gets the request
    page after      the server has done it, and a page for people comes back
    elsewhere       another one answers: go to another host; the server never gets the request
    expired         another one answers: the token has expired
    500/502/504     a server error, before or after the effect
    429 …           too many calls, in every dialect; the server never gets the request
    """

    CUT_BEFORE = "cut before"
    CUT_AFTER = "cut after"
    LATE = "late"
    DELIVERED_LATE = "delivered late"
    DRIP = "drip"
    TRUNCATED = "truncated"
    PAGE_BEFORE = "page before"
    PAGE_AFTER = "page after"
    ELSEWHERE = "elsewhere"
    EXPIRED = "expired"
    ERROR_500_BEFORE = "500 before"
    ERROR_502_BEFORE = "502 before"
    ERROR_504_BEFORE = "504 before"
    ERROR_500_AFTER = "500 after"
    ERROR_502_AFTER = "502 after"
    ERROR_504_AFTER = "504 after"
    FULL_SECONDS = "429 Retry-After seconds"
    FULL_DATE = "429 Retry-After date"
    FULL_EPOCH = "429 ratelimit-reset epoch"
    FULL_DELTA = "429 RateLimit-Reset seconds"
    FULL_DRAFT = "429 RateLimit"
    FULL_ISO = "429 X-RateLimit-Reset ISO"
    FULL_X_EPOCH = "429 x-rate-limit-reset epoch"
    FULL_MILLIS_IN_BODY = "429 retry_after_ms in the body"
    FULL_SECONDS_IN_BODY = "429 retry_after in the body"
    FULL_PARAMETERS = "429 parameters.retry_after in the body"
    FULL_BARE = "429 without a time"

    @property
    def reaches_the_server(self) -> bool:
        """Return whether the server gets the request, sooner or later."""
        return self in _REACHING

    @property
    def is_full(self) -> bool:
        """Return whether it is a refusal for too many calls."""
        return self.value.startswith("429")


_REACHING = {
    Fault.CUT_AFTER,
    Fault.LATE,
    Fault.DELIVERED_LATE,
    Fault.DRIP,
    Fault.TRUNCATED,
    Fault.PAGE_AFTER,
    Fault.ERROR_500_AFTER,
    Fault.ERROR_502_AFTER,
    Fault.ERROR_504_AFTER,
}


@dataclass(frozen=True)
class Reply:
    """An answer that the proxy gives by itself."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


PAGE = Reply(
    200, (("Content-Type", "text/html"),), b"<!doctype html><title>Welcome</title>Please accept our terms."
)
EXPIRED = Reply(
    401, (("Content-Type", "application/json"),), b'{"error": "ExpiredToken", "message": "Token has expired"}'
)


def reply(fault: Fault, now: datetime, elsewhere: str, expired: Reply = EXPIRED) -> Reply:
    """Return what the proxy answers for a fault that needs an answer of its own."""
    if fault.is_full:
        headers, body = _FULL[fault](now)
        return Reply(429, (*headers, ("Content-Type", "application/json")), body)
    if fault in (Fault.PAGE_BEFORE, Fault.PAGE_AFTER):
        return PAGE
    if fault is Fault.ELSEWHERE:
        return Reply(302, (("Location", elsewhere),))
    if fault is Fault.EXPIRED:
        return expired
    return Reply(int(fault.value[:3]), (("Content-Type", "text/html"),), b"<h1>Something went wrong</h1>")


Full = Callable[[datetime], tuple[tuple[tuple[str, str], ...], bytes]]
_SECONDS = int(PAUSE.total_seconds())
_FULL: dict[Fault, Full] = {
    Fault.FULL_SECONDS: lambda _now: ((("Retry-After", str(_SECONDS)),), b"{}"),
    Fault.FULL_DATE: lambda now: (
        (("Retry-After", format_datetime((now + PAUSE).astimezone(UTC), usegmt=True)),),
        b"{}",
    ),
    Fault.FULL_EPOCH: lambda now: (
        (("ratelimit-limit", "30"), ("ratelimit-remaining", "0"), ("ratelimit-reset", _epoch(now))),
        b'{"error": "RateLimitExceeded"}',
    ),
    Fault.FULL_DELTA: lambda _now: (
        (("RateLimit-Limit", "30"), ("RateLimit-Remaining", "0"), ("RateLimit-Reset", str(_SECONDS))),
        b"{}",
    ),
    Fault.FULL_DRAFT: lambda _now: ((("RateLimit", f'"default";r=0;t={_SECONDS}'),), b"{}"),
    Fault.FULL_ISO: lambda now: (
        (("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", (now + PAUSE).isoformat())),
        b'{"error": "Too many requests"}',
    ),
    Fault.FULL_X_EPOCH: lambda now: (
        (("x-rate-limit-remaining", "0"), ("x-rate-limit-reset", _epoch(now))),
        b"{}",
    ),
    Fault.FULL_MILLIS_IN_BODY: lambda _now: (
        (),
        b'{"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": %d}' % (_SECONDS * 1000),
    ),
    Fault.FULL_SECONDS_IN_BODY: lambda _now: ((), b'{"message": "slow down", "retry_after": %d}' % _SECONDS),
    Fault.FULL_PARAMETERS: lambda _now: ((), b'{"ok": false, "parameters": {"retry_after": %d}}' % _SECONDS),
    Fault.FULL_BARE: lambda _now: ((), b""),
}


def _epoch(now: datetime) -> str:
    return str(int((now + PAUSE).timestamp()))
