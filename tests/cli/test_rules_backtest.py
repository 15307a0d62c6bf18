"""`rules backtest`: episodes over a history, as a table, CSV and JSON, against the budget and against older rules."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import Run

SHARED = Path(__file__).parents[2].parent / "shared"
DATA, JUDGE = SHARED / "data" / "channels", SHARED / "tools" / "score_alerts.py"

PLAN = """
apiVersion: drumbeat/v1
kind: Workspace
name: team
timezone: UTC
accounts:
  - {name: pen, platform: manual, settings: {place: the board}}
---
apiVersion: drumbeat/v1
kind: Strategy
name: words
workspace: team
channels:
  - {name: weekly, account: pen}
rules:
  - {name: ChannelQuiet, reason: It has gone quiet., quiet: {}, budget: 0.5}
  - {name: NoPost, reason: Nobody posts., deadline: {since: activity, period: %s}}
"""
DAY_ONE = date(2024, 1, 1)


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN % "20d")
    return path


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Make a history of two channels: one that stays weekly, one that falls silent for good."""
    folder = tmp_path / "made"
    folder.mkdir()
    weeks = {"weekly": range(30), "stops": range(20)}
    rows = [f"{name},{DAY_ONE + timedelta(days=7 * week)}" for name, each in weeks.items() for week in each]
    (folder / "posts.csv").write_text("\n".join(["channel_id,date", *rows]) + "\n")
    (folder / "channels.csv").write_text(
        "channel_id,source_repo,observed_until\nweekly,x,2024-07-25\nstops,y,2024-12-31\n"
    )
    return folder


def of_channels(made: Path) -> tuple[object, ...]:
    return "--posts", made / "posts.csv", "--channels", made / "channels.csv"


def judged(data: Path, alerts: str) -> dict[str, float]:
    """Return what the judge of alerts says of them."""
    file = data if data.suffix else Path("alerts.csv")
    file.write_text(alerts)
    answer = subprocess.run(
        [sys.executable, JUDGE, "--data", data, "--alerts", file, "--json"],
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, float] = json.loads(answer.stdout)
    return found


def test_a_channel_that_stops_is_one_line_of_csv_and_one_that_stays_is_none(
    run: Run, plan: Path, made: Path
) -> None:
    result = run("rules", "backtest", plan, "--rule", "ChannelQuiet", *of_channels(made), "--csv")
    assert result.exit_code == 0, result.stderr
    head, *rows = csv.reader(result.stdout.splitlines())
    assert head == ["rule", "channel_id", "fired_at", "resolved_at"]
    ((rule, channel, fired, resolved),) = rows
    assert (rule, channel, resolved) == ("ChannelQuiet", "stops", "")
    # The last post is of 13 May; a silence is harmful after 45 days.
    assert "2024-05-17" < fired < "2024-06-27"


@pytest.mark.skipif(not JUDGE.is_file(), reason=f"no judge of alerts in {SHARED}")
def test_the_judge_reads_what_the_command_writes(run: Run, plan: Path, made: Path) -> None:
    result = run("rules", "backtest", plan, "--rule", "ChannelQuiet", *of_channels(made), "--csv")
    score = judged(made, result.stdout)
    assert (score["channels"], score["harmful_gaps"], score["recall"], score["fa_year"]) == (2, 1, 1.0, 0.0)


@pytest.mark.skipif(
    not DATA.is_dir() or not JUDGE.is_file(), reason=f"no real channels to be judged on in {SHARED}"
)
def test_on_real_channels_half_the_way_is_left_at_few_false_alarms(run: Run, plan: Path) -> None:
    result = run("rules", "backtest", plan, "--rule", "ChannelQuiet", *of_channels(DATA), "--csv")
    score = judged(DATA, result.stdout)
    assert score["recall"] == 1.0
    assert score["lead"] >= 0.50
    assert score["fa_year"] <= 1.40


def test_many_channels_are_counted_by_channel_years_and_rules_without_dates_are_named(
    run: Run, plan: Path, made: Path
) -> None:
    result = run("rules", "backtest", plan, *of_channels(made))
    assert result.exit_code == 0, result.stderr
    assert "a channel-year" in result.stdout
    text = " ".join(result.stdout.split())
    assert "ChannelSilent" in text.partition("it cannot be judged from the dates of posts alone")[0]
    assert "Not judged: PipelineDry; it rests on channel.content_ready" in text
    assert "NoPost on channel/stops" in result.stdout
    assert "TOO MANY" not in result.stdout


