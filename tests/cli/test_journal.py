"""`journal`: which entries, in which order, and following what is written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.domain.journal import Entry, EntryType
from tests.cli import lived
from tests.cli.conftest import Run
from tests.support import eventually


def records(run: Run, *words: object) -> list[dict[str, Any]]:
    """Return what `journal --json` printed, by line."""
    result = run("journal", *words, "--json")
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_the_newest_entries_are_shown_last(run: Run, bakery_lived: Path) -> None:
    found = records(run, "--limit", 5)
    every = records(run, "--limit", 10000)
    assert found == every[-5:]
    assert [record["seq"] for record in every] == list(range(1, len(every) + 1))
    assert {record["schema"] for record in every} == {"drumbeat/journal/v1"}


def test_a_family_of_types_stands_for_all_of_them(run: Run, bakery_lived: Path) -> None:
    assert {record["type"] for record in records(run, "--type", "slot", "--limit", 999)} == {
        "slot.published",
        "slot.failed",
        "slot.skipped",
    }
    assert {r["type"] for r in records(run, "--type", "alert.firing")} == {"alert.firing"}


def test_subject_and_since_narrow_it_down(run: Run, bakery_lived: Path) -> None:
    found = records(run, "regulars", "--subject", "channel/blog", "--since", "20d", "--limit", 999)
    assert {record["subject"] for record in found} == {"channel/blog"}
    assert min(record["at"] for record in found) >= (lived.NOW - timedelta(days=20)).isoformat()
    assert records(run, "--since", "2026-02-14", "--limit", 999)[0]["at"] >= "2026-02-13T23:00:00Z"


def test_entries_for_people_are_in_the_strategys_zone(run: Run, bakery_lived: Path) -> None:
    text = run("journal", "--type", "slot.published", "--limit", 1).stdout
    assert text.startswith("Mon 19 Jan 2026 09:00  + slot.published")


@pytest.mark.parametrize("words", [["--type", "slots"], ["--since", "soon"], ["--limit", "0"]])
def test_a_wrong_word_is_a_usage_error(run: Run, bakery_lived: Path, words: list[str]) -> None:
    assert run("journal", *words).exit_code == 2


def test_without_any_strategy_the_journal_says_the_next_command(run: Run) -> None:
    result = run("journal", "--json")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "drumbeat init" in result.stderr


def test_following_shows_what_is_written_later_and_ends_quietly_with_ctrl_c(bakery_lived: Path) -> None:
    argv = [
        sys.executable,
        "-m",
        "engine.cli.main",
        "--home",
        str(bakery_lived),
        "journal",
        "--follow",
        "--json",
    ]
    process = subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ}
    )
    lines: list[dict[str, Any]] = []
    assert process.stdout is not None
    reader = threading.Thread(target=lambda: lines.extend(json.loads(line) for line in process.stdout or ()))
    reader.start()
    try:
        eventually(lambda: len(lines) == 50, within=30, what="the first page")
        store = lived.store_of(bakery_lived)
        row = store.strategy(lived.ID)
        entry = Entry(
            seq=row.seq + 1, at=lived.NOW, type=EntryType.PAUSE_STARTED, subject="strategy", summary="a rest"
        )
        store.record(row.model_copy(update={"seq": row.seq + 1}), [entry], lived.NOW)
        store.close()
        eventually(lambda: lines[-1]["summary"] == "a rest", within=30, what="the new entry")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 130
    finally:
        process.kill()
        process.wait()
        reader.join(timeout=10)
        errors = process.stderr.read() if process.stderr else ""
        process.stdout.close()
        if process.stderr:
            process.stderr.close()
    assert errors == ""
    assert len(lines) == 51
