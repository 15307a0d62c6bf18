"""The page of lessons names tests that there are, and every test that was written for a lesson stands on it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "explanation" / "lessons.md"
WRITTEN_FOR_IT = "tests/runtime/test_lessons_of_others.py"


def rows() -> list[list[str]]:
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def written_in(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    defined = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {f"{path}::{node.name}" for node in defined if node.name.startswith("test_")}


def named() -> list[str]:
    return re.findall(r"`(tests/\S+::\w+)`", PAGE.read_text(encoding="utf-8"))


def test_each_lesson_has_what_is_done_and_one_test() -> None:
    assert len(rows()) >= 10
    for row in rows():
        assert len(row) == 3, row
        assert all(row), row
        assert re.fullmatch(r"`tests/\S+::\w+`", row[2]), row


def test_each_test_that_the_page_names_exists() -> None:
    there = {test for path in {name.partition("::")[0] for name in named()} for test in written_in(path)}
    assert [name for name in named() if name not in there] == []
    assert len(set(named())) == len(rows())


def test_each_test_that_was_written_for_a_lesson_stands_on_the_page() -> None:
    assert written_in(WRITTEN_FOR_IT) <= set(named())
