"""Names around rules: packs, what rules judge, which other rules they follow, what overrides change.

Judged on the plain data, like all references.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.documents.naming import groups, unknown_name, values
from engine.documents.packed import packs_of
from engine.documents.source import Document, Steps
from engine.documents.subject_kinds import NAMELESS, kind_judged, kind_of, names_of
from engine.documents.validate import describe
from engine.documents.words import choose, quoted
from engine.domain.errors import Problem
from engine.domain.rule import Rule
from rules.packs import NO_DATA, describe_pack, pack_names

_LONGEST = 63


@dataclass(frozen=True)
class _Rules:
    """The rules of a strategy by name: those of its packs, its own as plain data, and those that follow from them."""

    packed: Mapping[str, Rule]
    own: Mapping[str, tuple[Steps, dict[str, Any]]]

    @property
    def names(self) -> set[str]:
        """Return the names of all rules there are."""
        return {*self.packed, *self.own, *self.followers}

    @property
    def followers(self) -> set[str]:
        """Return the names of the rules that say that another could not be judged for too long."""
        waiting = [name for name, rule in self.packed.items() if rule.no_data is not None]
        waiting += [name for name, (_, rule) in self.own.items() if rule.get("no_data") is not None]
        return {f"{name}{NO_DATA}" for name in waiting}

    def kind(self, name: str) -> str:
        """Return the kind of subject that a rule judges, or nothing where that is not known."""
        name = name.removesuffix(NO_DATA) if name in self.followers else name
        if name in self.own:
            rule = self.own[name][1]
            other = rule["unjudged"].get("rule") if isinstance(rule.get("unjudged"), dict) else None
            return (
                self.kind(other) if isinstance(other, str) and other not in {name, ""} else kind_judged(rule)
            )
        return kind_of(self.packed[name]) if name in self.packed else ""

    def causes(self, name: str) -> list[str]:
        """Return the rules by which a rule is inhibited."""
        if name in self.own:
            given = self.own[name][1].get("inhibited_by")
            return [cause for cause in given if isinstance(cause, str)] if isinstance(given, list) else []
        return list(self.packed[name].inhibited_by) if name in self.packed else []


def rule_problems(strategy: Document, workspace: Document | None) -> Iterator[Problem]:
    """Yield the names around rules that do not exist or cannot be. Without a workspace its people are not judged."""
    rules = _rules(strategy)
    for steps, name in values(strategy, "packs/*"):
        if name not in pack_names():
            message = f"there is no rule pack {quoted(name)}"
            yield strategy.problem(steps, message, choose(name, pack_names(), "Remove it."))
    for steps, rule in groups(strategy, "rules/*"):
        yield from _subjects(
            strategy, workspace, steps, rule, rules.kind(str(rule.get("name"))) or kind_judged(rule)
        )
        yield from _follower(strategy, steps, rule)
    for steps, override in groups(strategy, "overrides/*"):
        yield from _overridden(strategy, steps, override, rules)
        yield from _subjects(strategy, workspace, steps, override, rules.kind(str(override.get("name"))))
    for place in ("rules/*/inhibited_by/*", "rules/*/unjudged/rule"):
        for steps, name in values(strategy, place):
            if name not in rules.names:
                yield _unknown_rule(strategy, steps, name, rules.names)
    yield from _circles(strategy, rules)


def _rules(strategy: Document) -> _Rules:
    packed = {rule.name: rule for pack in packs_of(strategy) for rule in pack.rules}
    own = {
        rule["name"]: (steps, rule)
        for steps, rule in groups(strategy, "rules/*")
        if isinstance(rule.get("name"), str)
    }
    return _Rules(packed, own)


def _unknown_rule(strategy: Document, steps: Steps, name: str, known: set[str]) -> Problem:
    for pack in pack_names():
        if name in {rule.name for rule in describe_pack(pack).rules}:
            message = f"{describe(strategy, steps)} names the rule {quoted(name)}, which is in a pack that this strategy leaves out"
            return strategy.problem(steps, message, f"Add {pack} to `packs`, or remove this name.")
    return unknown_name(strategy, steps, "rule", name, sorted(known))


def _subjects(
    strategy: Document, workspace: Document | None, steps: Steps, rule: dict[str, Any], kind: str
) -> Iterator[Problem]:
    """Check `only` of a rule or an override against the names of what the rule judges."""
    given = rule.get("only")
    if not isinstance(given, list) or not given or not kind:
        return
    if kind in NAMELESS:
        what = "the strategy itself" if kind == "strategy" else f"{kind}s, which come and go"
        message = f"{describe(strategy, (*steps, 'only'))}: the rule judges {what}, so `only` can name none"
        yield strategy.problem(
            (*steps, "only"), message, "Remove `only`; say it in the expression.", key=True
        )
        return
    known = names_of(kind, strategy, workspace)
    for index, name in enumerate(given):
        if known is not None and isinstance(name, str) and name not in known:
            home = workspace if kind == "person" else strategy
            yield unknown_name(strategy, (*steps, "only", index), kind, name, sorted(known), home)


def _follower(strategy: Document, steps: Steps, rule: dict[str, Any]) -> Iterator[Problem]:
    name = rule.get("name")
    if isinstance(name, str) and rule.get("no_data") is not None and len(name) + len(NO_DATA) > _LONGEST:
        message = f"{describe(strategy, steps)} has `no_data`, and {name}{NO_DATA} would be longer than {_LONGEST} characters"
        mend = f"Give the rule a name of at most {_LONGEST - len(NO_DATA)} characters."
        yield strategy.problem((*steps, "name"), message, mend)


def _overridden(
    strategy: Document, steps: Steps, override: dict[str, Any], rules: _Rules
) -> Iterator[Problem]:
    name = override.get("name")
    if not isinstance(name, str):
        return
    if name in rules.own:
        line = strategy.place((*rules.own[name][0], "name")).line
        message = f"an override changes {quoted(name)}, which is the strategy's own rule (line {line})"
        yield strategy.problem((*steps, "name"), message, "Change the rule itself, and remove the override.")
    elif name not in rules.names:
        yield _unknown_rule(strategy, (*steps, "name"), name, rules.names)


def _circles(strategy: Document, rules: _Rules) -> Iterator[Problem]:
    """Yield the rules of the strategy that end up inhibiting themselves: none of the circle would ever be told."""
    for name, (steps, _) in rules.own.items():
        circle = _way_back(name, rules)
        if circle:
            message = f"rule {quoted(name)} inhibits itself: {' is inhibited by '.join(circle)}"
            mend = "Remove one of these names: a cause explains its symptom, never the other way round."
            yield strategy.problem((*steps, "inhibited_by"), message, mend)


def _way_back(start: str, rules: _Rules) -> list[str]:
    """Return the shortest way from a rule over what inhibits it back to itself, or nothing."""
    ways, seen = [[start]], {start}
    while ways:
        way = ways.pop(0)
        for cause in rules.causes(way[-1]):
            if cause == start:
                return [*way, start]
            if cause not in seen:
                seen.add(cause)
                ways.append([*way, cause])
    return []
