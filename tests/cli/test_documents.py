"""`init`, `check`, `schema` and `apply`: what happens to a plan before it runs."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.cli.init import plan_files
from engine.documents.load import load
from engine.domain.errors import ConflictError, EngineError
from engine.runtime.changes import Pending
from tests.cli import lived
from tests.cli.conftest import Run


@dataclass(frozen=True)
class Applied:
    strategy: str
    revision: int
    changed: bool
    started: bool


@pytest.fixture
def applied(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Record what would be handed to the engine."""
    calls: list[dict[str, Any]] = []

    async def apply_plans(_settings: object, plans: Any, **words: Any) -> list[Applied]:
        calls.append({"plans": [plan.id for plan in plans], **words})
        return [Applied(plan.id, 1, changed=True, started=True) for plan in plans]

    monkeypatch.setattr("engine.runtime.operations.apply_plans", apply_plans)
    return calls


def break_plan(folder: Path, *, twice: bool = False) -> Path:
    """Put one wrong name (or two) into a copy of the bakery's plan."""
    plan = lived.copy_plan(folder)
    file = plan / "strategy.yaml"
    text = file.read_text().replace("account: website", "account: webside")
    file.write_text(text.replace("metric: guests", "metric: gests") if twice else text)
    return plan


def test_a_fresh_plan_passes_check_and_runs_in_the_simulator(run: Run) -> None:
    assert run("init", "plan").exit_code == 0
    checked = run("check", "plan")
    assert checked.exit_code == 0, checked.stdout
    assert "no errors, no warnings" in checked.stdout
    lines = run("simulate", "plan", "--days", 15, "--json").stdout.splitlines()
    assert "slot.published" in {json.loads(line)["type"] for line in lines}


def test_a_fresh_plan_explains_itself_in_comments() -> None:
    texts = plan_files()
    assert texts["workspace.yaml"].count("#") >= 3
    assert texts["strategy.yaml"].count("#") >= 5
    assert not re.search(r"@[A-Z]+@", "".join(texts.values()))


def test_init_overwrites_nothing(run: Run, tmp_path: Path) -> None:
    mine = tmp_path / "plan" / "strategy.yaml"
    mine.parent.mkdir()
    mine.write_text("mine")
    result = run("init", "plan")
    assert result.exit_code == 1
    assert "strategy.yaml is there already" in result.stderr
    assert mine.read_text() == "mine"
    assert [path.name for path in mine.parent.iterdir()] == ["strategy.yaml"]


def test_check_of_a_folder_without_a_plan_says_how_to_make_one(run: Run) -> None:
    result = run("check")
    assert result.exit_code == 3
    assert "drumbeat init" in result.stdout


def test_check_names_every_problem_with_its_place(run: Run, tmp_path: Path) -> None:
    result = run("check", break_plan(tmp_path, twice=True))
    assert result.exit_code == 3
    assert "strategy.yaml:" in result.stdout
    assert "website" in result.stdout
    assert "2 problems" in result.stdout


def test_check_as_json_holds_problems_with_line_and_mend(run: Run, tmp_path: Path) -> None:
    result = run("check", break_plan(tmp_path), "--json")
    document = json.loads(result.stdout)
    assert result.exit_code == 3
    assert document["schema"] == "drumbeat/check/v1"
    assert document["ok"] is False
    (problem,) = document["problems"]
    assert problem["line"] > 1
    assert "website" in problem["mend"]


def test_notes_alone_do_not_fail_the_check_but_a_warning_does(run: Run, tmp_path: Path) -> None:
    run("init", "plan")
    assert json.loads(run("check", "plan", "--json").stdout)["counts"]["info"] >= 1
    file = tmp_path / "plan" / "strategy.yaml"
    file.write_text(file.read_text().replace("    purpose: Tell regulars what is new\n", ""))
    result = run("check", "plan", "--json")
    assert result.exit_code == 3
    document = json.loads(result.stdout)
    assert document["counts"]["warning"] == 1
    assert [f["code"] for f in document["findings"] if f["severity"] == "warning"] == ["DB121"]


