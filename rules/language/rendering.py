"""An explanation as text for people, at most 80 columns wide. Marks never stand alone: a word is beside each."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from rules.language.explaining import Explanation, Part
from rules.language.schema import show
from rules.language.syntax import Comparison, Conditional, Fact, Literal, Logic, Unary, Value

_MARKS = {True: "✓ true", False: "✗ false", None: "? unknown"}
_HEAD = 11
_DEEPEST = 24


def render(explanation: Explanation, width: int = 80) -> str:
    """Return the explanation: each condition with its outcome, its values, its margin and what would flip it."""
    lines = list(_tree(explanation, explanation.root, 0, width))
    decisive = list(dict.fromkeys(str(flip) for flip in explanation.decisive()))
    if decisive and explanation.root.conditions:
        lines.append("Any one of these alone would change the outcome:")
        for flip in decisive:
            lines.extend(_wrapped(flip, "  - ", "    ", width))
    return "\n".join(lines)


def _wrapped(text: str, first: str, rest: str, width: int) -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    ) or [first]


def _mark(value: Value | None) -> str:
    return _MARKS[value] if value is None or isinstance(value, bool) else "= value"


def _tree(explanation: Explanation, part: Part, level: int, width: int) -> Iterator[str]:
    indent = " " * min(2 * level, _DEEPEST)
    below = indent + " " * _HEAD
    yield from _wrapped(_title(explanation, part), f"{indent}{_mark(part.value):<{_HEAD}}", below, width)
    if part.conditions:
        for condition in part.conditions:
            yield from _tree(explanation, condition, level + 1, width)
        return
    for sentence in _details(explanation, part):
        yield from _wrapped(sentence, below, below + "  ", width)


def _title(explanation: Explanation, part: Part) -> str:
    if not part.conditions:
        return explanation.text_of(part)
    if isinstance(part.node, Logic):
        return "all of:" if part.node.op == "&&" else "at least one of:"
    if isinstance(part.node, Unary):
        return "the opposite of:"
    return "if the first holds the second, else the third:" if isinstance(part.node, Conditional) else ""


def _details(explanation: Explanation, part: Part) -> Iterator[str]:
    if part.value is None:
        yield from dict.fromkeys(_reason(explanation, culprit) for culprit in part.culprits())
    if isinstance(part.node, Comparison):
        yield _sides(part, part.node)
    elif not isinstance(part.node, Fact) and not part.is_condition:
        yield f"gives {show(part.value)}"
    facts = {name: value for name, value in part.facts.items() if value is not None}
    plain = isinstance(part.node, Comparison) and all(
        isinstance(side.node, Fact | Literal) for side in part.parts
    )
    if facts and not plain:
        yield "with " + ", ".join(f"{name} = {show(value)}" for name, value in facts.items())
    found = explanation.flips(part)
    if found:
        yield "flips at " + " or ".join(str(flip) for flip in found)


def _sides(part: Part, node: Comparison) -> str:
    left, right = (show(side.value) for side in part.parts)
    margin = part.margin
    return f"{left} {node.op} {right}" + (f", a distance of {show(margin)}" if margin else "")


def _reason(explanation: Explanation, part: Part) -> str:
    if isinstance(part.node, Fact):
        return f"{part.node.name} is not known"
    return f"{explanation.text_of(part)} has no answer"
