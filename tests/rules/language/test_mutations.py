"""Whatever is done to a rule's text, it compiles or is refused with a place, quickly, and never crashes."""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable

import pytest

from rules.language import LanguageError, check, compile_expression, evaluate
from tests.rules.language.corpus import TEXTS, mutant
from tests.rules.language.facts import SCHEMA, values

MUTANTS = 20_000
PARTS = 4
LIMIT = 0.050


def _try(text: str) -> LanguageError | None:
    try:
        compile_expression(check(text, SCHEMA))
    except LanguageError as error:
        return error
    return None


def _taken(text: str) -> float:
    began = time.process_time()
    _try(text)
    return time.process_time() - began


def _has_places(error: LanguageError, text: str) -> bool:
    lines = text.split("\n")
    return bool(error.faults) and all(
        1 <= fault.line <= len(lines)
        and 1 <= fault.column <= len(lines[fault.line - 1]) + 1
        and fault.message.strip()
        and 0 <= fault.start <= fault.end <= len(text)
        for fault in error.faults
    )


@pytest.mark.parametrize("part", range(PARTS))
def test_twenty_thousand_mutants_compile_or_are_refused_with_a_place(part: int) -> None:
    dice = random.Random(2026 + part)
    compiled, slow = 0, []
    for _ in range(MUTANTS // PARTS):
        text = mutant(dice)
        began = time.process_time()
        error = _try(text)
        if time.process_time() - began > LIMIT:
            slow.append(text)
        if error is None:
            compiled += 1
            continue
        assert _has_places(error, text), (part, text, error)
        assert all(len(line) < 400 for line in str(error).splitlines()), (part, text)
    # A pause of the machine or of the garbage collector is not slowness of ours: that repeats.
    gc.collect()
    assert [text for text in slow if min(_taken(text) for _ in range(5)) > LIMIT] == []
    assert compiled > MUTANTS // PARTS // 50


@pytest.mark.parametrize(
    "text",
    [
        " && ".join(["goal.value * goal.value / goal.planned > 30%"] * 62),
        " || ".join(f"channel.posts == {number}" for number in range(160)),
        "(" * 64 + "channel.live" + ")" * 64,
        "!" * 30 + "channel.live",
        "1 in [" + ", ".join(["goal.value"] * 490) + "]",
        "1 in [" + ", ".join(["gaol.value"] * 350) + "]",
        "+".join(["1"] * 2000),
        "a" * 4096,
        '"' + "a" * 4094 + '"',
        "channel.live ? " * 30 + "true" + " : channel.paused" * 30,
        "9" * 4096,
        "1" + "d1" * 2000 + "d",
        "[" * 4096,
        "f(" * 2048,
        "channel.posts" + " < 1" * 1000,
        "channel" + ".x" * 2000,
        "-" * 4096,
        "\n" * 4000 + "channel.posts <",
    ],
    ids=lambda text: text[:16].strip(),
)
def test_texts_at_the_limits_take_under_fifty_milliseconds(text: str) -> None:
    assert min(_taken(text) for _ in range(3)) < LIMIT


def test_every_text_of_the_corpus_is_right_so_that_mutants_start_from_something() -> None:
    dice = random.Random(1)
    for text in TEXTS:
        judge = compile_expression(check(text, SCHEMA))
        for _ in range(20):
            assert judge(SCHEMA.facts(values(dice))) in (True, False, None)


@pytest.mark.parametrize(
    "nest",
    [
        lambda inner: f"coalesce(goal.planned * ({inner}), goal.value)",
        lambda inner: f"pow(goal.value, {inner}) / goal.value",
        lambda inner: f"(channel.live ? {inner} : goal.value) % goal.planned",
        lambda inner: f"-(goal.value - ({inner}))",
        lambda inner: f"max(goal.value, {inner})",
    ],
)
def test_the_deepest_nesting_of_every_form_still_compiles(nest: Callable[[str], str]) -> None:
    dice = random.Random(3)
    text = "goal.value"
    while _try(f"{nest(text)} > 1") is None:
        text = nest(text)
        expression = check(f"{text} > 1", SCHEMA)
        facts = SCHEMA.facts(values(dice))
        assert compile_expression(expression)(facts) is evaluate(expression.tree, facts)
    assert "deeper than 32" in str(_try(f"{nest(text)} > 1"))
    assert min(_taken(f"{text} > 1") for _ in range(3)) < LIMIT
