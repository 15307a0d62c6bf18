"""The compiled form and the walk give the same on every expression and every set of facts."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.language import (
    Expression,
    Facts,
    check,
    compile_changes,
    compile_expression,
    compile_together,
    evaluate,
    explain,
    write,
)
from tests.rules.language.facts import SCHEMA, values
from tests.rules.language.generating import Generator

EXPRESSIONS = 2500
FACT_SETS = 6


def _made(dice: random.Random, depth: int = 4) -> Expression:
    return check(write(Generator(dice).expression(depth)), SCHEMA)


def _agree(expression: Expression, facts: Facts) -> object:
    walked = evaluate(expression.tree, facts)
    compiled = compile_expression(expression)(facts)
    assert (type(compiled), compiled) == (type(walked), walked), (expression.text, facts)
    return walked


@pytest.mark.parametrize("seed", range(5))
def test_compiled_and_walked_agree_on_thousands_of_expressions_and_facts(seed: int) -> None:
    dice = random.Random(seed)
    seen = {True: 0, False: 0, None: 0}
    for _ in range(EXPRESSIONS // 5):
        expression = _made(dice)
        judge = compile_expression(expression)
        for _ in range(FACT_SETS):
            facts = SCHEMA.facts(values(dice))
            walked, compiled = evaluate(expression.tree, facts), judge(facts)
            assert (type(compiled), compiled) == (type(walked), walked), (seed, expression.text, facts)
            assert walked is None or isinstance(walked, bool)
            seen[walked] += 1
    # All three outcomes must be common, or the agreement would say little.
    assert min(seen.values()) > EXPRESSIONS // 5 * FACT_SETS * 0.1


@given(dice=st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_a_disagreement_would_be_shrunk_to_its_smallest_form(dice: random.Random) -> None:
    _agree(_made(dice, depth=3), SCHEMA.facts(values(dice)))


def test_expressions_compiled_together_give_what_they_give_alone() -> None:
    dice = random.Random(77)
    for _ in range(40):
        expressions = [_made(dice, depth=3) for _ in range(8)]
        judge = compile_together(expressions)
        for _ in range(10):
            facts = SCHEMA.facts(values(dice))
            assert judge(facts) == tuple(evaluate(expression.tree, facts) for expression in expressions)


def test_changes_over_many_facts_are_the_places_at_which_an_answer_of_a_group_becomes_another() -> None:
    dice = random.Random(80)
    for _ in range(30):
        first, second, third = (_made(dice, depth=3) for _ in range(3))
        groups = [(first, second), (third, third), (second,)]
        rows = [SCHEMA.facts(values(dice)) for _ in range(12)]
        found = compile_changes(groups)(zip(*rows, strict=True))
        for group, changes in zip(groups, found, strict=True):
            answers = [tuple(evaluate(one.tree, facts) for one in group) for facts in rows]
            before = [None, *answers]
            assert changes == [(place, *now) for place, now in enumerate(answers) if now != before[place]]


def test_an_explanation_gives_the_same_outcome_as_the_walk() -> None:
    dice = random.Random(78)
    for _ in range(300):
        expression, facts = _made(dice), SCHEMA.facts(values(dice))
        assert explain(expression, facts).outcome is evaluate(expression.tree, facts)


def test_with_no_fact_known_nothing_raises() -> None:
    dice = random.Random(79)
    nothing = SCHEMA.facts({})
    for _ in range(300):
        _agree(_made(dice), nothing)
