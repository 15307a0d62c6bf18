"""A small plan in two files, and ways to change it, for the tests of plan documents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from engine.documents.findings import Finding, check
from engine.documents.load import Loaded, load
from engine.domain.errors import DocumentError, Problem

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
DEMO = ROOT / "engine" / "cli" / "templates" / "demo"
PLAN_FOLDERS = [*sorted(path for path in EXAMPLES.iterdir() if path.is_dir()), DEMO]
BROKEN = ROOT / "tests" / "broken"
WORKSPACE = BROKEN / "good" / "workspace.yaml"
STRATEGY = BROKEN / "good" / "strategy.yaml"
NOW = datetime(2026, 2, 2, 12, tzinfo=UTC)

Change = tuple[str, str]


def write(folder: Path, *changes: Change, workspace: Sequence[Change] = ()) -> Path:
    """Write the small plan into the folder, each text in `changes` replaced once, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "workspace.yaml").write_text(
        changed(WORKSPACE.read_text(encoding="utf-8"), workspace), encoding="utf-8"
    )
    (folder / "strategy.yaml").write_text(
        changed(STRATEGY.read_text(encoding="utf-8"), changes), encoding="utf-8"
    )
    return folder


def changed(text: str, changes: Sequence[Change]) -> str:
    """Replace each text once. A text that is not there is a mistake of the test."""
    for old, new in changes:
        assert old in text, f"{old!r} does not occur"
        text = text.replace(old, new, 1)
    return text


def loaded(folder: Path, *changes: Change, workspace: Sequence[Change] = ()) -> Loaded:
    """Write the changed plan and load it."""
    return load([write(folder, *changes, workspace=workspace)])


def problems(*paths: Path) -> list[Problem]:
    """Load the paths and return what is wrong with them."""
    try:
        load(paths)
    except DocumentError as error:
        return list(error.problems)
    return []


def findings(
    folder: Path, *changes: Change, now: datetime = NOW, workspace: Sequence[Change] = ()
) -> list[Finding]:
    """Write the changed plan and return its findings at `now`."""
    return check(loaded(folder, *changes, workspace=workspace), now)


def codes(found: Sequence[Finding]) -> set[str]:
    """Return the codes of the findings."""
    return {finding.code for finding in found}
