"""The three-valued way, as Python source: every value may be None, and None is handled by Kleene's tables."""

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
from rules.language.types import NUMERIC, Kind
from rules.language.writing import Names, constant_of, is_constant, name_of

_WORDS = {"+": "add", "-": "sub", "*": "mul", "/": "div", "%": "mod"}


class SlowWriter:
    """Writes the source of the three-valued way."""

    def __init__(self, names: Names) -> None:
        self.names = names

    def write(self, node: Node) -> str:
        """Return the source of a node; what it gives is never an exception."""
        if isinstance(node, Fact):
            return name_of(node)
        if is_constant(node):
            return self.names.constant(constant_of(node))
        match node:
            case ListOf(items=items):
                return f"({', '.join(map(self.write, items))},)"
            case Unary(op=op, operand=operand):
                return self._known(
                    [operand],
                    f"{'not ' if op == '!' else '-'}{{0}}",
                    overflow="neg" if op == "-" and operand.type.kind is Kind.DURATION else "",
                )
            case Logic(op=op, items=items):
                return self._logic(items, deciding=op == "||")
            case Comparison(op=op, left=left, right=right):
                if op == "in":
                    return f"member({self.write(left)}, {self.write(right)})"
                return self._known([left, right], f"{{0}} {op} {{1}}")
            case Conditional(test=test, then=then, otherwise=otherwise):
                name = self.names.temporary()
                return (
                    f"({self.write(then)} if ({name} := {self.write(test)}) is True"
                    f" else {self.write(otherwise)} if {name} is False else None)"
                )
            case Arithmetic(op=op, left=left, right=right):
                return self._known([left, right], f"{{0}} {op} {{1}}", _WORDS[op] if _may_fail(node) else "")
            case Call(name=name, args=args):
                return self._call(name, args)
        raise AssertionError(node)

    def _known(self, operands: list[Node], source: str, overflow: str = "") -> str:
        """Return the source that computes with known operands and is None when one is unknown."""
        if overflow:
            return f"s_{overflow}({', '.join(map(self.write, operands))})"
        tests, names = [], []
        for operand in operands:
            text = self.write(operand)
            if is_constant(operand) and text != "None":
                names.append(text)
                continue
            name = text if isinstance(operand, Fact) else self.names.temporary()
            tests.append(f"{text} is None" if isinstance(operand, Fact) else f"({name} := {text}) is None")
            names.append(name)
        return f"(None if {' or '.join(tests)} else {source.format(*names)})"

    def _logic(self, items: tuple[Node, ...], *, deciding: bool) -> str:
        names = [self.names.temporary() for _ in items]
        decided = " or ".join(
            f"({name} := {self.write(item)}) is {deciding}" for name, item in zip(names, items, strict=True)
        )
        unknown = " or ".join(f"{name} is None" for name in names)
        return f"({deciding} if {decided} else None if {unknown} else {not deciding})"

    def _call(self, name: str, args: tuple[Node, ...]) -> str:
        if name in ("has", "is_unknown"):
            return f"({self.write(args[0])} is {'not None' if name == 'has' else 'None'})"
        if name != "coalesce":
            return f"s_{name}({', '.join(map(self.write, args))})"
        source = self.write(args[-1])
        for arg in reversed(args[:-1]):
            known = self.names.temporary()
            source = f"({known} if ({known} := {self.write(arg)}) is not None else {source})"
        return source


def _may_fail(node: Arithmetic) -> bool:
    if node.op in "/%" or needs_check(node):
        return True
    instants = node.left.type.kind is node.right.type.kind is Kind.INSTANT
    return node.type.kind not in NUMERIC and not instants
