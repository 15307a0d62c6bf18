"""Episodes: what a back-test finds. One is the life of one alert, from the instant it fired until it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.domain.alerts import is_active
from engine.domain.records import Alert, AlertState


@dataclass(frozen=True, slots=True, order=True)
class Episode:
    """One alert of a rule about a subject, such as `channel/blog`; `resolved_at` is None while it still fires. UTC."""

    fired_at: datetime
    rule: str
    subject: str
    resolved_at: datetime | None = None


class EpisodeLog:
    """Writes down the episodes of one alert as its state turns."""

    def __init__(self) -> None:
        self._found: list[Episode] = []
        self._open: tuple[str, str, datetime] | None = None

    def note(self, before: Alert, after: Alert) -> Alert:
        """Take note of a step of the state machine, and return where it led."""
        if after is before:
            return after
        if is_active(after) and not is_active(before) and after.fired_at is not None:
            self._open = (after.rule, after.subject, after.fired_at)
        elif self._open and after.state is AlertState.RESOLVED:
            rule, subject, fired = self._open
            self._found.append(Episode(fired, rule, subject, after.resolved_at))
            self._open = None
        return after

    def finished(self) -> list[Episode]:
        """Return all episodes, oldest first; one that still fires is the last and has no end."""
        if self._open is None:
            return self._found
        rule, subject, fired = self._open
        return [*self._found, Episode(fired, rule, subject)]
