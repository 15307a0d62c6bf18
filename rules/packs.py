"""Rule packs: rules that come with Drumbeat; and the rules and signals of a strategy, made from packs and its own."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

import yaml

from engine.domain.base import Model, Name, Sentence
from engine.domain.conditions import Unjudged
from engine.domain.errors import NotFoundError
from engine.domain.override import Override
from engine.domain.rule import Rule
from engine.domain.signal import Signal
from engine.domain.strategy import Strategy

_FOLDER = files("rules") / "packs"
NO_DATA = "NoData"
# What explains that data is missing; nobody needs to be told twice.
_CAUSES = ("SourceUnreadable", "MetricMissing")


class Pack(Model):
    """A named set of rules and the signals that they read, as its file in `rules/packs` holds it."""

    name: Name
    title: Sentence
    description: Sentence
    signals: tuple[Signal, ...] = ()
    rules: tuple[Rule, ...]


@cache
def pack_names() -> tuple[str, ...]:
    """Return the names of all packs that come with Drumbeat, in order of the alphabet."""
    names = (entry.name for entry in _FOLDER.iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


@cache
def describe_pack(name: str) -> Pack:
    """Return a pack with its title and description. Raises NotFoundError naming the packs there are."""
    if name not in pack_names():
        raise NotFoundError(f"There is no rule pack {name!r}; there are: {', '.join(pack_names())}.")
    text = (_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    return Pack.model_validate(yaml.safe_load(text))


def load_pack(name: str) -> tuple[Rule, ...]:
    """Return the rules of a pack, in the order of its file. Raises NotFoundError naming the packs there are."""
    return describe_pack(name).rules


def merged_signals(strategy: Strategy) -> tuple[Signal, ...]:
    """Return the signals of the strategy's packs with its own laid over them: one of the same name replaces."""
    signals = {signal.name: signal for pack in strategy.packs for signal in describe_pack(pack).signals}
    return tuple({**signals, **{signal.name: signal for signal in strategy.signals}}.values())


def merged_rules(strategy: Strategy) -> tuple[Rule, ...]:
    """Return the rules that are judged: those of packs, changed by overrides, then replaced by its own, by name.

    A rule with `no_data` is followed by its `<Name>NoData`, unless there is a rule of that name; overrides reach it.
    """
    overrides = {override.name: override for override in strategy.overrides}
    rules = {rule.name: rule for pack in strategy.packs for rule in load_pack(pack)}
    rules = {name: _overridden(rule, overrides) for name, rule in rules.items()}
    rules |= {rule.name: rule for rule in strategy.rules}
    merged: list[Rule] = []
    for rule in rules.values():
        merged.append(rule)
        if rule.no_data is not None and rule.enabled and f"{rule.name}{NO_DATA}" not in rules:
            merged.append(_overridden(no_data_rule(rule, rules), overrides))
    return tuple(merged)


def _overridden(rule: Rule, overrides: dict[str, Override]) -> Rule:
    override = overrides.get(rule.name)
    return override.applied_to(rule) if override else rule


def no_data_rule(rule: Rule, known: Iterable[str]) -> Rule:
    """Return the rule that fires when `rule` could not be judged for as long as its `no_data`.

    Raises ValidationError when the name is longer than 57 characters.
    """
    causes = [cause for cause in _CAUSES if cause in known and cause != rule.name]
    return Rule.model_validate(
        {
            "name": f"{rule.name}{NO_DATA}",
            "reason": f"{rule.name} cannot be judged, because its data is missing: it neither warns nor calms. "
            "Its subject may be well or not; nobody knows until the data comes again.",
            "unjudged": Unjudged(rule=rule.name),
            "only": rule.only,
            "for": rule.no_data,
            "inhibited_by": tuple(causes),
            "notify": rule.notify,
            "mode": rule.mode,
        }
    )
