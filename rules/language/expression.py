"""The door of the language: a checked expression."""

from __future__ import annotations

from dataclasses import dataclass

from rules.language.checking import Checker
from rules.language.parsing import parse
from rules.language.schema import Schema
from rules.language.syntax import Node, fact_names
from rules.language.types import BOOL, Kind, Type, fits, in_words


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that was found right: its text, its typed tree, the schema of its facts."""

    text: str
    tree: Node
    schema: Schema

    @property
    def type(self) -> Type:
        """Return the type of what it gives."""
        return self.tree.type

    @property
    def facts(self) -> tuple[str, ...]:
        """Return the names of the facts that it reads; `now` counts where `age` is used."""
        return fact_names(self.tree)


def check(text: str, schema: Schema, expect: Type | None = BOOL) -> Expression:
    """Return the checked expression. `expect` is the type it must give (None: any).

    Raises LanguageError with every mistake found (the first five), each with its place and a way to mend it.
    """
    checker = Checker(text, schema)
    tree = checker.check(parse(text))
    if expect is BOOL:
        checker.condition(tree)
    elif expect is not None and not fits(tree.type, expect):
        checker.fault(tree, f"{in_words(expect)} is needed here, and this is {in_words(tree.type)}")
    if tree.type.kind is Kind.NULL and not checker.faults:
        checker.fault(tree, "this is always unknown", "Write a condition.")
    if checker.faults:
        checker.give_up()
    return Expression(text, tree, schema)
