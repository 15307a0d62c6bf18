"""Every implementation as a list of calls: a function and what it is given. Only the calls are timed.

They are compared in two ways. From a dict of facts: ours makes its tuple of a situation once and asks all ten
conditions; CEL gets for each condition a dict of the variables that it needs, or makes one context of the situation and
asks all ten, whichever is quicker. And prepared: the facts are in each one's own form before the clock starts, an object
with slots for Python by hand, the tuple for ours, a context for CEL (one for each condition, with its variables only).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any, NamedTuple

from benchmarks.rules.conditions import CONDITIONS
from benchmarks.rules.samples import SCHEMA, expressions, situations
from rules.language import compile_expression, compile_together, evaluate, explain
from rules.language.syntax import Value
from rules.language.types import Kind

Calls = list[tuple[Callable[[Any], Any], Any]]


class Rival(NamedTuple):
    """An implementation: its calls, situation by situation, and how to read the answers of one call."""

    name: str
    calls: Callable[[], Calls]
    answers: Callable[[Any], list[object]] = lambda given: [given]
    evaluations: int = 1


def _name(path: str) -> str:
    return path.replace(".", "_")


def by_hand() -> Calls:
    """Return the Python functions, on objects with slots."""
    slotted = type("Situation", (), {"__slots__": [_name(path) for path in situations()[0]]})
    things = []
    for values in situations():
        thing = slotted()
        for path, value in values.items():
            setattr(thing, _name(path), value)
        things.append(thing)
    return [(condition.python, thing) for thing in things for condition in CONDITIONS]


def compiled() -> Calls:
    """Return our compiled functions, on tuples of facts."""
    judges = [compile_expression(expression) for expression in expressions()]
    return [(judge, SCHEMA.facts(values)) for values in situations() for judge in judges]


def together() -> Calls:
    """Return the ten conditions compiled into one function, on tuples of facts."""
    judge = compile_together(expressions())
    return [(judge, SCHEMA.facts(values)) for values in situations()]


def together_from_dicts() -> Calls:
    """Return the same from dicts of facts, of which the tuples are made."""
    judge = compile_together(expressions())
    return [(lambda values: judge(SCHEMA.facts(values)), values) for values in situations()]


def walked() -> Calls:
    """Return our three-valued walk without explanation."""
    walks = [partial(evaluate, expression.tree) for expression in expressions()]
    return [(walk, SCHEMA.facts(values)) for values in situations() for walk in walks]


def explained() -> Calls:
    """Return our explaining walk."""
    walks = [partial(explain, expression) for expression in expressions()]
    return [(walk, SCHEMA.facts(values)) for values in situations() for walk in walks]


def _needed(values: dict[str, Value]) -> list[dict[str, Value]]:
    """Return for each condition the variables that it needs."""
    return [{_name(path): values[path] for path in expression.facts} for expression in expressions()]


def _cpp() -> tuple[Any, list[Any]]:
    cel = import_module("cel_expr_python.cel")
    types = {
        Kind.BOOL: cel.Type.BOOL,
        Kind.INT: cel.Type.INT,
        Kind.NUMBER: cel.Type.DOUBLE,
        Kind.ENUM: cel.Type.STRING,
        Kind.DURATION: cel.Type.DURATION,
        Kind.INSTANT: cel.Type.TIMESTAMP,
    }
    env = cel.NewEnv(variables={_name(path): types[SCHEMA[path].type.kind] for path in situations()[0]})
    return env, [env.compile(condition.cel) for condition in CONDITIONS]


def cpp_with_dicts() -> Calls:
    """Return the C++ binding's programs. Raises ImportError when it is not installed."""
    _, programs = _cpp()
    runs = [lambda given, run=program.eval: run(data=given) for program in programs]
    return [pair for values in situations() for pair in zip(runs, _needed(values), strict=True)]


def cpp_with_contexts() -> Calls:
    """Return the same with contexts filled beforehand."""
    env, programs = _cpp()
    return [
        (program.eval, env.Activation(given))
        for values in situations()
        for program, given in zip(programs, _needed(values), strict=True)
    ]


def cpp_with_situations() -> Calls:
    """Return all ten programs on one context, which is made of a dict of the situation."""
    env, programs = _cpp()

    def ask(given: dict[str, Value]) -> list[object]:
        context = env.Activation(given)
        return [program.eval(context).value() for program in programs]

    return [(ask, _flat(values)) for values in situations()]


def _flat(values: dict[str, Value]) -> dict[str, Value]:
    return {_name(path): value for path, value in values.items()}


def rust_with_dicts() -> Calls:
    """Return the Rust binding's programs. Raises ImportError when it is not installed."""
    cel = import_module("cel")
    programs = [cel.compile(condition.cel).execute for condition in CONDITIONS]
    return [pair for values in situations() for pair in zip(programs, _needed(values), strict=True)]


def rust_with_contexts() -> Calls:
    """Return the same with contexts filled beforehand."""
    cel = import_module("cel")
    return [(program, cel.Context(variables=given)) for program, given in rust_with_dicts()]


def rust_with_situations() -> Calls:
    """Return all ten programs on one context, which is made of a dict of the situation."""
    cel = import_module("cel")
    programs = [cel.compile(condition.cel).execute for condition in CONDITIONS]

    def ask(given: dict[str, Value]) -> list[object]:
        context = cel.Context(variables=given)
        return [program(context) for program in programs]

    return [(ask, _flat(values)) for values in situations()]


HAND, OURS, TOGETHER, FROM_DICTS, EXPLAINED = (
    "Python by hand",
    "ours, compiled",
    "ours, compiled together",
    "ours, together from a dict",
    "ours, explained",
)
_CEL = ("cel-expr-python (C++)", "common-expression-language (Rust)")
WITH_DICTS = tuple(f"{name}, a dict each" for name in _CEL)
WITH_SITUATIONS = tuple(f"{name}, a dict for all ten" for name in _CEL)
WITH_CONTEXTS = tuple(f"{name}, prepared" for name in _CEL)

RIVALS = (
    Rival(HAND, by_hand),
    Rival(OURS, compiled),
    Rival(TOGETHER, together, list, len(CONDITIONS)),
    Rival(FROM_DICTS, together_from_dicts, list, len(CONDITIONS)),
    Rival("ours, three-valued walk", walked),
    Rival(EXPLAINED, explained, lambda explanation: [explanation.outcome]),
    Rival(WITH_DICTS[0], cpp_with_dicts, lambda value: [value.value()]),
    Rival(WITH_SITUATIONS[0], cpp_with_situations, list, len(CONDITIONS)),
    Rival(WITH_CONTEXTS[0], cpp_with_contexts, lambda value: [value.value()]),
    Rival(WITH_DICTS[1], rust_with_dicts),
    Rival(WITH_SITUATIONS[1], rust_with_situations, list, len(CONDITIONS)),
    Rival(WITH_CONTEXTS[1], rust_with_contexts),
)


def answers(rival: Rival, calls: Calls) -> list[object]:
    """Return what the calls give, so that the race is between equals."""
    return [answer for function, given in calls for answer in rival.answers(function(given))]
