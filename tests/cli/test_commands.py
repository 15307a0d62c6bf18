"""What people tell a strategy: `ack`, `tasks`, `review`, `pause`, `resume`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.cli.names import match_alert
from engine.cli.review import Decision
from engine.domain.errors import CommandRefusedError
from engine.domain.messages import (
    AcknowledgeAlert,
    CompleteTask,
    DecideReview,
    DecideSlot,
    EndPause,
    SnoozeTask,
    StartPause,
)
from engine.domain.records import ReviewDecision
from tests.cli import golden, lived
from tests.cli.conftest import Run

Sent = list[tuple[str, Any, str]]
SILENT = "ChannelSilent@channel/blog"
MARCH = datetime(2026, 2, 28, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("ack regulars ChannelSilent@channel/blog", AcknowledgeAlert(alert=SILENT)),
        ("tasks done regulars T5 --outcome stopped", CompleteTask(task="T5", outcome="stopped")),
        (
            "tasks done bakery/regulars T11 --link https://x.example/1",
            CompleteTask(task="T11", link="https://x.example/1"),
        ),
        ("tasks snooze regulars T5 --until 2026-03-01", SnoozeTask(task="T5", until=MARCH)),
        ("tasks snooze regulars T5 --until 3d", SnoozeTask(task="T5", until=lived.NOW + timedelta(days=3))),
        ("tasks decide regulars T10 drop", DecideSlot(task="T10", decision="drop")),
        (
            "tasks decide regulars T10 posted --link https://x.example/1",
            DecideSlot(task="T10", decision="posted", link="https://x.example/1"),
        ),
        (
            "review regulars monthly-1 change --note less",
            DecideReview(review="monthly-1", decision=ReviewDecision.CHANGE, note="less"),
        ),
        ("review regulars monthly keep", DecideReview(review="monthly-1", decision=ReviewDecision.KEEP)),
        ("pause regulars", StartPause()),
        (
            "pause regulars --channel blog --until 2026-03-01 --reason oven",
            StartPause(scope="channel/blog", until=MARCH, reason="oven"),
        ),
        ("pause regulars --action news", StartPause(scope="action/news")),
        ("resume regulars --channel blog", EndPause(scope="channel/blog")),
    ],
)
def test_a_command_reaches_its_strategy_as_one_instruction(
    run: Run, bakery_lived: Path, sent: Sent, words: str, expected: object
) -> None:
    result = run(*words.split(), "--by", "ben")
    assert result.exit_code == 0, result.stderr
    assert sent == [(lived.ID, expected, "ben")]
    assert result.stdout == "it is done\n"


def test_who_gives_a_command_is_the_user_unless_named(run: Run, bakery_lived: Path, sent: Sent) -> None:
    run("pause", "regulars")
    assert sent[0][2]


def test_an_alert_may_be_named_by_what_is_unique_about_it(run: Run, bakery_lived: Path, sent: Sent) -> None:
    assert match_alert("Other", [SILENT]) == "Other"
    assert match_alert("blog", [SILENT, "ChannelSilent@channel/market"]) == SILENT
    assert match_alert("ChannelSilent", [SILENT, "ChannelSilent@channel/market"]) == "ChannelSilent"
    run("ack", "regulars", SILENT)
    assert sent[0][1] == AcknowledgeAlert(alert=SILENT)


def test_a_refusal_is_the_strategys_own_sentence(
    run: Run, bakery_lived: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object, **__: object) -> str:
        raise CommandRefusedError("blog is not paused")

    monkeypatch.setattr("engine.runtime.operations.send_command", refuse)
    result = run("resume", "regulars", "--channel", "blog")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "blog is not paused" in result.stderr


def test_without_an_engine_a_command_says_how_to_start_it(run: Run, bakery_lived: Path) -> None:
    result = run("pause", "regulars")
    assert result.exit_code == 1
    assert "drumbeat up" in result.stderr


@pytest.mark.parametrize(
    "words", ["ack regular X", "tasks done regular T1", "pause regular", "tasks list regular"]
)
def test_an_unknown_strategy_sends_nothing_and_names_the_nearest(
    run: Run, bakery_lived: Path, sent: Sent, words: str
) -> None:
    result = run(*words.split())
    assert result.exit_code == 1
    assert "regulars" in result.stderr
    assert sent == []


@pytest.mark.parametrize(
    "words",
    [
        "pause regulars --channel blog --action news",
        "pause regulars --channel b*g",
        "pause regulars --until tomorrow",
        "tasks snooze regulars T1",
        "tasks snooze regulars T1 --until 2026-13-01",
        "tasks decide regulars T1 perhaps",
        "review regulars monthly perhaps",
        "pause",
    ],
)
def test_a_wrong_word_is_a_usage_error_and_sends_nothing(
    run: Run, bakery_lived: Path, sent: Sent, words: str
) -> None:
    assert run(*words.split()).exit_code == 2
    assert sent == []


def test_the_words_of_a_review_are_the_hearts(run: Run) -> None:
    assert [str(word) for word in Decision] == [str(word) for word in ReviewDecision]


def test_tasks_alone_lists_the_open_ones_with_the_late_ones_marked(run: Run, bakery_lived: Path) -> None:
    result = run("tasks")
    assert result.exit_code == 0
    assert result.stdout == run("tasks", "list").stdout == run("tasks", "list", "regulars").stdout
    golden.matches("tasks", result.stdout)


def test_tasks_as_json_says_which_are_overdue(run: Run, bakery_lived: Path) -> None:
    document = json.loads(run("tasks", "--json").stdout)
    assert document == json.loads(run("tasks", "list", "--json").stdout)
    assert document["schema"] == "drumbeat/tasks/v1"
    assert {task["id"] for task in document["tasks"] if task["overdue"]} >= {"T5", "T11"}
    every = json.loads(run("tasks", "list", "--all", "--json").stdout)["tasks"]
    assert len(every) > len(document["tasks"])
    assert {task["closed_at"] is None for task in every} == {True, False}


def test_tasks_without_any_strategy_says_the_next_command(run: Run) -> None:
    assert "drumbeat init" in run("tasks").stdout
