"""How large a number can become: where it provably stays small, the compiled form need not check."""

from __future__ import annotations

import math

from rules.language.functions import SPECIAL
from rules.language.limits import MAX_NUMBER, MAX_RESULT
from rules.language.syntax import Arithmetic, Call, Conditional, Fact, Literal, Node, Unary
from rules.language.types import NUMERIC, Kind
from rules.language.vocabulary import FUNCTIONS

# A little below the limit, because the bound itself is computed with rounding.
_SAFE = MAX_RESULT * 0.99


def needs_check(node: Node) -> bool:
    """Tell whether a number that this operation gives may lie beyond the limit for results."""
    return node.type.kind in NUMERIC and _raw(node) > _SAFE


def bound(node: Node) -> float:
    """Return a number that the absolute value of the node never exceeds."""
    return min(_raw(node), MAX_RESULT)


def _raw(node: Node) -> float:
    match node:
        case Fact():
            return MAX_NUMBER
        case Literal(value=value):
            return abs(value) if isinstance(value, int | float) else 0.0
        case Unary(operand=operand):
            return bound(operand)
        case Conditional(then=then, otherwise=otherwise):
            return max(bound(then), bound(otherwise))
        case Arithmetic():
            return _arithmetic(node)
        case Call(name=name, args=args):
            known = None if name in SPECIAL else FUNCTIONS[name].bound
            return known if known is not None else max((bound(arg) for arg in args), default=0.0) + 1
    return math.inf


def _arithmetic(node: Arithmetic) -> float:
    if Kind.DURATION in (node.left.type.kind, node.right.type.kind):
        # A duration has at most 10^9 days, and two can differ by a factor of 10^20.
        return 1e21
    left, right = bound(node.left), bound(node.right)
    match node.op:
        case "+" | "-":
            return left + right
        case "*":
            return left * right
        case "%":
            return right
    if isinstance(node.right, Literal) and node.right.value:
        return left / right
    # A whole number other than zero does not make anything larger.
    return left if node.right.type.kind is Kind.INT else math.inf
