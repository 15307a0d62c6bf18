"""The way back from tree to text: canonical, with as few brackets as the grammar allows."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

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

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}
_CONDITIONAL, _OR, _AND, _COMPARE, _SUM, _PRODUCT, _SIGN, _VALUE = range(8)
_LEVELS = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "%": _PRODUCT, "||": _OR, "&&": _AND}


def write(node: Node) -> str:
    """Return the text of a tree, such that `parse(write(tree)) == tree`."""
    match node:
        case Literal():
            return write_literal(node)
        case Fact(path=path):
            first, *rest = path
            return first + "".join(f".{name}" if _NAME.fullmatch(name) else f'["{name}"]' for name in rest)
        case ListOf(items=items):
            return f"[{', '.join(write(item) for item in items)}]"
        case Call(name=name, args=args):
            return f"{name}({', '.join(write(arg) for arg in args)})"
        case Unary(op=op, operand=operand):
            return op + _within(operand, _SIGN)
        case Arithmetic(op=op, left=left, right=right):
            level = _LEVELS[op]
            return f"{_within(left, level)} {op} {_within(right, level + 1)}"
        case Comparison(op=op, left=left, right=right):
            return f"{_within(left, _SUM)} {op} {_within(right, _SUM)}"
        case Logic(op=op, items=items):
            return f" {op} ".join(_within(item, _LEVELS[op] + 1) for item in items)
        case Conditional(test=test, then=then, otherwise=otherwise):
            return f"{_within(test, _OR)} ? {write(then)} : {write(otherwise)}"
    raise AssertionError(node)


def write_literal(literal: Literal) -> str:
    """Return the text of a value as a person would write it: `7d`, `30%`, `"silent"`."""
    value = literal.value
    if literal.kind == "percent":
        return f"{(Decimal(repr(value)) * 100).normalize():f}%"
    if isinstance(value, timedelta):
        return write_duration(value)
    if isinstance(value, str):
        return write_text(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value)


def write_text(text: str) -> str:
    """Return a text in straight quotes, with its escapes."""
    return '"' + "".join(_ESCAPES.get(char, char) for char in text) + '"'


def write_duration(duration: timedelta) -> str:
    """Return a duration of zero or more, exactly, such as `1d12h` or `0.5s`."""
    parts = [f"{duration.days}d"] if duration.days else []
    hours, rest = divmod(duration.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    parts += [f"{hours}h"] if hours else []
    parts += [f"{minutes}m"] if minutes else []
    if duration.microseconds:
        parts.append(f"{(Decimal(seconds * 1_000_000 + duration.microseconds) / 1_000_000).normalize():f}s")
    elif seconds or not parts:
        parts.append(f"{seconds}s")
    return "".join(parts)


def _within(node: Node, level: int) -> str:
    text = write(node)
    return f"({text})" if _level(node) < level else text


def _level(node: Node) -> int:
    match node:
        case Conditional():
            return _CONDITIONAL
        case Logic(op=op) | Arithmetic(op=op):
            return _LEVELS[op]
        case Comparison():
            return _COMPARE
        case Unary():
            return _SIGN
    return _VALUE
