"""What rules change by themselves: only channels, and only inside the bounds that the channel declares."""

from __future__ import annotations

from collections.abc import Iterator

from engine.documents.source import Document, Steps
from engine.documents.subject_kinds import kind_of
from engine.documents.validate import describe
from engine.documents.words import quoted
from engine.domain.channel import Channel
from engine.domain.errors import Problem
from engine.domain.plan import Plan
from engine.domain.rule import AdjustEffect, Rule


def effect_problems(document: Document, plan: Plan) -> Iterator[Problem]:
    """Yield the effects of a plan's own rules that could not be done, or go beyond what the channel allows."""
    for index, rule in enumerate(plan.strategy.rules):
        steps: Steps = ("rules", index)
        yield from _of_no_channel(document, steps, rule)
        if rule.adjust is None:
            continue
        for subject in (subject for judged, subject in plan.judged if judged.name == rule.name):
            channel = plan.channels.get(subject.removeprefix("channel/"))
            if channel is not None:
                yield from _beyond(document, (*steps, "adjust"), rule.adjust, channel)


def _of_no_channel(document: Document, steps: Steps, rule: Rule) -> Iterator[Problem]:
    kind = kind_of(rule)
    for effect in ("pause", "adjust"):
        if getattr(rule, effect) is not None and kind not in {"channel", ""}:
            where = (*steps, effect)
            message = f"{describe(document, where)} changes a channel, but the rule judges {kind}s, so there is none to change"
            yield document.problem(where, message, "Remove it, or judge channels: `of: channel`.", key=True)


def _beyond(document: Document, steps: Steps, adjust: AdjustEffect, channel: Channel) -> Iterator[Problem]:
    where, name = describe(document, steps), quoted(channel.name)
    if channel.cadence is None:
        message = f"{where} changes the cadence of channel {name}, which has none"
        yield document.problem(steps, message, "Give the channel a `cadence`, or leave it out of `only`.")
        return
    for line in ("at_least", "at_most"):
        wanted, bounds = getattr(adjust, line), getattr(channel.adjustable, line)
        if wanted is None or (bounds and bounds[0] <= wanted <= bounds[1]):
            continue
        allowed = f"from {bounds[0]} to {bounds[1]}" if bounds else "nothing"
        message = f"{where} sets `{line}` to {wanted}, but channel {name} lets rules set {allowed}"
        low, high = min(wanted, *(bounds or [wanted])), max(wanted, *(bounds or [wanted]))
        mend = (
            f"Set it inside these bounds, or allow it in the channel: adjustable: {{{line}: [{low}, {high}]}}"
        )
        yield document.problem((*steps, line), message, mend)
    least = adjust.at_least or channel.cadence.at_least
    most = adjust.at_most or channel.cadence.at_most
    if least is not None and most is not None and least > most:
        message = f"{where} would have channel {name} promise at least {least} and at most {most}"
        yield document.problem(
            steps, message, "Set both `at_least` and `at_most`, so that they fit together."
        )
