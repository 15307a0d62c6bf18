"""What every adapter is given when it is made, built in or not: the web client, what is known of rate limits, a clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from adapters.http import Http
from adapters.rates import Rates
from engine.domain.ports import Clock


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the current instant, in UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True)
class Tools:
    """The shared tools of adapters. An adapter is a class, or any callable, that takes one of these."""

    http: Http = field(default_factory=Http)
    clock: Clock = field(default_factory=SystemClock)
    rates: Rates = field(default_factory=Rates)
