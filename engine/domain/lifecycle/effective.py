"""Channels as they are promised just now: the plan's cadence, with what firing alerts have changed by themselves."""

from __future__ import annotations

from engine.domain.channel import Cadence, Channel
from engine.domain.lifecycle.state import Draft
from engine.domain.records import Adjusted


def channel(draft: Draft, name: str, besides: str = "") -> Channel:
    """Return the channel with its cadence of now; what the rule `besides` has changed does not count.

    A rule is always judged by the cadence without its own change: else its effect would end its cause.
    """
    planned = draft.plan.channels[name]
    if not draft.adjusted or planned.cadence is None:
        return planned
    cadence = planned.cadence
    for identity, change in draft.adjusted.items():
        if change.channel == name and change.task is None and identity.split("@", 1)[0] != besides:
            cadence = _changed(cadence, change)
    if cadence is planned.cadence:
        return planned
    # Not a copy: that would keep what was once computed from the other cadence.
    fields = {field: getattr(planned, field) for field in Channel.model_fields}
    return Channel.model_construct(**(fields | {"cadence": cadence}))


def limit(draft: Draft, name: str) -> int | None:
    """Return the most posts in a period that a rule allows just now; None where no rule has a say."""
    given = [
        change.at_most
        for change in draft.adjusted.values()
        if change.channel == name and change.task is None and change.at_most is not None
    ]
    return min(given, default=None)


def _changed(cadence: Cadence, change: Adjusted) -> Cadence:
    most = change.at_most or cadence.at_most
    least = change.at_least or cadence.at_least
    if most is not None and least is not None:
        least = min(least, most)
    return Cadence(at_least=least, at_most=most, per=cadence.per, tolerance=cadence.tolerance)
