"""Expressions about a channel that is known by its posts alone, evaluated once a day at midnight of the zone.

Day for day, with the evaluation that the engine uses; `rules.backtest.quickly` gives the same episodes much faster.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from engine.domain.base import JsonDict
from engine.domain.channel import Channel
from engine.domain.judgement import Circumstances, Facts
from engine.domain.plan import Plan
from engine.domain.records import Activity
from engine.domain.rule import Rule
from engine.domain.series import MemorySeries
from engine.domain.signal import Signal
from engine.domain.strategy import Strategy
from engine.domain.workspace import Workspace
from rules.backtest.episodes import Episode
from rules.backtest.histories import History
from rules.backtest.machine import Machine
from rules.backtest.midnights import midnights
from rules.evaluation import Evaluator
from rules.facts import encoded
from rules.language import Value

_NAME = "each"
_OWN = ("channel.name", "channel.title", "channel.purpose", "channel.media", "channel.priority")
_CADENCE = tuple(f"channel.cadence.{name}" for name in ("at_least", "at_most", "per", "period"))
# What stays as it is for a channel, and what its posts say.
CONSTANT = frozenset(
    {*_OWN, *_CADENCE, "channel.silent_after", "channel.dormant_after", "channel.watched_since"}
)
OF_POSTS = frozenset(
    {
        "now",
        "channel.last_post_at",
        "channel.silent_for",
        "channel.posts_in_period",
        "channel.posts_7d",
        "channel.posts_28d",
        "channel.posts_previous_28d",
    }
)


def constants(channel: Channel, history: History) -> dict[str, Value | None]:
    """Return the facts that stay as they are."""
    cadence = channel.cadence
    facts: dict[str, Value | None] = {path: getattr(channel, path.split(".")[1]) for path in _OWN}
    facts |= {path: getattr(cadence, path.rsplit(".", 1)[1]) if cadence else None for path in _CADENCE}
    return facts | {
        "channel.name": history.channel,
        "channel.silent_after": channel.silent_after,
        "channel.dormant_after": channel.dormant_after,
        "channel.watched_since": history.posts[0].at,
    }


def carefully(
    rules: Sequence[Rule], signals: Sequence[Signal], channel: Channel, history: History, zone: str
) -> Iterator[Episode]:
    """Yield the episodes of rules about channels, evaluated as the engine does it."""
    evaluator = Evaluator(_plan(rules, signals, channel, zone))
    machines = [Machine(rule, f"channel/{history.channel}") for rule in rules]
    series = MemorySeries()
    fixed = {path: encoded(value) for path, value in constants(channel, history).items()}
    coming = list(enumerate(sorted(history.posts, key=lambda post: post.known_at)))
    last = history.posts[0].at
    for day in midnights(history, zone):
        while coming and coming[0][1].known_at <= day:
            number, post = coming.pop(0)
            series.add_post(_NAME, Activity(at=post.at, ref=str(number)))
            last = max(last, post.at)
        told: JsonDict = {"channel.last_post_at": encoded(last), "channel.silent_for": encoded(day - last)}
        evaluation = evaluator.evaluate(_told(history, day, fixed | told), series)
        found = {judgement.rule: judgement for judgement in evaluation.judgements}
        for rule, machine in zip(rules, machines, strict=True):
            machine.take(found[rule.name].truth, found[rule.name].recovered, day)
    for machine in machines:
        machine.wait_until(history.end)
        yield from machine.episodes()


def _plan(rules: Sequence[Rule], signals: Sequence[Signal], channel: Channel, zone: str) -> Plan:
    frame = {"apiVersion": "drumbeat/v1", "name": "many"}
    strategy = Strategy.model_validate(
        {
            **frame,
            "kind": "Strategy",
            "workspace": "many",
            "channels": [channel.model_copy(update={"name": _NAME})],
        }
    )
    workspace = Workspace.model_validate({**frame, "kind": "Workspace", "timezone": zone})
    everywhere = tuple(rule.model_copy(update={"only": ()}) for rule in rules)
    return Plan(workspace=workspace, strategy=strategy, content={}, rules=everywhere, signals=tuple(signals))


def _told(history: History, day: datetime, facts: Facts) -> Circumstances:
    known = {path: value for path, value in facts.items() if value is not None}
    return Circumstances(
        revision=1,
        at=day,
        watched={_NAME: (history.posts[0].at, day)},
        facts={f"channel/{_NAME}": known},
        alerts={},
    )
