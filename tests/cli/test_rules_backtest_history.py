"""`rules backtest` of a plan over its own history: the heart lives through it, and budgets count."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.cli import golden, lived
from tests.cli.conftest import Run

DAY_ONE = date(2025, 1, 6)


@pytest.fixture
def posts(tmp_path: Path) -> Path:
    """Make a history in which the blog is fed weekly, with a hole of four weeks."""
    weeks = [0, 1, 5, 6]
    file = tmp_path / "posts.csv"
    rows = [f"blog,{DAY_ONE + timedelta(days=7 * week)}T10:00" for week in weeks]
    file.write_text("\n".join(["channel,at", *rows]) + "\n")
    return file


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(text.splitlines()))[1:]


def test_a_hole_in_the_history_is_an_episode_that_the_next_post_ends(run: Run, posts: Path) -> None:
    result = run("rules", "backtest", lived.PLAN, "--rule", "ChannelSilent", "--posts", posts, "--csv")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("rule,subject,fired_at,resolved_at\n")
    ((rule, subject, fired, resolved),) = rows_of(result.stdout)
    # Ten days after the post of 13 January, 09:00 UTC; the post of 10 February is seen at the next reading.
    assert (rule, subject, fired) == ("ChannelSilent", "channel/blog", "2025-01-23T09:00:00+00:00")
    assert "2025-02-10T09:00" <= resolved <= "2025-02-10T10:00"


def test_the_engine_and_the_clock_of_many_channels_fire_at_the_same_instant(
    run: Run, posts: Path, tmp_path: Path
) -> None:
    own = run("rules", "backtest", lived.PLAN, "--rule", "ChannelSilent", "--posts", posts, "--csv")
    rows = [line.split(",")[1] for line in posts.read_text().splitlines()[1:]]
    many, watched = tmp_path / "many.csv", tmp_path / "channels.csv"
    many.write_text("\n".join(["channel_id,date", *(f"blog,{at}:00+01:00" for at in rows)]) + "\n")
    watched.write_text("channel_id,observed_until\nblog,2025-02-17T09:00\n")
    alone = run(
        "rules",
        "backtest",
        lived.PLAN,
        "--rule",
        "ChannelSilent",
        "--posts",
        many,
        "--channels",
        watched,
        "--csv",
    )
    assert [row[2] for row in rows_of(alone.stdout)] == [row[2] for row in rows_of(own.stdout)]


def test_of_what_the_history_does_not_hold_nothing_is_said(run: Run, posts: Path, tmp_path: Path) -> None:
    plan = lived.copy_plan(tmp_path)
    (plan / "strategy.yaml").write_text((plan / "strategy.yaml").read_text() + "packs: [momentum]\n")
    result = run("rules", "backtest", plan, "--posts", posts)
    assert result.exit_code == 0, result.stderr
    golden.matches("backtest", result.stdout)
    assert "The history holds nothing of channel/market" in result.stderr


def test_more_episodes_a_week_than_the_budget_is_exit_code_3(run: Run, posts: Path, tmp_path: Path) -> None:
    plan = lived.copy_plan(tmp_path)
    strategy = plan / "strategy.yaml"
    rule = "  - {name: NoPost, reason: Nobody posts., deadline: {since: activity, period: 8d}, budget: %s}\n"
    plain = strategy.read_text()
    for budget, code in (("0.01", 3), ("2", 0)):
        strategy.write_text(plain + "rules:\n" + rule % budget)
        result = run("rules", "backtest", plan, "--rule", "NoPost", "--posts", posts, "--json")
        assert result.exit_code == code, result.stderr
        (tried,) = json.loads(result.stdout)["tried"]
        assert tried["over_budget"] is (code == 3)
        assert len(tried["episodes"]) == 1
        assert tried["per_week"] == pytest.approx(1 / 6, rel=0.01)


def test_values_of_metrics_are_part_of_the_history(run: Run, tmp_path: Path) -> None:
    plan = lived.copy_plan(tmp_path)
    strategy = plan / "strategy.yaml"
    strategy.write_text(strategy.read_text().replace("expect_every: 400d", "expect_every: 8d"))
    samples = tmp_path / "samples.csv"
    days = [0, 7, 14, 28, 30]
    rows = [f"guests,{DAY_ONE + timedelta(days=day)},{100 + day}" for day in days]
    samples.write_text("\n".join(["metric,at,value", *rows]) + "\n")
    result = run("rules", "backtest", plan, "--rule", "MetricMissing", "--samples", samples, "--csv")
    ((rule, subject, fired, resolved),) = rows_of(result.stdout)
    assert (rule, subject, fired[:10]) == ("MetricMissing", "metric/guests", "2025-01-27")
    assert resolved[:10] in ("2025-02-02", "2025-02-03")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ([], 2, "--posts, --samples or both"),
        (["--posts", "posts.csv", "--start", "2030-01-01"], 1, "before it begins"),
        (["--posts", "posts.csv", "--end", "soon"], 2, "no date or time"),
        (["--channels", "posts.csv"], 2, "--channels needs --posts"),
        (["--posts", "posts.csv", "--channels", "posts.csv", "--start", "2025-01-01"], 2, "--start"),
    ],
)
def test_a_history_that_cannot_be_lived_through_is_told(
    run: Run, posts: Path, words: list[str], code: int, told: str
) -> None:
    result = run("rules", "backtest", lived.PLAN, *words)
    assert result.exit_code == code
    assert told in " ".join(result.stderr.split())


def test_a_history_shows_which_conditions_it_can_judge(run: Run, posts: Path) -> None:
    words = (
        "rules",
        "backtest",
        lived.PLAN,
        "--rule",
        "ChannelSilent",
        "--rule",
        "ChannelOverfed",
        "--posts",
        posts,
    )
    result = run(*words, "--min-coverage", "60")
    assert result.exit_code == 3
    assert "1 of 2 conditions were seen both true and false (50 %), and 60 %" in " ".join(
        result.stdout.split()
    )
    assert "ChannelOverfed, its condition — only false" in result.stdout


def test_a_pack_alone_has_no_history_of_its_own(run: Run, posts: Path) -> None:
    result = run("rules", "backtest", "momentum", "--posts", posts)
    assert result.exit_code == 2
    assert "is a pack" in result.stderr


GOALS = """
packs: [goals, momentum]
rules:
  - {name: FewGuests, reason: The bakery is empty., of: metric, expr: metric.value < 105}
  - {name: Short, reason: It is short., of: goal, expr: goal.value < goal.planned, for: 1d}
  - {name: Late, reason: It is late., of: task, expr: task.escalations > 0}
