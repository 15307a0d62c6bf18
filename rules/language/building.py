"""The tree made from what the parser sees, one node at a time, so that a limit stops the parser at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from lark import Token, Transformer

from engine.domain.base import parse_duration
from rules.language.errors import LanguageError, fault_at
from rules.language.limits import MAX_DEPTH, MAX_NODES, MAX_NUMBER, MAX_WRITTEN_DURATION
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
    Span,
    Unary,
)

_WORDS = {"true": (True, "bool"), "false": (False, "bool"), "null": (None, "null")}
_SEGMENT = re.compile(r'[A-Za-z_][A-Za-z0-9_]*|\["([^"]*)"\]', re.ASCII)
_ONE_COMPARISON = 3
_SHORT = 50
_ESCAPES = {"n": "\n", "t": "\t"}


def unescape(written: str) -> str:
    """Return the text that a string literal means, without its quotes."""
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), written[1:-1])


class Builder(Transformer[Token, Node]):
    """Callbacks of the grammar's rules. `begin` sets it to a text, whose nodes it counts."""

    def begin(self, text: str) -> None:
        """Start with another text."""
        self.text = text
        self.count = 0

    def fail(self, span: Span, message: str, hint: str = "") -> LanguageError:
        """Return the error for a place in the text."""
        return LanguageError(self.text, [fault_at(self.text, span[0], span[1], message, hint)])

    def place(self, span: Span, children: Sequence[Node]) -> dict[str, Any]:
        """Return span and depth of a new node; raise LanguageError when it is one too many or too deep."""
        self.count += 1
        if self.count > MAX_NODES:
            raise self.fail(
                span,
                f"this expression has more than {MAX_NODES} parts",
                "Split it into several rules, or move the computing into signals.",
            )
        depth = 1 + max((child.depth for child in children), default=0)
        if depth > MAX_DEPTH:
            raise self.fail(
                span,
                f"this expression is nested deeper than {MAX_DEPTH} levels",
                "Split it into several rules, or move the computing into signals.",
            )
        return {"span": span, "depth": depth}

    def start(self, parts: list[Node]) -> Node:
        return parts[0]

    def conditional(self, parts: list[Node]) -> Node:
        span = (parts[0].span[0], parts[2].span[1])
        return Conditional(parts[0], parts[1], parts[2], **self.place(span, parts))

    def disjunction(self, parts: list[Any]) -> Node:
        return self._logic("||", parts[::2])

    def conjunction(self, parts: list[Any]) -> Node:
        return self._logic("&&", parts[::2])

    def _logic(self, op: str, items: list[Node]) -> Node:
        span = (items[0].span[0], items[-1].span[1])
        return Logic(op, tuple(items), **self.place(span, items))

    def prefixed(self, parts: list[Any]) -> Node:
        sign, operand = parts
        span = (sign.start_pos, operand.span[1])
        return Unary("-" if sign == "-" else "!", operand, **self.place(span, [operand]))

    def comparison(self, parts: list[Any]) -> Node:
        if len(parts) > _ONE_COMPARISON:
            raise self._chained(parts)
        left, op, right = parts
        span = (left.span[0], right.span[1])
        if op.type != "NOT_IN":
            return Comparison(str(op), left, right, **self.place(span, [left, right]))
        inner = Comparison("in", left, right, **self.place(span, [left, right]))
        return Unary("!", inner, **self.place(span, [inner]))

    def _chained(self, parts: list[Any]) -> LanguageError:
        first, op, middle, second, last = parts[:5]
        a, b, c = (self.text[node.span[0] : node.span[1]] for node in (first, middle, last))
        return self.fail(
            (second.start_pos, second.end_pos),
            "comparisons cannot be chained",
            f"Write {a} {op} {b} && {b} {second} {c}."
            if len(a + b + c) < _SHORT
            else "Join two comparisons with &&.",
        )

    def arithmetic(self, parts: list[Any]) -> Node:
        left, op, right = parts
        return Arithmetic(str(op), left, right, **self.place((left.span[0], right.span[1]), [left, right]))

    def percent(self, parts: list[Token]) -> Node:
        return self._number(parts[0], float(Decimal(str(parts[0])[:-1]) / 100), "percent")

    def number(self, parts: list[Token]) -> Node:
        text = str(parts[0])
        return (
            self._number(parts[0], int(text), "int")
            if text.isdigit()
            else self._number(parts[0], float(text), "number")
        )

    def _number(self, token: Token, value: float, kind: str) -> Node:
        span = _span(token)
        if not value <= MAX_NUMBER:
            raise self.fail(span, f"this number is larger than {MAX_NUMBER:g}", "Write a smaller one.")
        return Literal(value, kind, **self.place(span, ()))

    def duration(self, parts: list[Token]) -> Node:
        span = _span(parts[0])
        try:
            value: timedelta | None = parse_duration(str(parts[0]))
        except ValueError:
            value = None
        if value is None or value > MAX_WRITTEN_DURATION:
            raise self.fail(span, "this duration is longer than a hundred years", "Write a shorter one.")
        return Literal(value, "duration", **self.place(span, ()))

    def string(self, parts: list[Token]) -> Node:
        return Literal(unescape(str(parts[0])), "string", **self.place(_span(parts[0]), ()))

    def word(self, parts: list[Token]) -> Node:
        value, kind = _WORDS[str(parts[0])]
        return Literal(value, kind, **self.place(_span(parts[0]), ()))

    def fact(self, parts: list[Token]) -> Node:
        path = tuple(m[0] if m[1] is None else m[1] for m in _SEGMENT.finditer(str(parts[0])))
        return Fact(path, **self.place(_span(parts[0]), ()))

    def call(self, parts: list[Any]) -> Node:
        name, args = parts[0], [part for part in parts[1:] if isinstance(part, Node)]
        span = (name.start_pos, parts[-1].end_pos)
        if not str(name).isidentifier():
            subject, _, method = str(name).rpartition(".")
            raise self.fail(
                _span(name),
                "functions are not called with a dot",
                f"Write {method}({shortest(subject)}{', …' if args else ''})." if method else "",
            )
        return Call(str(name), tuple(args), **self.place(span, args))

    def listed(self, parts: list[Any]) -> Node:
        items = [part for part in parts if isinstance(part, Node)]
        return ListOf(tuple(items), **self.place((parts[0].start_pos, parts[-1].end_pos), items))

    def parenthesised(self, parts: list[Any]) -> Node:
        opening, node, closing = parts
        object.__setattr__(node, "span", (opening.start_pos, closing.end_pos))
        return node  # type: ignore[no-any-return]


def shortest(text: str) -> str:
    """Return the text, or its beginning when it is long."""
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"


def _span(token: Token) -> Span:
    return (token.start_pos or 0, token.end_pos or 0)
