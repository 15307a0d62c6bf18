"""One sentence for people: which parts of a condition made it what it is, with their values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from engine.domain.words import moment, span
from rules.language.explaining import Explanation, Part
from rules.language.schema import show
from rules.language.syntax import Call, Comparison, Conditional, Fact, Literal, Logic, Unary, Value

_WORDS = {"<": "less than", "<=": "at most", ">": "more than", ">=": "at least", "==": "", "!=": "not"}
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_LATER = {"<": "before", "<=": "not after", ">": "after", ">=": "not before", "==": "", "!=": "not"}
_MOST = 600


def sentence(explanation: Explanation, subject: str, zone: str) -> str:
    """Say why the condition is true of the subject: every part that made it so, with its values."""
    kind, _, name = subject.partition("/")
    writer = _Writer(explanation, kind, zone)
    parts = list(dict.fromkeys(writer.leaf(part, truth) for part, truth in _support(explanation.root)))
    who = f"{kind.capitalize()} {name}" if name else "The strategy"
    text = f"{who}: {', and '.join(parts)}."
    return text if len(text) <= _MOST else f"{text[: _MOST - 1]}…"


def unknown(explanation: Explanation) -> str:
    """Say what is not known, so that the condition has no answer."""
    names = dict.fromkeys(
        part.node.name if isinstance(part.node, Fact) else f"the answer of {explanation.text_of(part)}"
        for part in explanation.root.culprits()
    )
    return f"Not known: {', '.join(names)}."


def _support(part: Part) -> Iterator[tuple[Part, bool]]:
    """Yield the single conditions that made the part what it is, each with what it gave."""
    node, value = part.node, part.value
    if isinstance(node, Logic):
        enough = node.op == "||"
        for child in part.parts:
            # One true makes an "or" true, one false an "and" false; otherwise all of them count.
            if child.value is enough or value is not enough:
                yield from _support(child)
    elif isinstance(node, Unary) and node.op == "!":
        yield from _support(part.parts[0])
    elif isinstance(node, Conditional):
        test, then, otherwise = part.parts
        yield from _support(test)
        yield from _support(then if test.value else otherwise)
    elif not isinstance(node, Literal):
        yield part, bool(value)


class _Writer:
    """Writes single conditions of subjects of one kind, whose prefix goes without saying."""

    def __init__(self, explanation: Explanation, kind: str, zone: str) -> None:
        self._explanation, self._zone = explanation, zone
        self._prefix = re.compile(rf"\b{kind}\.(?=[a-z_])")

    def leaf(self, part: Part, truth: bool) -> str:
        """Return one condition in words; `truth` is what it gave."""
        node = part.node
        if isinstance(node, Comparison):
            return self._comparison(node, part, truth)
        if isinstance(node, Call) and node.name in ("has", "is_unknown"):
            known = (node.name == "has") is truth
            return f"{self._text(part.parts[0])} is {'known' if known else 'not known'}"
        return f"{self._text(part)} is {'true' if truth else 'false'}"

    def _comparison(self, node: Comparison, part: Part, truth: bool) -> str:
        left, right = part.parts
        if isinstance(left.node, Literal) and node.op != "in":
            return f"{self._value(left.value)} {node.op} {self._named(right)}{'' if truth else ' is false'}"
        if node.op == "in":
            return f"{self._named(left)}, {'one of' if truth else 'none of'} {self._other(right)}"
        words = _LATER if isinstance(left.value, datetime) else _WORDS
        word = words[node.op if truth else _OPPOSITE[node.op]]
        if not word and isinstance(right.node, Literal):
            return self._named(left)
        return f"{self._named(left)}, {f'{word} ' if word else 'the same as '}{self._other(right)}"

    def _named(self, part: Part) -> str:
        return f"{self._text(part)} is {self._value(part.value)}"

    def _other(self, part: Part) -> str:
        if isinstance(part.node, Literal) or not part.facts:
            return self._value(part.value)
        return f"{self._text(part)} ({self._value(part.value)})"

    def _text(self, part: Part) -> str:
        return self._prefix.sub("", self._explanation.text_of(part))

    def _value(self, value: Value | None) -> str:
        if isinstance(value, timedelta):
            return span(value) if value >= timedelta(0) else show(value)
        if isinstance(value, datetime):
            return moment(value, self._zone)
        if isinstance(value, tuple):
            return ", ".join(map(self._value, value))
        return value if isinstance(value, str) else show(value)
