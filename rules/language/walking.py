"""The three-valued walk: what each part of an expression gives for some facts. None is unknown.

It is written to be read: it says what the language means. The compiled form must agree with it on every input.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rules.language.functions import SPECIAL
from rules.language.operators import ARITHMETIC, COMPARE, compute, member, negative
from rules.language.syntax import (
    Arithmetic,
    Call,
    Comparison,
    Conditional,
    Fact,
    Facts,
    ListOf,
    Literal,
    Logic,
    Node,
    Unary,
    Value,
)
from rules.language.vocabulary import FUNCTIONS

Values = Sequence[Any]


def evaluate(node: Node, facts: Facts) -> Value | None:
    """Return what a checked tree gives for the facts of its schema; None is unknown. Never raises."""
    if isinstance(node, Fact):
        return facts[node.slot]
    return value_of(node, [evaluate(child, facts) for child in node.children])


def value_of(node: Node, values: Values) -> Value | None:
    """Return what a node other than a fact gives when its children give these values."""
    return _MEANING[type(node)](node, values)


def conjunction(values: Values) -> bool | None:
    """Return Kleene's and: one false is enough for false, one unknown for unknown."""
    if False in values:
        return False
    return None if None in values else True


def disjunction(values: Values) -> bool | None:
    """Return Kleene's or: one true is enough for true, one unknown for unknown."""
    if True in values:
        return True
    return None if None in values else False


def _literal(node: Literal, _: Values) -> Value | None:
    return node.value


def _list(_: ListOf, values: Values) -> Value:
    return tuple(values)


def _unary(node: Unary, values: Values) -> Value | None:
    (value,) = values
    if node.op == "!":
        return None if value is None else not value
    return compute(negative, value)


def _arithmetic(node: Arithmetic, values: Values) -> Value | None:
    return compute(ARITHMETIC[node.op], *values)


def _comparison(node: Comparison, values: Values) -> Value | None:
    left, right = values
    return member(left, right) if node.op == "in" else compute(COMPARE[node.op], left, right)


def _logic(node: Logic, values: Values) -> Value | None:
    return conjunction(values) if node.op == "&&" else disjunction(values)


def _conditional(_: Conditional, values: Values) -> Value | None:
    test, then, otherwise = values
    if test is None:
        return None
    return then if test else otherwise  # type: ignore[no-any-return]


def _call(node: Call, values: Values) -> Value | None:
    if node.name not in SPECIAL:
        return compute(FUNCTIONS[node.name].body, *values)
    if node.name == "coalesce":
        return next((value for value in values if value is not None), None)
    known = values[0] is not None
    return known if node.name == "has" else not known


_MEANING: dict[type[Node], Callable[[Any, Values], Value | None]] = {
    Literal: _literal,
    ListOf: _list,
    Unary: _unary,
    Arithmetic: _arithmetic,
    Comparison: _comparison,
    Logic: _logic,
    Conditional: _conditional,
    Call: _call,
}