"""


def test_goals_and_numbers_are_tried_on_what_the_engine_has_stored(
    run: Run, home: Path, tmp_path: Path
) -> None:
    world = lived.silent_world()
    store = lived.store_of(home)
    lived.live_and_store(store, lived.bakery(), world)
    store.add_samples(lived.ID, world.samples["guests"])
    store.close()
    plan = lived.copy_plan(tmp_path)
    (plan / "strategy.yaml").write_text((plan / "strategy.yaml").read_text() + GOALS)
    result = run("rules", "backtest", plan, "--stored", "--json")
    assert result.exit_code == 0, result.stderr
    tried = {one["rule"]: one for one in json.loads(result.stdout)["tried"]}
    (few,) = tried["FewGuests"]["episodes"]
    assert (few["subject"], few["fired_at"][:10]) == ("metric/guests", "2026-02-01")
    # 104 guests on 1 February are fewer than the curve wants; a day later that has lasted.
    (short,) = tried["Short"]["episodes"]
    assert (short["subject"], short["fired_at"][:10]) == ("goal/guests", "2026-02-02")
    (silent,) = tried["ChannelSilent"]["episodes"]
    # Own posts are part of the stored history: the blog's last was of 19 January.
    assert (silent["subject"], silent["fired_at"]) == ("channel/blog", "2026-01-29T08:00:00+00:00")
    assert tried["Late"]["unfit"] == "it judges each task, and the history holds posts and values only"


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--stored"], 1, "Nothing is stored of bakery/regulars: it never ran with sqlite:///"),
        (["--stored", "--posts", "posts.csv"], 2, "leave the file out"),
    ],
)
def test_what_is_not_stored_is_no_history(
    run: Run, posts: Path, words: list[str], code: int, told: str
) -> None:
    result = run("rules", "backtest", lived.PLAN, *words)
    assert result.exit_code == code
    assert told in " ".join(result.stderr.split())
