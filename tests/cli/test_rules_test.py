"""`rules test`: what passes, what fails and says where, what proves nothing, and what was never seen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli import golden, lived
from tests.cli.conftest import Run

HEAD = """\
apiVersion: drumbeat/v1
kind: RuleTest
strategy:
  owner: ana
  packs: [momentum, hygiene]
  channels:
    - {name: blog, cadence: {at_least: 1, per: week}, silence: {after: 10d}}
    - {name: chat}
  metrics:
    - {name: visits, expect_every: 3d}
tests:
  - name: a test
    posts: {blog: 1 _x6 1 _x6 1}
    series: {visits: 0+10x10 _x3 stale stale 5}
    expect:
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "test.yaml"


def checked(run: Run, file: Path, *checks: str) -> list[str]:
    """Return what is wrong with these checks of the first test's life."""
    file.write_text(HEAD + "".join(f"      - {{{check}}}\n" for check in checks))
    result = run("rules", "test", file, "--json")
    assert result.exit_code in (0, 3), result.stderr
    if not result.stdout:
        return [result.stderr]
    (found,) = json.loads(result.stdout)["tests"]
    assert (result.exit_code == 0) is found["ok"] is not found["failures"]
    return [f"{one['line']}:{one['column']}: {one['message']}" for one in found["failures"]]


def test_checks_that_hold_pass(run: Run, file: Path) -> None:
    holding = [
        "at: 12d, alert: MetricMissing, state: none",
        "at: 13d, alert: MetricMissing",
        "at: 15d, alert: SourceUnreadable, of: source/values-of-visits",
        "at: 17d, alert: MetricMissing, state: resolved",
        "at: 23d, alert: ChannelSilent, state: none",
        "at: 2026-01-28T23:59, alert: ChannelSilent, state: none",
        "at: 23d, task: what becomes of blog, absent: true",
        "at: 2026-01-29, alert: ChannelSilent",
        "at: 24d, alert: ChannelSilent, of: channel/blog, severity: critical, because: Nothing has happened on blog",
        "at: 24d, task: what becomes of blog, assignee: ana",
        "at: 24d, told: 'ChannelSilent: channel/blog'",
    ]
    assert checked(run, file, *holding) == []


def test_a_check_that_does_not_hold_fails_at_its_place_and_says_what_was_so(run: Run, file: Path) -> None:
    failing = {
        "at: 23d, alert: ChannelSilent": "is inactive; it should be firing",
        "at: 23d, told: ChannelSilent": "People were told: ",
        "at: 24d, alert: ChannelSilent, state: none": "ChannelSilent@channel/blog is firing (“Nothing has",
        "at: 24d, alert: ChannelSilent, severity: info": "is of severity critical; it should be info",
        "at: 24d, alert: ChannelSilent, because: too much": "in which there is no “too much”",
        "at: 24d, task: what becomes of blog, assignee: ben": "there is no task",
        "at: 24d, task: what becomes of blog, absent: true": "there is a task",
        "at: 24d, paused: channel/blog": "What stands still is: nothing",
    }
    messages = checked(run, file, *failing)
    assert [message.split(" ", 1)[0] for message in messages] == [f"{16 + row}:9:" for row in range(8)]
    for message, told in zip(messages, failing.values(), strict=True):
        assert told in message


def test_messages_count_since_the_check_before(run: Run, file: Path) -> None:
    again = ("at: 24d, told: ChannelSilent", "at: 25d, told: ChannelSilent, absent: true")
    assert checked(run, file, *again) == []


@pytest.mark.parametrize(
    ("check", "told"),
    [
        (
            "at: 1d, alert: ChannelSilnt",
            "16:25: the plan has no rule 'ChannelSilnt'\n    Did you mean ChannelSilent?",
        ),
        (
            "at: 1d, alert: ChannelSilent, of: channel/blig",
            "16:44: ChannelSilent does not judge 'channel/blig'",
        ),
        ("at: 1d, alert: SourceUnreadable", "SourceUnreadable judges 3 subjects, and the check names none"),
        ("at: 1d, alert: ChannelOverfed", "ChannelOverfed judges nothing in this plan"),
        ("at: soon, alert: ChannelSilent", "16:14: 'soon' is no date or time"),
        ("at: 2026-01-01, alert: ChannelSilent", "this is before the test begins"),
        ("at: 1d, review: monthly", "16:26: the plan has no review 'monthly'"),
        ("at: 1d, alrt: ChannelSilent", "Did you mean alert?"),
        ("at: 1d, alert: ChannelSilent, told: it", "a check looks at one thing"),
        ("at: 1d", "a check looks at one thing"),
    ],
)
def test_a_name_that_is_not_there_is_a_problem_at_its_place(
    run: Run, file: Path, check: str, told: str
) -> None:
    (message,) = checked(run, file, check)
    assert told in message


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("posts: {blog", "posts: {blag", "13:13: the plan has no channel 'blag'"),
        ("visits: 0+10x10", "visit: 0+10x10", "14:14: the plan has no metric 'visit'"),
        ("0+10x10 _x3", "0+10x10 _xx", "14:30: '_xx' is no value"),
        ("1 _x6 1 _x6 1", "1 _x6 1.5", "1.5 is no number of posts"),
        ("{name: chat}", "{name: chat, cadense: {}}", "8:20: channel 'chat' has no field `cadense`"),
        ("  owner: ana", "  rules: [{name: A, reason: b, of: channel, expr: channel.post_7d > 1}]", "4:51: "),
        ("strategy:\n", "plan: nowhere\nstrategy:\n", "the tests need a plan"),
        ("strategy:\n", "pack: momentun\nstrategy:\n", "Did you mean momentum?"),
    ],
)
def test_a_mistake_in_a_test_has_a_place(run: Run, file: Path, old: str, new: str, told: str) -> None:
    text = HEAD + "      - {at: 1d, alert: ChannelSilent, of: channel/blog, state: none}\n"
    assert old in text
    file.write_text(text.replace(old, new, 1))
    result = run("rules", "test", file)
    assert result.exit_code == 3
    assert f"{file}:" in result.stderr
    assert told in result.stderr


