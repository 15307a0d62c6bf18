"""The one place where commands ask for the time, so that a test can answer."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """Return the current instant in UTC."""
    return datetime.now(UTC)


def as_json(instant: datetime) -> str:
    """Write an instant in UTC as JSON documents do: 2026-03-01T09:00:00Z."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
