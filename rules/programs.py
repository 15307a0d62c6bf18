"""The expressions of a plan's rules about one kind of subject, checked and compiled once.

Ten thousand strategies share a handful of packs, so programs are kept by what they are made of, not by plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from engine.domain.signal import Signal
from rules.language import Expression, Facts, LanguageError, Schema, Value, check, compile_together, evaluate
from rules.language.compiling import JudgeAll
from rules.signals import schema_with

_PROGRAMS = 512


@dataclass(frozen=True)
class Program:
    """Expressions over the facts of one kind of subject.

    `faulty` are texts that cannot be judged, with the reason: a rule that an older version stored may name what is
    no longer there.
    """

    schema: Schema
    expressions: Mapping[str, Expression]
    faulty: Mapping[str, str]
    _run: JudgeAll
    paths: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Find the facts that the expressions name, each once."""
        named = dict.fromkeys(path for one in self.expressions.values() for path in one.facts)
        object.__setattr__(self, "paths", tuple(named))

    def run(self, facts: Facts) -> dict[str, Value | None]:
        """Return by its text what each expression gives."""
        return dict(zip(self.expressions, self._run(facts), strict=True))

    def run_one(self, text: str, facts: Facts) -> Value | None:
        """Return what one expression gives, by the three-valued walk."""
        return evaluate(self.expressions[text].tree, facts)


@lru_cache(maxsize=_PROGRAMS)
def program(kind: str, signals: tuple[Signal, ...], texts: tuple[str, ...]) -> Program:
    """Return the program for these texts, which may name the facts of the kind and the signals. Never raises."""
    schema = schema_with(kind, signals)
    expressions: dict[str, Expression] = {}
    faulty: dict[str, str] = {}
    for text in texts:
        try:
            expressions[text] = check(text, schema)
        except LanguageError as error:
            faulty[text] = str(error)
    return Program(schema, expressions, faulty, compile_together(tuple(expressions.values())))
