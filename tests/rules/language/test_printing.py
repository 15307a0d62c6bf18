"""A tree that is written and read again is the same tree."""

from __future__ import annotations

import random

import pytest

from rules.language import check, parse, write
from tests.rules.language.facts import SCHEMA
from tests.rules.language.generating import Generator


def test_reading_what_was_written_gives_the_same_tree() -> None:
    dice = random.Random(5)
    for _ in range(2000):
        tree = Generator(dice).expression(5)
        text = write(tree)
        assert parse(text) == tree, text
        assert write(parse(text)) == text


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("a and not b or c", "a && !b || c"),
        ("(a || b) && c", "(a || b) && c"),
        ("a - (b - c)", "a - (b - c)"),
        ("(a - b) - c", "a - b - c"),
        ("(a && b) && c", "(a && b) && c"),
        ("x not in ['a']", '!(x in ["a"])'),
        ("not a == b", "!(a == b)"),
        ("24h == 1d", "1d == 1d"),
        ("90m", "1h30m"),
        ("1.5d", "1d12h"),
        ("12.5% > 0.5", "12.5% > 0.5"),
        ("(a ? b : c) ? d : e", "(a ? b : c) ? d : e"),
        ("a ? b : (c ? d : e)", "a ? b : c ? d : e"),
        ('signal["odd-name"] > 1', 'signal["odd-name"] > 1'),
        ("-(-x)", "--x"),
        ("0.25s", "0.25s"),
    ],
)
def test_a_tree_is_written_in_one_canonical_way(text: str, canonical: str) -> None:
    assert write(parse(text)) == canonical
    assert parse(canonical) == parse(text)


def test_what_was_written_means_the_same_to_the_checker() -> None:
    dice = random.Random(6)
    for _ in range(200):
        text = write(Generator(dice).expression(4))
        assert check(text, SCHEMA).tree == check(write(parse(text)), SCHEMA).tree
