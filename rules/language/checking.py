"""From tree to typed tree: every name, type and unit is checked before anything runs."""

from __future__ import annotations

from dataclasses import replace

from rules.language.calling import CallChecker
from rules.language.errors import nearest, shortened
from rules.language.operators import ORDER, result_type
from rules.language.printing import write
from rules.language.syntax import (
    Arithmetic,
    Call,
    Comparison,
    Conditional,
    Fact,
    ListOf,
    Literal,
    Logic,
    Node,
    Unary,
)
from rules.language.types import (
    ANY,
    BOOL,
    DURATION,
    INT,
    NULL,
    NUMBER,
    NUMERIC,
    ORDERED,
    STRING,
    Kind,
    Type,
    in_words,
    list_of,
)

_LITERALS = {
    "bool": BOOL,
    "int": INT,
    "number": NUMBER,
    "percent": NUMBER,
    "string": STRING,
    "duration": DURATION,
    "null": NULL,
}


class Checker(CallChecker):
    """Checks one text against one schema and collects what is wrong with it."""

    def check(self, node: Node) -> Node:
        """Return the node with its type; what is wrong becomes a fault and has type `any` from then on."""
        match node:
            case Literal(kind=kind):
                return replace(node, type=_LITERALS[kind])
            case Fact():
                return self._fact(node)
            case ListOf(items=items):
                return self._list(node, tuple(map(self.check, items)))
            case Unary(op=op, operand=operand):
                return self._unary(node, op, self.check(operand))
            case Arithmetic():
                return self._arithmetic(node, self.check(node.left), self.check(node.right))
            case Comparison():
                return self._comparison(node, self.check(node.left), self.check(node.right))
            case Logic(items=items):
                return replace(
                    node, items=tuple(self.condition(self.check(item)) for item in items), type=BOOL
                )
            case Conditional():
                return self._conditional(node)
            case Call():
                return self.call(node)
        raise AssertionError(node)

    def condition(self, node: Node) -> Node:
        """Return the node; it must be true or false."""
        if node.type.kind not in (Kind.BOOL, Kind.NULL, Kind.ANY):
            hint = (
                f"Write {write(node)} != 0." if node.type.kind in NUMERIC and isinstance(node, Fact) else ""
            )
            hint = hint or "Compare it with something."
            self.fault(node, f"{self.quote(node)} is {in_words(node.type)}, no condition", hint)
        return node

    def _fact(self, node: Fact) -> Node:
        slot = self.schema.slots.get(node.name)
        if slot is not None:
            return replace(node, slot=slot, type=self.schema.fields[slot].type)
        below = sorted(path for path in self.schema.paths if path.startswith(f"{node.name}."))
        if below:
            names = ", ".join(below[:4])
            self.fault(node, f"{shortened(node.name)} is a group of facts", f"Name one of them: {names} …")
        else:
            self.fault(
                node,
                f"there is no fact {shortened(write(node), 64)}",
                self._known_here(node),
            )
        return node

    def _known_here(self, node: Fact) -> str:
        close = nearest(node.name, self.schema.paths)
        same = [path for path in self.schema.paths if path.split(".")[-1] == node.path[-1]]
        if same and (close is None or len(node.path) == 1):
            return f"Did you mean {' or '.join(same[:3])}?"
        if close:
            return f"Did you mean {close}?"
        if len(node.path) == 1:
            return f'A text stands in quotes: "{shortened(node.name)}".'
        siblings = [path for path in self.schema.paths if path.split(".")[0] == node.path[0]]
        return f"There are {', '.join(siblings[:5])} …" if siblings else ""

    def _list(self, node: ListOf, items: tuple[Node, ...]) -> Node:
        kind: Type = NULL
        for place, item in enumerate(items):
            if item.type.kind is Kind.LIST:
                self.fault(item, "a list cannot hold a list")
                kind = ANY
                continue
            merged = self.unify(items[place - 1] if place else item, kind, item, item.type)
            kind = ANY if merged is None else merged
        typed = tuple(self.as_type(item, kind) for item in items)
        return replace(node, items=typed, type=list_of(kind))

    def _unary(self, node: Unary, op: str, operand: Node) -> Node:
        if op == "!":
            return replace(node, operand=self.condition(operand), type=BOOL)
        if operand.type.kind not in (*NUMERIC, Kind.DURATION, Kind.ANY):
            self.fault(node, f"minus takes a number or a duration, and this is {in_words(operand.type)}")
            return replace(node, operand=operand)
        return replace(node, operand=operand, type=operand.type)

    def _arithmetic(self, node: Arithmetic, left: Node, right: Node) -> Node:
        typed = replace(node, left=left, right=right)
        if Kind.ANY in (left.type.kind, right.type.kind):
            return typed
        if Kind.NULL in (left.type.kind, right.type.kind):
            self.fault(node, "with null the result is always unknown", "Leave null out.")
            return typed
        type_ = result_type(node.op, left.type, right.type)
        if type_ is None:
            self.fault(
                node,
                f"{in_words(left.type)} {node.op} {in_words(right.type)} has no meaning",
                self.unit_hint(left, right),
            )
            return typed
        return replace(typed, type=type_)

    def _comparison(self, node: Comparison, left: Node, right: Node) -> Node:
        if node.op == "in":
            return self._in(node, left, right)
        typed = replace(node, left=left, right=right, type=BOOL)
        if Kind.NULL in (left.type.kind, right.type.kind):
            other = self.quote(right if left.type.kind is Kind.NULL else left)
            self.fault(
                node,
                "a comparison with null is always unknown",
                f"Write is_unknown({other}), or has(…) for a fact.",
            )
            return typed
        type_ = self.unify(left, left.type, right, right.type)
        if type_ is None:
            return typed
        if type_.kind is Kind.LIST:
            self.fault(node, "lists cannot be compared", "Use x in list, contains(list, x) or len(list).")
        elif node.op in ORDER and type_.kind not in (*ORDERED, Kind.ANY):
            hint = 'Use == or in ["…", "…"].' if type_.kind in (Kind.ENUM, Kind.STRING) else "Use == or !=."
            self.fault(node, f"{in_words(left.type)} has no order, so {node.op} means nothing", hint)
        return replace(typed, left=self.as_type(left, type_), right=self.as_type(right, type_))

    def _in(self, node: Comparison, left: Node, right: Node) -> Node:
        typed = replace(node, left=left, right=right, type=BOOL)
        if right.type.kind is Kind.ANY:
            return typed
        item = right.type.item
        if item is None:
            hint = f"Write contains({self.quote(right)}, {self.quote(left)})." if right.type == STRING else ""
            self.fault(
                right, f"in takes a list, and this is {in_words(right.type)}", hint or 'Write ["a", "b"].'
            )
            return typed
        if left.type.kind is Kind.LIST:
            self.fault(left, "a list cannot be in a list", "Ask for one item.")
            return typed
        if left.type.kind is Kind.ENUM and isinstance(right, ListOf):
            right = replace(
                right, items=tuple(self._choice(left, each) for each in right.items), type=list_of(left.type)
            )
        else:
            self.unify(left, left.type, right, item)
            left = self.as_type(left, item)
        return replace(typed, left=left, right=right)

    def _choice(self, left: Node, item: Node) -> Node:
        shared = self.unify(left, left.type, item, item.type)
        return item if shared is None else self.as_type(item, left.type)

    def _conditional(self, node: Conditional) -> Node:
        test = self.condition(self.check(node.test))
        then, otherwise = self.check(node.then), self.check(node.otherwise)
        type_ = self.unify(then, then.type, otherwise, otherwise.type) or ANY
        return replace(
            node,
            test=test,
            then=self.as_type(then, type_),
            otherwise=self.as_type(otherwise, type_),
            type=type_,
        )
