"""The reference says everything that the language has, and its examples are true."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from rules.language import check, compile_expression, evaluate, show
from rules.language.functions import SPECIAL, Function, Special
from rules.language.grammar import GRAMMAR
from rules.language.reference import reference
from rules.language.schema_of_facts import SUBJECTS, schema_for
from rules.language.vocabulary import FUNCTIONS, NAMES
from tests.rules.language.facts import SCHEMA

FILE = Path(__file__).parents[3] / "docs" / "reference" / "rule-language.md"
ENTRIES: list[Special | Function] = [*SPECIAL.values(), *FUNCTIONS.values()]
EXAMPLES = [(entry.example, entry.answer) for entry in ENTRIES]


def test_the_reference_on_disk_is_what_the_code_says() -> None:
    assert FILE.read_text(encoding="utf-8") == reference(), (
        "renew it: python -m rules.language.reference > docs/reference/rule-language.md"
    )


@pytest.mark.parametrize(("example", "answer"), EXAMPLES, ids=[example for example, _ in EXAMPLES])
def test_the_example_of_a_function_gives_what_the_reference_says(example: str, answer: str) -> None:
    expression = check(example, SCHEMA, expect=None)
    facts = SCHEMA.facts({"now": datetime(2026, 3, 1, tzinfo=UTC)})
    assert show(evaluate(expression.tree, facts)) == answer
    assert show(compile_expression(expression)(facts)) == answer


@pytest.mark.parametrize("name", NAMES)
def test_a_function_has_a_sentence_an_example_of_itself_and_a_place_in_the_reference(name: str) -> None:
    entry = SPECIAL.get(name) or FUNCTIONS[name]
    assert entry.doc.endswith(".")
    assert f"{name}(" in entry.example
    assert f"| `{name}(" in reference()


def test_every_fact_and_every_rule_of_the_grammar_is_in_the_reference() -> None:
    text = reference()
    assert GRAMMAR.strip() in text
    for subject in SUBJECTS:
        for field in schema_for(subject).fields:
            assert f"| `{field.path}` |" in text
            assert field.doc.endswith("."), field.path
