"""A new version replays the histories of every released one, command by command and decision by decision."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.workflow import NondeterminismError

from tests.replay import record
from tests.replay.altered import Hesitant, Reordered
from tests.replay.lives import LIVES
from tests.replay.record import FINGERPRINT, fingerprint, goldens
from tests.replay.replaying import decision, golden_decisions, holds, replay


def read(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(f"strategy/{path.stem}", path.read_text(encoding="utf-8"))


def test_every_typical_life_is_recorded_for_the_version_at_hand() -> None:
    assert {path.stem for path in goldens()} >= set(LIVES)
    assert all(path.stat().st_size < 300_000 for path in goldens())


def test_no_history_tells_on_which_machine_it_was_recorded() -> None:
    for path in goldens():
        identities = {line.split('"')[3] for line in path.read_text().splitlines() if '"identity":' in line}
        assert identities <= {"golden", ""}, path.name


@pytest.mark.parametrize("path", goldens(), ids=lambda path: f"{path.parent.name}-{path.stem}")
async def test_it_replays_and_decides_the_same(path: Path) -> None:
    history = read(path)
    expected = golden_decisions(history)
    assert len(expected) >= 3
    decided = await replay(history)
    assert [name for name, _ in decided] == [name for name, _ in expected]
    different = [
        (mine, golden) for mine, golden in zip(decided, expected, strict=True) if not holds(mine, golden)
    ]
    assert different == []


async def test_a_changed_order_of_commands_fails() -> None:
    for path in goldens():
        with pytest.raises(NondeterminismError):
            await replay(read(path), Reordered)


async def test_a_changed_decision_is_seen_though_its_commands_replay() -> None:
    for path in goldens():
        history = read(path)
        heard = await replay(history, Hesitant)
        expected = golden_decisions(history)
        assert [name for name, _ in heard] == [name for name, _ in expected]
        assert not holds(heard, expected)


def test_the_code_that_issues_commands_was_acknowledged() -> None:
    assert FINGERPRINT.read_text(encoding="utf-8").strip() == fingerprint(), (
        "The code that decides which commands a workflow issues has changed (workflows/*.py, "
        "activities/policies.py, or the name of an activity). Strategies that run will replay their histories with "
        "it. If all goldens still replay, the change is compatible: record new lives if it can do something new "
        "(python -m tests.replay.record), else accept it (python -m tests.replay.record --acknowledge). If a "
        "golden fails, keep the old order of commands behind workflow.patched(…)."
    )


def test_the_fingerprint_changes_with_the_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = fingerprint()
    assert len(before) == hashlib.sha256().digest_size * 2
    for folder in ("workflows", "activities"):
        (tmp_path / folder).mkdir()
        for path in (record.ROOT / folder).glob("*.py"):
            (tmp_path / folder / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(record, "ROOT", tmp_path)
    assert fingerprint() == before
    monkeypatch.setattr(record, "activity_names", lambda: ["another"])
    assert fingerprint() != before
    monkeypatch.undo()
    monkeypatch.setattr(record, "ROOT", tmp_path)
    policies = tmp_path / "activities" / "policies.py"
    policies.write_text(policies.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert fingerprint() != before


def test_activities_stand_in_histories_under_these_names() -> None:
    assert record.activity_names() == ["find", "notify", "observe", "publish", "record"]


def test_other_words_and_new_fields_are_the_same_decision_and_another_number_is_not() -> None:
    golden = decision("record", {"entries": [{"seq": 1, "summary": "It is late", "data": {"due": 5}}]})
    reworded = decision(
        "record", {"entries": [{"seq": 1, "summary": "It came late", "data": {"due": 5, "new": 1}}]}
    )
    another = decision("record", {"entries": [{"seq": 1, "summary": "It is late", "data": {"due": 6}}]})
    assert holds(reworded, golden)
    assert not holds(another, golden)
    assert not holds(golden, reworded), "nothing may vanish"
