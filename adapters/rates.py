"""When a platform has room for the next call, learnt from its own answers and shared by all who use the account.

A call that would be refused is not made: it fails at once, without effect, and says when to come again. Waiting is
the activity's business. What is known is kept by the worker: another worker learns it from its own first refusal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_EPOCH_SECONDS, _EPOCH_MILLIS = 1_000_000_000, 1_000_000_000_000
_LONGEST = timedelta(days=1)
_REFUSED, _TOO_MANY = 400, 429
# Headers that say how many calls are left and when there is room again, in the pairs in which platforms send them.
_WINDOWS = (
    ("ratelimit-remaining", "ratelimit-reset"),
    ("x-ratelimit-remaining", "x-ratelimit-reset-after"),
    ("x-ratelimit-remaining", "x-ratelimit-reset"),
    ("x-rate-limit-remaining", "x-rate-limit-reset"),
)
_USER_WINDOW = ("x-user-limit-24hour-remaining", "x-user-limit-24hour-reset")
_APP_WINDOW = ("x-app-limit-24hour-remaining", "x-app-limit-24hour-reset")


@dataclass(frozen=True)
class Wait:
    """Until when (UTC) not to call. `app`: the whole application must wait, not this account alone."""

    until: datetime
    app: bool = False


@dataclass
class Rates:
    """What is known about the limits of every account and application that this worker uses."""

    _full: dict[str, datetime] = field(default_factory=dict)

    def wait(self, account: str, app: str, now: datetime) -> timedelta | None:
        """Return how long there is no room for a call of this account of this application; None when there is."""
        until = max((self._full[scope] for scope in (account, app) if scope in self._full), default=now)
        return until - now if until > now else None

    def learn(
        self, account: str, app: str, status: int, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> None:
        """Take what an answer says about the limits into account; an answer that says nothing changes nothing."""
        found = waits(status, headers, body, now)
        for wait in found:
            scope = app if wait.app else account
            self._full[scope] = max(wait.until, self._full.get(scope, wait.until))
        self._full = {scope: until for scope, until in self._full.items() if until > now}


def waits(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> list[Wait]:
    """Return every wait that an answer asks for; `headers` is asked by lower-case names.

    A refusal (429, or another with Retry-After) that names its time, and every window with nothing left in it.
    """
    clock = _date(headers.get("date", "")) or now
    everybody = headers.get("x-ratelimit-scope") == "global" or headers.get("x-ratelimit-global") == "true"
    found = [Wait(now + pause, everybody) for pause in _asked(status, headers, body, clock)]
    for names, app in ((_USER_WINDOW, False), (_APP_WINDOW, True), *((pair, everybody) for pair in _WINDOWS)):
        left, reset = (headers.get(name, "").strip() for name in names)
        pause = _reset(reset, clock)
        if _is_none(left) and pause is not None:
            found.append(Wait(now + pause, app))
    combined = _combined(headers.get("ratelimit", ""))
    return [*found, Wait(now + combined, everybody)] if combined is not None else found


def _asked(status: int, headers: Mapping[str, str], body: bytes, clock: datetime) -> list[timedelta]:
    if status < _REFUSED:
        return []  # there Retry-After speaks of something else than limits
    pause = _retry_after(headers.get("retry-after", "").strip(), clock)
    if pause is None and status == _TOO_MANY:
        pause = _in_body(body) or _first_reset(headers, clock)
    return [pause] if pause is not None else []


def _first_reset(headers: Mapping[str, str], clock: datetime) -> timedelta | None:
    """Return the window's end of a refusal that does not say how many calls are left in it."""
    resets = (_reset(headers.get(name, "").strip(), clock) for left, name in _WINDOWS if left not in headers)
    return next((reset for reset in resets if reset is not None), None)


def _retry_after(text: str, clock: datetime) -> timedelta | None:
    """Read Retry-After: seconds or an HTTP date."""
    seconds = _number(text)
    if seconds is not None:
        return _bounded(seconds)
    at = _date(text)
    return _bounded((at - clock).total_seconds()) if at else None


def _reset(text: str, clock: datetime) -> timedelta | None:
    """Read a reset: seconds from now, an epoch in seconds or milliseconds, or an instant of ISO 8601 or HTTP."""
    number = _number(text)
    if number is not None:
        if number >= _EPOCH_MILLIS:
            return _bounded(number / 1000 - clock.timestamp())
        return _bounded(number - clock.timestamp() if number >= _EPOCH_SECONDS else number)
    at = _iso(text) or _date(text)
    return _bounded((at - clock).total_seconds()) if at else None


def _combined(text: str) -> timedelta | None:
    """Read RateLimit of the IETF drafts: `limit=10, remaining=0, reset=7`, or `"name";r=0;t=7`."""
    pairs = dict(re.findall(r"\b([a-z]+)=(\d+)", text))
    left, reset = pairs.get("remaining", pairs.get("r")), pairs.get("reset", pairs.get("t"))
    return _bounded(float(reset)) if left == "0" and reset is not None else None


def _in_body(body: bytes) -> timedelta | None:
    """Read a refusal's body: `retry_after_ms` (Matrix), `retry_after` (Discord), `parameters.retry_after` (Telegram)."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    inner = found.get("parameters")
    places = (found, inner if isinstance(inner, dict) else {})
    for name, unit in (("retry_after_ms", 1000), ("retry_after", 1)):
        for place in places:
            value = place.get(name)
            if isinstance(value, int | float) and not isinstance(value, bool):
                return _bounded(value / unit)
    return None


def _is_none(left: str) -> bool:
    return _number(left) == 0


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d{1,15}(\.\d{1,9})?", text) else None


def _iso(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _date(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _bounded(seconds: float) -> timedelta:
    """Return the pause, from a little above nothing (clocks differ) up to a day."""
    return min(_LONGEST, timedelta(seconds=max(0.0, seconds)))
