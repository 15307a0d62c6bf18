"""Why, and why not: every part of an expression with what it gave, how far it is from flipping, and what would flip it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from rules.language.expression import Expression
from rules.language.flipping import Flip, flips
from rules.language.operators import difference
from rules.language.syntax import (
    Comparison,
    Conditional,
    Fact,
    Facts,
    Literal,
    Logic,
    Node,
    Span,
    Unary,
    Value,
)
from rules.language.types import Kind
from rules.language.walking import evaluate, value_of


class Part(NamedTuple):
    """One part of an expression and what it gave: for a condition True, False or None (unknown)."""

    node: Node
    value: Value | None
    parts: tuple[Part, ...]

    @property
    def span(self) -> Span:
        """Return where the part stands in the text."""
        return self.node.span

    @property
    def is_condition(self) -> bool:
        """Tell whether the part is true, false or unknown."""
        return self.node.type.kind is Kind.BOOL

    @property
    def conditions(self) -> tuple[Part, ...]:
        """Return the conditions that this one joins; none for a single condition."""
        joins = isinstance(self.node, Logic | Conditional) or (
            isinstance(self.node, Unary) and self.node.op == "!"
        )
        return tuple(part for part in self.parts if part.is_condition) if joins else ()

    @property
    def margin(self) -> float | timedelta | None:
        """Return how far apart the sides of a comparison are: the distance to the flip, in their unit."""
        if not isinstance(self.node, Comparison) or self.node.op == "in":
            return None
        return difference(self.parts[0].value, self.parts[1].value)

    @property
    def facts(self) -> dict[str, Value | None]:
        """Return the facts that the part reads, with their values."""
        return {part.node.name: part.value for part in self.walk() if isinstance(part.node, Fact)}

    def walk(self) -> Iterator[Part]:
        """Yield the part and everything below it, parents first."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def culprits(self) -> Iterator[Part]:
        """Yield the parts in which an unknown value arose: unknown facts, and operations without an answer."""
        if self.value is not None:
            return
        below = [part for part in self.parts if part.value is None]
        if not below and not (isinstance(self.node, Literal) and self.node.value is not None):
            yield self
        for part in below:
            yield from part.culprits()


@dataclass(frozen=True, slots=True)
class Explanation:
    """An expression with some facts: `root` is its tree with the values, `outcome` what it gave."""

    expression: Expression
    facts: Facts
    root: Part

    @property
    def outcome(self) -> Value | None:
        """Return what the expression gave; None is unknown."""
        return self.root.value

    def text_of(self, part: Part) -> str:
        """Return the part as it stands in the text."""
        start, end = part.span
        return " ".join(self.expression.text[start:end].split())

    def flips(self, part: Part) -> tuple[Flip, ...]:
        """Return for each known fact of a single condition the nearest value that flips it, all else staying."""
        return flips(part.node, self.facts) if part.is_condition and not part.conditions else ()

    def singles(self) -> tuple[Part, ...]:
        """Return the conditions that are not made of others, in the order of the text."""
        return tuple(part for part in self.root.walk() if self._is_single(part))

    def decisive(self) -> tuple[Flip, ...]:
        """Return the flips of single conditions that would change the outcome of the whole."""
        tree = self.expression.tree
        return tuple(
            flip
            for part in self.singles()
            for flip in self.flips(part)
            if evaluate(tree, flip.applied(self.facts)) not in (self.outcome, None)
        )

    @staticmethod
    def _is_single(part: Part) -> bool:
        return part.is_condition and not part.conditions and not isinstance(part.node, Literal)


def explain(expression: Expression, facts: Facts) -> Explanation:
    """Return what every part of the expression gives for these facts, which are of its schema. Never raises."""
    return Explanation(expression, facts, _explained(expression.tree, facts))


def _explained(node: Node, facts: Facts) -> Part:
    if isinstance(node, Fact):
        return Part(node, facts[node.slot], ())
    parts = tuple([_explained(child, facts) for child in node.children])
    return Part(node, value_of(node, [part.value for part in parts]), parts)
