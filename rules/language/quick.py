"""The quick way: plain Python for facts that are all known. It raises where there is no answer."""

from __future__ import annotations

from rules.language.bounding import needs_check
from rules.language.syntax import (
    Arithmetic,
    Call,
    Comparison,
    Conditional,
    Fact,
    ListOf,
    Logic,
    Node,
    Unary,
)
from rules.language.types import NUMERIC
from rules.language.vocabulary import FUNCTIONS
from rules.language.writing import Names, constant_of, is_constant, name_of


class NoQuickWayError(Exception):
    """Something in the expression is always unknown."""


class QuickWriter:
    """Writes the source of the quick way; `needed` are the facts that must be known for it."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.needed: dict[str, None] = {}

    def write(self, node: Node) -> str:
        """Return the source of a node. Raises NoQuickWayError when it is always unknown."""
        if isinstance(node, Fact):
            self.needed[name_of(node)] = None
            return name_of(node)
        if is_constant(node):
            return self._constant(node)
        match node:
            case ListOf(items=items):
                return f"({', '.join(map(self.write, items))},)"
            case Unary(op=op, operand=operand):
                return f"({'not ' if op == '!' else '-'}{self.write(operand)})"
            case Logic(op=op, items=items):
                return f"({(' and ' if op == '&&' else ' or ').join(map(self.write, items))})"
            case Comparison():
                return self._comparison(node)
            case Conditional(test=test, then=then, otherwise=otherwise):
                return f"({self.write(then)} if {self.write(test)} else {self.write(otherwise)})"
            case Arithmetic(op=op, left=left, right=right):
                return self.checked(node, f"({self.write(left)} {op} {self.write(right)})")
            case Call():
                return self._call(node)
        raise AssertionError(node)

    def _constant(self, node: Node) -> str:
        value = constant_of(node)
        if value is None or (isinstance(value, tuple) and None in value):
            raise NoQuickWayError
        return self.names.constant(value)

    def checked(self, node: Node, source: str) -> str:
        """Return the source of a number, failing where it may be too large to be one."""
        if not needs_check(node):
            return source
        name = self.names.temporary()
        return f"({name} if -LIMIT <= ({name} := {source}) <= LIMIT else fail())"

    def _comparison(self, node: Comparison) -> str:
        left, right = self.write(node.left), self.write(node.right)
        # A list among the facts may hold unknown items.
        if node.op == "in" and not isinstance(node.right, ListOf):
            return f"holds({right}, {left})"
        return f"({left} {node.op} {right})"

    def _call(self, node: Call) -> str:
        if node.name == "coalesce":
            return self._coalesce(node.args)
        if node.name in ("has", "is_unknown"):
            known = "not None" if node.name == "has" else "None"
            (arg,) = node.args
            return f"({name_of(arg) if isinstance(arg, Fact) else self.write(arg)} is {known})"
        function = FUNCTIONS[node.name]
        args = [self.write(arg) for arg in node.args]
        if function.inline:
            return function.inline.format(*args)
        source = f"q_{node.name}({', '.join(args)})"
        return self.checked(node, source) if node.type.kind in NUMERIC else source

    def _coalesce(self, args: tuple[Node, ...]) -> str:
        first, *rest = args
        if not isinstance(first, Fact) or not rest:
            return self.write(first)
        name = name_of(first)
        return f"({name} if {name} is not None else {self._coalesce(tuple(rest))})"
