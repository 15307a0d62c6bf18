"""How alive a channel is against its declared cadence: steady → slowing → silent → dormant, with the exact instants.

steady   at least `at_least` activities in the last period (with its tolerance)
slowing  fewer than that
silent   nothing at all for `silence.after` (default: one and a half periods)
dormant  nothing at all for `silence.dormant_after` (default: four times the period, or four times `after`)
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from engine.domain.channel import Channel
from engine.domain.clocks import Standstill, deadline
from engine.domain.records import Activity, Momentum

KEEP_AT_LEAST = 32


class Turning(NamedTuple):
    """The instants at which a channel's momentum turns if nothing happens; None where it never does."""

    slowing: datetime | None
    silent: datetime | None
    dormant: datetime | None

    def at(self, moment: datetime) -> tuple[Momentum, datetime | None]:
        """Return the momentum at that moment, and since when it is so; None stands for always."""
        for instant, state in (
            (self.dormant, Momentum.DORMANT),
            (self.silent, Momentum.SILENT),
            (self.slowing, Momentum.SLOWING),
        ):
            if instant is not None and moment >= instant:
                return state, instant
        return Momentum.STEADY, None

    def instants(self) -> list[datetime]:
        """Return the instants that exist."""
        return [instant for instant in (self.slowing, self.silent, self.dormant) if instant is not None]


def is_promised(channel: Channel) -> bool:
    """Return whether the plan says anything by which the channel could slow or fall silent."""
    return channel.silent_after is not None or channel.dormant_after is not None


def turning(
    channel: Channel, recent: Sequence[Activity], watched_since: datetime, still: Sequence[Standstill]
) -> Turning:
    """Return when the channel slows, falls silent and goes dormant, given its activities (oldest first)."""
    last = recent[-1].at if recent else watched_since

    def after(patience: timedelta | None, since: datetime = last) -> datetime | None:
        return None if patience is None else deadline(since, patience, still)

    return Turning(
        slowing=too_few_at(channel, recent, watched_since, still),
        silent=after(channel.silent_after),
        dormant=after(channel.dormant_after),
    )


def too_few_at(
    channel: Channel, recent: Sequence[Activity], watched_since: datetime, still: Sequence[Standstill]
) -> datetime | None:
    """Return when fewer than `at_least` activities lie within the period with its tolerance.

    As long as so many were never seen, the first whole period since the channel is watched must show them.
    """
    cadence = channel.cadence
    if cadence is None or cadence.at_least is None:
        return None
    enough = len(recent) >= cadence.at_least
    since = recent[-cadence.at_least].at if enough else watched_since
    return deadline(since, cadence.patience, still)


def too_many_until(channel: Channel, recent: Sequence[Activity]) -> datetime | None:
    """Return until when more than `at_most` activities lie within one period, or None if they never did."""
    cadence = channel.cadence
    if cadence is None or cadence.at_most is None or len(recent) <= cadence.at_most:
        return None
    return recent[-(cadence.at_most + 1)].at + cadence.period


def calm_at(channel: Channel, until: datetime) -> datetime:
    """Return when a channel that was fed too much until then counts as calm: a tenth of its period later.

    A separate line for the way back keeps an alert from resolving and firing at every post of a daily rhythm.
    """
    return until + channel.cadence.period / 10 if channel.cadence else until


def remembered(channel: Channel) -> int:
    """Return how many of the newest activities must be kept to judge the cadence."""
    cadence = channel.cadence
    bounds = (cadence.at_least or 0, cadence.at_most or 0) if cadence else (0, 0)
    return max(KEEP_AT_LEAST, *bounds) + 1
