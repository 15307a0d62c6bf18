"""Channels: what they are for, whom they reach, and whether their silence would be noticed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from engine.documents.kinds import Finding, Look
from engine.documents.source import Steps
from engine.documents.words import quoted
from engine.domain.channel import Channel
from engine.domain.wallclock import wall_of

_STALE = timedelta(days=365)


def check(look: Look) -> Iterator[Finding]:
    """Yield what the channels of a plan lack."""
    fed = {action.channel for action in look.plan.strategy.actions}
    for index, channel in enumerate(look.plan.strategy.channels):
        steps: Steps = ("channels", index)
        name = quoted(channel.name)
        if not channel.purpose.strip():
            mend = "Add `purpose:` with one sentence."
            yield look.finding("DB121", steps, f"channel {name} does not say what it is for", mend)
        if not _is_watched(look, channel):
            mend = (
                "Add `cadence: {at_least: 1, per: week}` or `silence: {after: 21d}`, and momentum to `packs`."
            )
            yield look.finding("DB122", steps, f"nobody would notice if channel {name} fell silent", mend)
        if channel.name not in fed and channel.activity is None:
            mend = "Add an action, or a feed as `activity` if people post here themselves."
            yield look.finding(
                "DB126", steps, f"nothing feeds channel {name}, and nothing sees who does", mend
            )
        yield from _audience(look, channel, steps)


def _is_watched(look: Look, channel: Channel) -> bool:
    """Return whether a rule would say that the channel fell silent."""
    rules = look.plan.rules_of.get(f"channel/{channel.name}", ())
    return any(rule.quiet or (rule.deadline and rule.deadline.since == "activity") for rule in rules)


def _audience(look: Look, channel: Channel, steps: Steps) -> Iterator[Finding]:
    if channel.audience is None:
        message = f"channel {quoted(channel.name)} does not say to whom it speaks"
        yield look.finding("DB125", steps, message, "Add `audience:` with the name of one of `audiences`.")
        return
    audience = next((each for each in look.plan.strategy.audiences if each.name == channel.audience), None)
    if audience is None:
        return
    where = (*steps, "audience")
    name = quoted(audience.name)
    if not audience.evidence:
        mend = "Ask or count, then add `evidence` with its source and date to the audience."
        yield look.finding(
            "DB123", where, f"channel {quoted(channel.name)} reaches {name} without evidence", mend
        )
        return
    newest = max(evidence.date for evidence in audience.evidence)
    if wall_of(look.plan.zone, look.now).date() - newest > _STALE:
        message = (
            f"the newest evidence about {name}, on which channel {quoted(channel.name)} rests, is of {newest}"
        )
        yield look.finding("DB124", where, message, "Look again, and add what you find with today's date.")
