"""The tree of an expression: as the parser builds it, and, with types and places of facts, as the checker returns it.

Two nodes are equal when they mean the same; where they stand in the text, and their types, do not count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from rules.language.types import ANY, Type

Value: TypeAlias = "bool | int | float | str | timedelta | datetime | tuple[Value | None, ...]"
# One entry for each fact of a schema, in its order; None is unknown.
Facts: TypeAlias = "tuple[Value | None, ...]"
Span: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Node:
    """One part of an expression: characters `span[0]` to before `span[1]` of the text."""

    span: Span = field(default=(0, 0), compare=False, kw_only=True, repr=False)
    depth: int = field(default=1, compare=False, kw_only=True, repr=False)
    type: Type = field(default=ANY, compare=False, kw_only=True, repr=False)

    @property
    def children(self) -> tuple[Node, ...]:
        """Return the parts of which this one is made."""
        return ()


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A value written down. `kind`: bool, int, number, percent, string, duration or null (whose value is None)."""

    value: Value | None
    kind: str


@dataclass(frozen=True, slots=True)
class Fact(Node):
    """A fact, by its path. `slot` is its place in the facts of the schema, once checked."""

    path: tuple[str, ...]
    slot: int = field(default=-1, compare=False)

    @property
    def name(self) -> str:
        """Return the path with dots, as the schema declares it."""
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class ListOf(Node):
    """A list written down."""

    items: tuple[Node, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        """Return the items."""
        return self.items


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """`!x` or `-x`."""

    op: str
    operand: Node

    @property
    def children(self) -> tuple[Node, ...]:
        """Return the operand."""
        return (self.operand,)


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """`+ - * / %` between two values."""

    op: str
    left: Node
    right: Node

    @property
    def children(self) -> tuple[Node, ...]:
        """Return both sides."""
        return (self.left, self.right)


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    """`== != < <= > >=` or `in` between two values."""

    op: str
    left: Node
    right: Node

    @property
    def children(self) -> tuple[Node, ...]:
        """Return both sides."""
        return (self.left, self.right)


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """`&&` or `||` over two or more conditions."""

    op: str
    items: tuple[Node, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        """Return the conditions."""
        return self.items


@dataclass(frozen=True, slots=True)
class Conditional(Node):
    """`test ? then : otherwise`."""

    test: Node
    then: Node
    otherwise: Node

    @property
    def children(self) -> tuple[Node, ...]:
        """Return test and both branches."""
        return (self.test, self.then, self.otherwise)


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function with its arguments."""

    name: str
    args: tuple[Node, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        """Return the arguments."""
        return self.args


def walk(node: Node) -> Iterator[Node]:
    """Yield the node and everything below it, parents first."""
    yield node
    for child in node.children:
        yield from walk(child)


def fact_names(node: Node) -> tuple[str, ...]:
    """Return the names of the facts that an expression reads, each once, in the order of the text."""
    return tuple(dict.fromkeys(part.name for part in walk(node) if isinstance(part, Fact)))