def test_schema_is_printed_or_written(run: Run, tmp_path: Path) -> None:
    printed = json.loads(run("schema").stdout)
    assert printed["$schema"].endswith("2020-12/schema")
    assert run("schema", "--out", "s.json").exit_code == 0
    assert json.loads((tmp_path / "s.json").read_text()) == printed
    assert run("schema", "--out", "no/such/folder.json").exit_code == 1


def test_apply_hands_all_plans_over_with_author_and_reason(
    run: Run, tmp_path: Path, applied: list[dict[str, Any]]
) -> None:
    plan = lived.copy_plan(tmp_path)
    result = run("apply", plan, "--author", "ana", "--reason", "more bread", "--expect", 3)
    assert result.exit_code == 0, result.stderr
    assert applied == [{"plans": [lived.ID], "author": "ana", "reason": "more bread", "expected": 3}]
    assert "started with revision 1" in result.stdout
    document = json.loads(run("apply", plan, "--json").stdout)
    assert document["applied"] == [{"strategy": lived.ID, "revision": 1, "changed": True, "started": True}]


def test_one_broken_file_leaves_all_strategies_untouched(
    run: Run, tmp_path: Path, applied: list[dict[str, Any]]
) -> None:
    run("init", "good")
    broken = break_plan(tmp_path)
    result = run("apply", "good", broken)
    assert result.exit_code == 3
    assert "website" in result.stderr
    assert "nothing was changed" in result.stderr
    assert applied == []
    assert json.loads(run("apply", "good", broken, "--json").stdout)["problems"]


def test_a_finding_that_is_an_error_stops_apply(
    run: Run, tmp_path: Path, applied: list[dict[str, Any]]
) -> None:
    plan = lived.copy_plan(tmp_path)
    file = plan / "workspace.yaml"
    file.write_text(file.read_text().replace("platform: site", "platform: sight"))
    result = run("apply", plan)
    assert result.exit_code == 3
    assert "DB201" in result.stderr
    assert applied == []


def test_a_dry_run_shows_the_change_and_tells_scripts_with_code_four(
    run: Run, tmp_path: Path, bakery_lived: Path, applied: list[dict[str, Any]]
) -> None:
    plan = lived.copy_plan(tmp_path)
    file = plan / "strategy.yaml"
    file.write_text(file.read_text().replace("at_most: 5", "at_most: 4"))
    result = run("apply", plan, "--dry-run", "--exit-code")
    assert result.exit_code == 4, result.stderr
    assert "would change from revision 1" in result.stdout
    assert "at_most: 5 → 4" in result.stdout
    assert run("apply", plan, "--dry-run").exit_code == 0
    assert json.loads(run("apply", plan, "--dry-run", "--json").stdout)["pending"] is True
    assert applied == []


def test_a_dry_run_without_changes_is_code_zero(
    run: Run, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    plan = load([lived.PLAN]).plans[0]
    lived.store_of(home).close()
    monkeypatch.setattr("engine.runtime.operations.preview", lambda _s, _p: [Pending(plan.id, 2, "same")])
    result = run("apply", lived.PLAN, "--dry-run", "--exit-code")
    assert result.exit_code == 0
    assert "stays at revision 2" in result.stdout


def test_a_dry_run_makes_no_database(run: Run, home: Path) -> None:
    assert run("apply", lived.PLAN, "--dry-run", "--exit-code").exit_code == 4
    assert not home.exists()


def test_without_an_engine_apply_says_how_to_start_it(run: Run, home: Path) -> None:
    result = run("apply", lived.PLAN)
    assert result.exit_code == 1
    assert "drumbeat up" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("error", [ConflictError(), EngineError()])
def test_what_the_engine_refuses_is_a_sentence_and_code_one(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("engine.runtime.operations.apply_plans", refuse)
    result = run("apply", lived.PLAN)
    assert result.exit_code == 1
    assert str(error) in result.stderr


@pytest.mark.parametrize("words", [["--exit-code"], ["--expect", "-1"], ["--expect", "x"], ["--nothing"]])
def test_a_wrong_command_line_is_code_two(run: Run, words: list[str]) -> None:
    assert run("apply", lived.PLAN, *words).exit_code == 2


def test_expect_means_one_strategy(run: Run, tmp_path: Path) -> None:
    run("init", "other")
    result = run("apply", lived.PLAN, "other", "--expect", 1)
    assert result.exit_code == 2
    assert "the files hold 2" in result.stderr
