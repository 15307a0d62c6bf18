"""The examples: complete, valid, accepted by the adapters, and nothing worse than a note is said of them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.registry import Registry
from engine.documents.findings import FindingSeverity, check
from engine.documents.load import load
from engine.domain.strategy import ActivityKind
from tests.documents.plans import DEMO, PLAN_FOLDERS

COMPLETE = [path for path in PLAN_FOLDERS if path != DEMO]
DAYS = [datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)]


def names(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("path", PLAN_FOLDERS, ids=names)
@pytest.mark.parametrize("now", DAYS, ids=str)
def test_nothing_worse_than_a_note_is_found(path: Path, now: datetime) -> None:
    found = check(load([path]), now, Registry())
    assert [str(finding) for finding in found if finding.severity is not FindingSeverity.INFO] == []


@pytest.mark.parametrize("path", COMPLETE, ids=names)
def test_an_example_has_two_strategies_for_its_objective_content_and_a_readme(path: Path) -> None:
    plans = load([path]).plans
    assert len(plans) == 2
    assert len({plan.strategy.objectives[0].name for plan in plans}) == 1
    assert all(items for plan in plans for items in plan.content.values())
    assert any(action.kind is ActivityKind.LISTEN for action in plans[0].strategy.actions)
    assert (path / "README.md").read_text(encoding="utf-8").startswith("# ")


def test_all_examples_can_run_beside_each_other() -> None:
    assert len(load(PLAN_FOLDERS).plans) == 7


def test_the_demonstration_has_short_clocks_and_a_channel_long_silent() -> None:
    plan = load([DEMO]).plans[0]
    assert plan.actions["post"].schedule.every is not None
    assert plan.actions["post"].schedule.every.total_seconds() == 8
    assert plan.sources["blog-feed"].every.total_seconds() == 5
    archive = Path(str(plan.sources["newsletter-feed"].settings["url"]))
    assert archive.is_file()
    assert "2025-11-03" in archive.read_text(encoding="utf-8")
