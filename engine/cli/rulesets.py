"""Where the rules come from that a person names: plan files, or a pack that comes with Drumbeat."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from engine.documents.load import load
from engine.documents.words import choose, nearest
from engine.domain.errors import NotFoundError
from engine.domain.plan import Plan
from engine.domain.rule import Rule
from engine.domain.signal import Signal
from rules.packs import describe_pack, load_pack, pack_names


@dataclass(frozen=True)
class RuleSet:
    """The rules of one plan, or of a pack by itself; then there is no plan and days are those of UTC."""

    name: str
    rules: tuple[Rule, ...]
    plan: Plan | None = None

    @property
    def signals(self) -> tuple[Signal, ...]:
        """Return the signals that the rules may read."""
        return self.plan.signals if self.plan else describe_pack(self.name).signals

    @property
    def zone(self) -> str:
        """Return the zone in which days are meant."""
        return self.plan.zone if self.plan else "UTC"


def rule_sets(paths: Sequence[Path]) -> list[RuleSet]:
    """Read the rules of packs by their name and of plans by their path.

    Raises DocumentError; NotFoundError for what is not there and looks like the name of a pack.
    """
    packs = [str(path) for path in paths if str(path) in pack_names() and not path.exists()]
    files = [path for path in paths if str(path) not in packs]
    for path in files:
        if not path.exists() and (meant := nearest(str(path), pack_names())):
            raise NotFoundError(
                f"There is neither a file nor a pack called {path}. Did you mean the pack {meant}?"
            )
    plans = load(files).plans if files else ()
    return [
        *(RuleSet(name, load_pack(name)) for name in packs),
        *(RuleSet(plan.id, plan.rules, plan) for plan in plans),
    ]


def one_rule_set(path: Path) -> RuleSet:
    """Read the rules of one pack or one plan. Raises DocumentError; a usage error when the path holds several."""
    found = rule_sets([path])
    if len(found) != 1:
        names = ", ".join(one.name for one in found) or "none"
        raise typer.BadParameter(f"{path} holds {len(found)} strategies ({names}); name the file of one")
    return found[0]


def chosen(rules: Iterable[Rule], names: Sequence[str]) -> tuple[Rule, ...]:
    """Return the enabled rules of these names, all when none is given. Raises NotFoundError with the nearest name."""
    known = {rule.name: rule for rule in rules if rule.enabled}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise NotFoundError(
            f"There is no rule {unknown[0]} that is judged here. {choose(unknown[0], known, 'There are no rules at all.')}"
        )
    return tuple(known[name] for name in names) if names else tuple(known.values())
