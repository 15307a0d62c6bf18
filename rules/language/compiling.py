"""From typed tree to one Python function: a quick way when every fact is known, and a three-valued way.

The function gets the facts' tuple and gives True, False or None (for expressions of other types: the value or
None). The quick way runs when the facts it needs are known; where an operation has no answer it raises, and the
three-valued way decides. The source holds only names, operators and whole numbers of ours; everything else that a
user wrote, texts above all, is passed as a constant.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, NoReturn, TypeAlias, cast

from rules.language.expression import Expression
from rules.language.limits import MAX_RESULT
from rules.language.operators import ARITHMETIC, NO_ANSWER, compute, member, negative
from rules.language.quick import NoQuickWayError, QuickWriter
from rules.language.slow import SlowWriter
from rules.language.syntax import Fact, Facts, Node, Value, walk
from rules.language.texts import contains
from rules.language.vocabulary import FUNCTIONS
from rules.language.writing import Names

Judge: TypeAlias = Callable[[Facts], "Value | None"]
_WORDS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "mod": "%"}


@dataclass(frozen=True, slots=True)
class Program:
    """The generated source of a function `judge`, and the constants that it names."""

    source: str
    constants: dict[str, Value]


def compile_expression(expression: Expression) -> Judge:
    """Return the function that evaluates the expression: facts in, True, False, a value, or None for unknown.

    It agrees with `evaluate` on all facts that `Schema.facts` makes, never raises and has no state.
    """
    program = python_source(expression.tree)
    namespace = {**_helpers(), **program.constants}
    exec(compile(program.source, f"<rule {expression.text[:60]!r}>", "exec"), namespace)  # noqa: S102 -- source of ours, see above
    return cast("Judge", namespace["judge"])


def python_source(tree: Node) -> Program:
    """Return the Python source for a checked tree."""
    names = Names()
    slots = sorted({part.slot for part in walk(tree) if isinstance(part, Fact)})
    quick = _quick(tree, names)
    slow = SlowWriter(names).write(tree)
    # As defaults of parameters the constants are local names, which are the quickest.
    header = ", ".join(["f", *(f"{name}={name}" for name in names.constants)])
    lines = [f"def judge({header}):", *(f"    a{slot} = f[{slot}]" for slot in slots), *quick]
    return Program("\n".join([*lines, f"    return {slow}", ""]), names.constants)


def _quick(tree: Node, names: Names) -> list[str]:
    writer = QuickWriter(names)
    try:
        source = writer.write(tree)
    except NoQuickWayError:
        return []
    attempt = ["try:", f"    return {source}", "except NO_ANSWER:", "    pass"]
    if not writer.needed:
        return [f"    {line}" for line in attempt]
    known = " and ".join(f"{name} is not None" for name in writer.needed)
    return [f"    if {known}:", *(f"        {line}" for line in attempt)]


def _fail() -> NoReturn:
    raise ArithmeticError


@cache
def _helpers() -> dict[str, Any]:
    names: dict[str, Any] = {
        "__builtins__": {"abs": abs},
        "NO_ANSWER": NO_ANSWER,
        "LIMIT": MAX_RESULT,
        "fail": _fail,
        "holds": contains,
        "member": member,
        "s_neg": partial(compute, negative),
    }
    for word, op in _WORDS.items():
        names[f"s_{word}"] = partial(compute, ARITHMETIC[op])
    for function in FUNCTIONS.values():
        names[f"q_{function.name}"] = function.body
        names[f"s_{function.name}"] = partial(compute, function.body)
    return names
