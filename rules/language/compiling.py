"""From typed tree to one Python function: a quick way when every fact is known, and a three-valued way.

The function gets the facts' tuple and gives True, False or None (for expressions of other types: the value or
None). The quick way runs when the facts it needs are known; where an operation has no answer it raises, and the
three-valued way decides. The source holds only names, operators and whole numbers of ours; everything else that a
user wrote, texts above all, is passed as a constant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import count
from typing import Any, NoReturn, TypeAlias, cast

from rules.language.expression import Expression
from rules.language.limits import MAX_RESULT
from rules.language.operators import ARITHMETIC, NO_ANSWER, compute, member, negative
from rules.language.quick import NoQuickWayError, QuickWriter
from rules.language.slow import SlowWriter
from rules.language.syntax import Fact, Facts, Node, Value, walk
from rules.language.texts import contains
from rules.language.vocabulary import FUNCTIONS
from rules.language.writing import Names, name_of

Judge: TypeAlias = Callable[[Facts], "Value | None"]
JudgeAll: TypeAlias = Callable[[Facts], "tuple[Value | None, ...]"]
# A place, then a group's answers there.
Change: TypeAlias = "tuple[int, *tuple[Value | None, ...]]"
JudgeChanges: TypeAlias = Callable[["Iterable[Iterable[Value | None]]"], "tuple[list[Change], ...]"]
_WORDS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "mod": "%"}


@dataclass(frozen=True, slots=True)
class Program:
    """The generated source of a function `judge`, and the constants that it names."""

    source: str
    constants: dict[str, Value]

    def load(self, name: str) -> Any:
        """Return the function; `name` stands in tracebacks."""
        namespace = {**_helpers(), **self.constants}
        exec(compile(self.source, f"<{name}>", "exec"), namespace)  # noqa: S102 -- source of ours, see above
        return namespace["judge"]


def compile_expression(expression: Expression) -> Judge:
    """Return the function that evaluates the expression: facts in, True, False, a value, or None for unknown.

    It agrees with `evaluate` on all facts that `Schema.facts` makes, never raises and has no state.
    """
    return cast("Judge", python_source(expression.tree).load(f"rule {expression.text[:60]!r}"))


def compile_together(expressions: Sequence[Expression]) -> JudgeAll:
    """Return one function that evaluates several expressions over the same facts: all rules of a subject at once.

    It reads each fact once and gives the same as the expressions one by one. Raises ValueError when they are not
    all of one schema.
    """
    names, slow, body, results = _together(expressions)
    loads = _loads([expression.tree for expression in expressions])
    lines = [*slow, _header("judge", ["f"], names), *loads, *body, f"    return {_tuple(results)}", ""]
    return cast("JudgeAll", Program("\n".join(lines), names.constants).load(f"{len(expressions)} rules"))


def compile_changes(groups: Sequence[Sequence[Expression]]) -> JudgeChanges:
    """Return one function that evaluates groups of conditions over columns of facts, such as those of a year's days.

    It takes a column for each fact of the schema, in its order, and gives for each group the places at which one of
    its answers is other than at the place before, with all its answers there; the first place always. The shortest
    column ends it. Every fact is read at every place, so the schema should hold no others than are named. Each group
    must have a condition. Raises ValueError when they are not all of one schema.
    """
    expressions = list({id(one): one for group in groups for one in group}.values())
    facts = "".join(f", a{slot}" for slot in range(len(expressions[0].schema.fields)))
    names, slow, body, results = _together(expressions)
    answer = {id(one): result for one, result in zip(expressions, results, strict=True)}
    notes = [_note_changes(number, [answer[id(one)] for one in group]) for number, group in enumerate(groups)]
    lines = [
        *slow,
        _header("judge", ["columns"], names),
        *(before for before, _ in notes),
        f"    for place{facts} in zip(count(), *columns):",
        *(f"    {line}" for line in body),
        *(line for _, at_a_place in notes for line in at_a_place),
        f"    return {_tuple([f'changes{number}' for number in range(len(groups))])}",
        "",
    ]
    name = f"{len(expressions)} rules over time"
    return cast("JudgeChanges", Program("\n".join(lines), names.constants).load(name))


def _note_changes(number: int, answers: Sequence[str]) -> tuple[str, list[str]]:
    """Return the line before the loop, and those in it, that write down where an answer of a group changes."""
    changes, before = f"changes{number}", {answer: f"before{number}_{answer}" for answer in answers}
    # True, False and None are themselves, so identity tells answers apart.
    changed = " or ".join(f"{now} is not {then}" for now, then in before.items())
    return f"    {changes}, {' = '.join(before.values())} = [], 0", [
        f"        if {changed}:",
        *(f"            {then} = {now}" for now, then in before.items()),
        f"            {changes}.append((place, {', '.join(answers)}))",
    ]


def _together(expressions: Sequence[Expression]) -> tuple[Names, list[str], list[str], list[str]]:
    """Return names, functions of the three-valued ways, the lines that find every answer, and the answers' names.

    Raises ValueError when the expressions are not all of one schema.
    """
    if any(expression.schema is not expressions[0].schema for expression in expressions):
        raise ValueError("expressions that run together must be checked against the same schema")
    names, slow, body = Names(), list[str](), list[str]()
    answers = [f"r{place}" for place in range(len(expressions))]
    for answer, expression in zip(answers, expressions, strict=True):
        function, call = _slow(f"slow_{answer}", expression.tree, names)
        slow += function
        body += _quick(expression.tree, names, f"{answer} =", call)
    return names, slow, body, answers


def python_source(tree: Node) -> Program:
    """Return the Python source for a checked tree."""
    names = Names()
    slow, call = _slow("slow", tree, names)
    quick = _quick(tree, names, "return", call)
    return Program(
        "\n".join([*slow, _header("judge", ["f"], names), *_loads([tree]), *quick, ""]), names.constants
    )


def _header(name: str, given: Sequence[str], names: Names) -> str:
    # As defaults of parameters the constants are local names, which are the quickest.
    return f"def {name}({', '.join([*given, *(f'{constant}={constant}' for constant in names.constants)])}):"


def _tuple(names: Sequence[str]) -> str:
    return f"({''.join(f'{name}, ' for name in names)})"


def _loads(trees: Sequence[Node]) -> list[str]:
    slots = sorted({part.slot for tree in trees for part in walk(tree) if isinstance(part, Fact)})
    return [f"    a{slot} = f[{slot}]" for slot in slots]


def _slow(name: str, tree: Node, names: Names) -> tuple[list[str], str]:
    """Return the lines of the function of the three-valued way, which takes the facts by name, and the call of it."""
    facts = list(dict.fromkeys(name_of(part) for part in walk(tree) if isinstance(part, Fact)))
    source = SlowWriter(names).write(tree)
    return [_header(name, facts, names), f"    return {source}", ""], f"{name}({', '.join(facts)})"


def _quick(tree: Node, names: Names, result: str, otherwise: str) -> list[str]:
    """Return the lines that give the result the quick way, or `otherwise` when that is not possible."""
    writer = QuickWriter(names)
    try:
        source = writer.write(tree)
    except NoQuickWayError:
        return [f"    {result} {otherwise}"]
    known = " and ".join(f"{name} is not None" for name in writer.needed) or "True"
    return [
        f"    if {known}:",
        "        try:",
        f"            {result} {source}",
        "        except NO_ANSWER:",
        f"            {result} {otherwise}",
        "    else:",
        f"        {result} {otherwise}",
    ]


def _fail() -> NoReturn:
    raise ArithmeticError


@cache
def _helpers() -> dict[str, Any]:
    names: dict[str, Any] = {
        "__builtins__": {"abs": abs, "zip": zip},
        "count": count,
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
