from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.deploy.files import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
ROWS = [line for line in TEXT.splitlines() if line.startswith("| ") and "`" in line]


def places(row: str) -> list[Path]:
    """Return the paths that a row names; a bare file name is beside the one before it."""
    found: list[Path] = []
    for name in re.findall(r"`([^`]+)`", row):
        if "/" in name:
            found.append(Path(re.split(r"[*<]", name)[0]))
        elif name.endswith(".py"):
            found.append(found[-1].parent / name)
    return found


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_where_a_contributor_is_sent_there_is_something(row: str) -> None:
    named = places(row)
    assert len(named) >= 2, "a place for the code and one for its tests"
    assert [str(path) for path in named if not (ROOT / path).exists()] == []


def test_every_make_target_that_is_named_is_in_the_makefile() -> None:
    targets = set(
        re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    )
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", TEXT, flags=re.MULTILINE))
    assert {"install", "test", "lint"} <= named <= targets


def test_the_licence_is_the_one_that_the_project_declares() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License\n                           Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert 'license = "Apache-2.0"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
