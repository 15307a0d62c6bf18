"""`simulate`: what comes out, in which order, and what it makes of its inputs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.domain.journal import EntryType
from tests.cli import golden, lived
from tests.cli.conftest import Run


def records(run: Run, *words: object) -> list[dict[str, Any]]:
    """Return what a simulation of the bakery's plan printed, by line."""
    result = run("simulate", lived.PLAN, "--start", "2026-01-05", *words, "--json")
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_simulation_for_people_fits_eighty_columns(run: Run) -> None:
    result = run(
        "simulate", lived.PLAN, "--start", "2026-01-05", "--days", 40, "--silence", "blog@2026-01-20"
    )
    assert result.exit_code == 0, result.stderr
    golden.matches("simulate", result.stdout)


def test_people_are_told_what_the_simulation_could_not_know(run: Run, tmp_path: Path) -> None:
    plain = run("simulate", lived.PLAN, "--start", "2026-01-05", "--days", 8).stderr
    assert "Nobody does tasks in a simulation, so market stayed unfed." in plain
    assert "No source is read in a simulation, so guests had no values; --samples gives some." in plain
    given = tmp_path / "samples.csv"
    given.write_text("metric,at,value\nguests,2026-01-06,40\n")
    told = run("simulate", lived.PLAN, "--start", "2026-01-05", "--days", 8, "--samples", given).stderr
    assert "No source is read" not in told
    assert run("simulate", lived.PLAN, "--start", "2026-01-05", "--days", 8, "--json").stderr == ""


def test_every_line_is_a_record_with_schema_and_the_fields_of_its_data(run: Run) -> None:
    found = records(run, "--days", 40, "--silence", "blog@2026-01-20")
    for record in found:
        assert list(record)[:6] == ["schema", "at", "strategy", "type", "subject", "summary"]
        assert record["schema"] == "drumbeat/simulation/v1"
        assert record["strategy"] == lived.ID
        assert record["type"] in set(EntryType)
        assert record["at"].endswith("Z")
    published = next(record for record in found if record["type"] == "slot.published")
    assert published["slot"] == "2026-01-05T08:00:00+00:00"
    assert published["action"] == "news"


def test_the_same_simulation_twice_prints_the_same(run: Run) -> None:
    words = ("simulate", lived.PLAN, "--start", "2026-01-05", "--days", 40, "--json")
    assert run(*words).stdout == run(*words).stdout


def test_a_silenced_channel_fires_at_the_exact_instant(run: Run) -> None:
    found = records(run, "--days", 60, "--silence", "blog@2026-01-20")
    fired = [
        r["at"]
        for r in found
        if r["type"] == "alert.firing" and "ChannelSilent on channel/blog" in r["summary"]
    ]
    assert fired == ["2026-01-29T08:00:00Z"]


def test_a_date_is_midnight_in_the_strategys_zone(run: Run) -> None:
    assert records(run, "--days", 1)[0]["at"] == "2026-01-04T23:00:00Z"


def test_days_follow_the_calendar_across_a_change_of_clocks_and_the_last_instant_counts(run: Run) -> None:
    words = ("simulate", lived.PLAN, "--start", "2026-03-23T09:00", "--days", 7, "--json")
    found = [json.loads(line) for line in run(*words).stdout.splitlines()]
    posts = [record["at"] for record in found if record["type"] == "slot.published"]
    assert posts == ["2026-03-30T07:00:00Z"]


def test_posts_made_elsewhere_keep_a_channel_alive(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "posts.csv"
    file.write_text("channel,at,title\nblog,2026-01-27,A word\nblog,2026-02-03T18:00,Another\n")
    found = records(run, "--days", 35, "--posts", file)
    seen = [record for record in found if record["type"] == "activity.seen"]
    assert "“A word”" in seen[0]["summary"]


def test_posts_on_a_channel_without_a_source_are_called_out(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "posts.csv"
    file.write_text("channel,at\nmarket,2026-01-27\n")
    result = run("simulate", lived.PLAN, "--start", "2026-01-05", "--days", 2, "--posts", file, "--json")
    assert result.exit_code == 0
    assert "no `activity` source" in result.stderr


def test_samples_become_a_goals_value(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "samples.csv"
    file.write_text("metric,at,value,strategy\nguests,2026-01-20,150,regulars\n")
    found = records(run, "--days", 30, "--samples", file)
    (review,) = [record for record in found if record["type"] == "review.opened"]
    assert "guests is 150" in review["review"]["agenda"][0]


def test_several_strategies_come_merged_in_the_order_of_time(run: Run, tmp_path: Path) -> None:
    run("init", "other")
    result = run("simulate", lived.PLAN, "other", "--start", "2026-01-05", "--days", 20, "--json")
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert {record["strategy"] for record in found} == {lived.ID, "my-team/be-remembered"}
    instants = [record["at"] for record in found]
    assert instants == sorted(instants)
    text = run("simulate", lived.PLAN, "other", "--start", "2026-01-05", "--days", 8).stdout
    assert "2 strategies, 8 days" in text
    assert "bakery/regulars: " in text


@pytest.mark.parametrize(
    ("option", "text", "told"),
    [
        ("--posts", "channel,att\nblog,2026-01-27\n", "Did you mean at?"),
        ("--posts", "channel,at\nblogg,2026-01-27\n", "Did you mean blog?"),
        ("--posts", "channel,at\nblog,tomorrow\n", "posts.csv:2:1"),
        ("--posts", "channel,at,strategy\nblog,2026-01-27,regulers\n", "bakery/regulars"),
        ("--posts", "channel,at\nblog,2026-01-27,x,y\n", "quotes"),
        ("--posts", "", "the file is empty"),
        ("--posts", 'channel,at\n"blog,2026-01-27\n', "no CSV"),
        ("--samples", "metric,at,value\nguests,2026-01-27,many\n", "no number"),
        ("--samples", "metric,at,value\nguests,2026-01-27,inf\n", "no finite number"),
        ("--samples", "metric,at,value\nguest,2026-01-27,1\n", "Did you mean guests?"),
    ],
)
def test_a_broken_input_file_has_a_place_and_a_mend(
    run: Run, tmp_path: Path, option: str, text: str, told: str
) -> None:
    file = tmp_path / f"{option[2:]}.csv"
    file.write_text(text)
    result = run("simulate", lived.PLAN, "--days", 2, option, file)
    assert result.exit_code == 3
    assert f"{file}:" in result.stderr
    assert told in result.stderr
    assert result.stdout == ""


def test_an_input_file_in_a_strange_encoding_or_not_there_is_told(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "posts.csv"
    file.write_bytes(b"channel,at,title\nblog,2026-01-27,\xff\xfe\n")
    assert "not UTF-8" in run("simulate", lived.PLAN, "--posts", file).stderr
    assert "cannot be read" in run("simulate", lived.PLAN, "--posts", tmp_path / "none.csv").stderr


@pytest.mark.parametrize(
    "words",
    [
        ["--silence", "blog"],
        ["--silence", "blgo@2026-01-20"],
        ["--silence", "blog@soon"],
        ["--silence", "other/blog@2026-01-20"],
        ["--start", "soon"],
        ["--days", "0"],
        ["--days", "99999"],
    ],
)
def test_a_wrong_option_is_a_usage_error(run: Run, words: list[str]) -> None:
    assert run("simulate", lived.PLAN, *words).exit_code == 2