def test_that_nothing_fired_proves_nothing_where_the_data_was_missing_all_the_time(
    run: Run, file: Path
) -> None:
    file.write_text(
        HEAD.replace("0+10x10 _x3 stale stale 5", "stale")
        + "      - {at: 1d, alert: ChannelSilent, state: none}\n"
        + "      - {at: 4d, alert: MetricMissing, state: none}\n"
    )
    result = run("rules", "test", file, "--json")
    failures = json.loads(result.stdout)["tests"][0]["failures"]
    assert result.exit_code == 3
    assert [one["line"] for one in failures] == [17]
    assert "proves nothing" in failures[0]["message"]
    assert "its data is error then" in failures[0]["message"]


def test_a_plan_is_tested_with_its_own_actions_and_a_channel_can_fall_silent(
    run: Run, tmp_path: Path
) -> None:
    plan = lived.copy_plan(tmp_path)
    (plan / "tests.yaml").write_text(
        "apiVersion: drumbeat/v1\nkind: RuleTest\nplan: .\ntests:\n"
        "  - name: the blog's own posts keep it alive\n"
        "    expect:\n      - {at: 60d, alert: ChannelSilent, of: channel/blog, state: none}\n"
        "  - name: when they stop, it is silent ten days later\n"
        "    silent_from: {blog: 15d}\n"
        "    expect:\n      - {at: 2026-01-29T09:00, alert: ChannelSilent, of: channel/blog}\n"
    )
    result = run("rules", "test", plan)
    assert result.exit_code == 0, result.stdout + result.stderr
    assert "2 tests, none failed." in result.stdout
    # Beside a plan, tests are no part of it.
    assert run("check", plan).stderr == ""
    assert run("simulate", plan, "--days", 1).exit_code == 0


def test_coverage_names_the_conditions_that_were_seen_one_way_only(run: Run, file: Path) -> None:
    file.write_text(
        HEAD.replace("stale stale", "_").replace("momentum, hygiene", "momentum")
        + "      - {at: 24d, alert: ChannelSilent}\n"
    )
    # By its name from where we are: how lines break must not hang on where the tests run.
    result = run("rules", "test", file.relative_to(Path.cwd()), "--coverage")
    assert result.exit_code == 0, result.stderr
    golden.matches("rule-tests", result.stdout)
    assert run("rules", "test", file, "--min-coverage", "15").exit_code == 0
    assert run("rules", "test", file, "--min-coverage", "16").exit_code == 3


EVALUATED = """\
apiVersion: drumbeat/v1
kind: RuleTest
strategy:
  packs: []
  channels:
    - {name: blog}
  metrics:
    - {name: visits, channel: blog}
  rules:
    - name: FewVisits
      reason: Nobody comes.
      of: metric
      expr: metric.value < 50 && metric.change_7d < 0
      recover: metric.value > 80
      for: 1d
      severities:
        - {when: metric.value < 10, severity: critical}
tests:
  - name: visits fall, and come back only when they are many again
    series: {visits: 100x10 60 55 45 40 8 8 8 60 60 60 90}
    expect:
      - {at: 12d, alert: FewVisits, state: none}
      - {at: 13d6h, alert: FewVisits, state: pending}
      - {at: 16d, alert: FewVisits, severity: critical, because: '45'}
      - {at: 20d, alert: FewVisits, severity: warning}
      - {at: 22d, alert: FewVisits, state: resolved}
  - name: without values nothing is known
    posts: {blog: 1x20}
    expect:
      - {at: 12d, alert: FewVisits, state: none}
"""


def test_rules_that_rest_on_facts_are_judged_as_the_engine_judges_them(run: Run, file: Path) -> None:
    file.write_text(EVALUATED)
    result = run("rules", "test", file, "--json")
    first, second = json.loads(result.stdout)["tests"]
    assert first["failures"] == []
    assert result.exit_code == 3
    assert "proves nothing: its data is unknown then" in second["failures"][0]["message"]


def test_each_single_condition_counts_by_itself(run: Run, file: Path) -> None:
    file.write_text(
        EVALUATED.split("  - name: without", maxsplit=1)[0].replace(
            "metric.change_7d < 0", "metric.value > -5"
        )
    )
    result = run("rules", "test", file, "--coverage", "--json")
    (found,) = json.loads(result.stdout)["coverage"]
    assert (found["conditions"], found["percent"]) == (4, 75.0)
    assert found["gaps"] == [
        {"rule": "FewVisits", "field": "expr", "condition": "metric.value > -5", "seen": [True]}
    ]


def test_a_folder_without_tests_is_told(run: Run) -> None:
    result = run("rules", "test", lived.PLAN)
    assert result.exit_code == 3
    assert "no document with `kind: RuleTest`" in result.stderr
