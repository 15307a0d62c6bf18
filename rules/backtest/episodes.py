"""Episodes: what a back-test finds. One is the life of one alert, from the instant it fired until it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, order=True)
class Episode:
    """One alert of a rule about a subject, such as `channel/blog`; `resolved_at` is None while it still fires. UTC."""

    fired_at: datetime
    rule: str
    subject: str
    resolved_at: datetime | None = None