def test_a_channel_that_the_plan_names_is_judged_by_its_own_cadence(run: Run, plan: Path, made: Path) -> None:
    plan.write_text(
        plan.read_text().replace("account: pen}", "account: pen, cadence: {at_least: 1, per: day}}")
    )
    result = run("rules", "backtest", plan, "--rule", "ChannelSlowing", *of_channels(made), "--csv")
    assert {row.split(",")[1] for row in result.stdout.splitlines()[1:]} == {"weekly"}


def test_older_rules_show_which_episodes_appear_vanish_and_move(
    run: Run, plan: Path, made: Path, tmp_path: Path
) -> None:
    old = tmp_path / "old.yaml"
    old.write_text(PLAN % "30d")
    result = run("rules", "backtest", plan, *of_channels(made), "--against", old, "--json")
    changes = json.loads(result.stdout)["against"]
    assert [(one["what"], one["rule"], one["subject"]) for one in changes] == [
        ("moves", "NoPost", "channel/stops")
    ]
    assert changes[0]["old"]["fired_at"] == "2024-06-12T00:00:00+00:00"
    assert changes[0]["new"]["fired_at"] == "2024-06-02T00:00:00+00:00"
    text = run("rules", "backtest", plan, *of_channels(made), "--against", old.relative_to(Path.cwd())).stdout
    assert "moves" in text
    assert max(len(line) for line in text.splitlines()) <= 80


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["nowhere"], 3, "nowhere"),
        (["momentun"], 1, "Did you mean the pack momentum?"),
        (["plan.yaml", "--rule", "ChannelQuit"], 1, "Did you mean ChannelQuiet?"),
        (["plan.yaml", "--rule", "MetricMissing"], 1, "cannot be judged from the dates of posts"),
        (["plan.yaml", "--csv", "--json"], 2, "--csv"),
    ],
)
def test_what_cannot_be_tried_is_told(
    run: Run, plan: Path, made: Path, words: list[str], code: int, told: str
) -> None:
    result = run("rules", "backtest", *words, *of_channels(made))
    assert result.exit_code == code
    assert told in result.stderr


def test_a_row_without_a_date_has_a_place(run: Run, plan: Path, made: Path) -> None:
    (made / "posts.csv").write_text("channel_id,date\nweekly,soon\n")
    result = run("rules", "backtest", plan, *of_channels(made))
    assert result.exit_code == 3
    assert "posts.csv:2:1" in result.stderr
    assert "'soon' in column date is no date" in result.stderr


@pytest.mark.parametrize(
    ("posts", "channels", "code", "told"),
    [
        ("", None, 3, "posts.csv:1:1: the file is empty"),
        ("channel_id,when\na,2024-01-01\n", None, 3, "posts.csv:1:1: the column 'date' is missing"),
        ("channel_id;date\na;2024-01-01\n", None, 3, "the columns are separated by semicolons"),
        ("channel_id,date,date\na,2024-01-01,x\n", None, 3, "the column 'date' stands twice"),
        ("channel_id,date\n,2024-01-01\n", None, 3, "posts.csv:2:1: the channel_id is empty"),
        ("channel_id,date\na,2024-02-30\n", None, 3, "'2024-02-30' in column date is no date"),
        ("channel_id,date\n", None, 1, "posts.csv holds no post, so there is nothing to try rules on"),
        (None, "", 3, "channels.csv:1:1: the file is empty"),
        (None, "channel_id,observed_until\nweekly,\n", 3, "'' in column observed_until is no date"),
        (
            None,
            "channel_id,observed_until\nweekly,2024-08-01\nweekly,2024-09-01\n",
            3,
            "channels.csv:3:1: channel 'weekly' stands there twice, with another end",
        ),
        (
            None,
            "channel_id,observed_until\nweekly,2024-08-01\nstops,2024-08-01\nnew,2024-08-01\n",
            0,
            "Of new there is no post",
        ),
        (
            None,
            "channel_id,observed_until\nweekly,2024-08-01\n",
            0,
            "does not say until when stops was watched",
        ),
        (
            None,
            "channel_id,observed_until\nweekly,2024-08-01\nstops,2024-01-01\n",
            0,
            "stops has posts after observed_until",
        ),
    ],
)
def test_a_history_that_is_broken_or_has_holes_is_told(
    run: Run, made: Path, posts: str | None, channels: str | None, code: int, told: str
) -> None:
    for name, text in (("posts.csv", posts), ("channels.csv", channels)):
        if text is not None:
            (made / name).write_text(text)
    result = run("rules", "backtest", "momentum", "--rule", "ChannelQuiet", *of_channels(made), "--csv")
    assert result.exit_code == code
    assert told in " ".join(result.stderr.split())
    assert result.stdout.startswith("rule,channel_id,fired_at,resolved_at\n") or not result.stdout
