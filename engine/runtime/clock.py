"""The real clock."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """Tells this machine's time in UTC."""

    def now(self) -> datetime:
        """Return the current instant."""
        return datetime.now(UTC)
