"""How instants and durations are written for people: in the strategy's zone, never as bare UTC offsets."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

# Longer than any plan: what stands where a limit does not exist.
FOREVER = timedelta(days=36525)


def moment(instant: datetime, zone: str) -> str:
    """Write an instant as 'Mon 5 Jan 2026 09:00 (Europe/Berlin)'; seconds only where there are some."""
    local = instant.astimezone(ZoneInfo(zone))
    clock = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
    return f"{local:%a} {local.day} {local:%b %Y} {clock} ({zone})"


def span(duration: timedelta) -> str:
    """Write a duration with its two largest units: '12 days 3 hours', '5 minutes', '8 seconds'."""
    seconds = max(0, round(duration.total_seconds()))
    parts = []
    for name, size in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {name}{'s' if count != 1 else ''}")
    return " ".join(parts[:2]) or "0 seconds"


def several(count: int, noun: str) -> str:
    """Write '1 post', '3 posts'."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
