"""Findings: each code is said where it is due and is silent where it is not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from adapters.registry import Registry
from engine.documents.checks.people import named_after_tool
from engine.documents.findings import FINDINGS, Adapters, Finding, FindingSeverity, check
from engine.documents.load import load
from engine.domain.strategy import Metric
from tests.documents.plans import NOW, Change, codes, findings, loaded

# What mends every finding of the small plan, so that a test can break one thing alone.
COMPLETE: tuple[Change, ...] = (
    ("    metric: orders", "    success: Twenty orders come from regulars.\n    metric: orders"),
    ("source: till, expect_every: 2d", "source: till, expect_every: 2d, unit: orders"),
    ("    account: website", "    account: website\n    purpose: Tell where we stand"),
    ("who: People nearby", "who: People nearby, evidence: [{source: A survey, date: 2026-01-10}]"),
    (
        "    schedule: {cron: '30 9 * * MON'}",
        "    kind: share\n    schedule: {cron: '30 9 * * MON', timezone: UTC}",
    ),
    ("- {id: one, title: One}", "- {id: one, title: One}\n      repeat: true"),
    ("schedule: {cron: '0 10 1 * *'}", "schedule: {cron: '0 10 1 * *', timezone: UTC}"),
)
ONE_STRATEGY = {"DB112"}
SIGNAL = (
    "signals:\n  - {name: week, metric: orders, function: sum, window: 7d}\n"
    "  - {name: month, metric: orders, function: sum, window: 28d}\n"
)
READING = "{name: Own, reason: It matters, of: strategy"


def only(folder: Path, *changes: Change, now: datetime = NOW) -> list[Finding]:
    """Return the findings of the complete plan with these changes, apart from the one it always has."""
    found = findings(folder, *COMPLETE, *changes, now=now)
    return [finding for finding in found if finding.code not in ONE_STRATEGY]


def test_the_complete_plan_has_only_the_note_that_it_is_a_single_bet(tmp_path: Path) -> None:
    assert codes(findings(tmp_path, *COMPLETE)) == ONE_STRATEGY


CASES: dict[str, tuple[tuple[Change, ...], str, int]] = {
    "a goal without a success sentence is not specific": (
        (("    success: Twenty orders come from regulars.\n", ""),),
        "DB101",
        13,
    ),
    "a goal on a metric without unit and description is not measurable": (
        ((", unit: orders", ""),),
        "DB102",
        16,
    ),
    "a goal on a metric that may fall silent is not measurable": (((", expect_every: 2d", ""),), "DB102", 16),
    "a goal of eleven times the baseline is hardly attainable": (
        (("target: 20", "target: 111"),),
        "DB103",
        18,
    ),
    "a goal of a twelfth of the baseline is hardly attainable": (
        (("baseline: 10", "baseline: 120"), ("target: 20", "target: 10")),
        "DB103",
        18,
    ),
    "a goal without an objective is not relevant": (
        (
            ("objectives:\n  - {name: lunch, business: More lunches, marketing: Come to mind}\n", ""),
            ("    objective: lunch\n", ""),
        ),
        "DB104",
        11,
    ),
    "a goal that was due is not bound to a time": (
        (("start: 2026-01-05", "start: 2025-01-05"), ("due: 2026-12-31", "due: 2026-02-01")),
        "DB105",
        20,
    ),
    "a goal shorter than its metric's rhythm is not bound to a time": (
        (("due: 2026-12-31", "due: 2026-02-03"), ("expect_every: 2d", "expect_every: 40d")),
        "DB105",
        20,
    ),
    "an objective without a goal is named": (
        (("  - {name: lunch, ", "  - {name: other, business: B, marketing: M}\n  - {name: lunch, "),),
        "DB111",
        9,
    ),
    "an objective judged by vanity alone is named": (
        ((", unit: orders", ", unit: likes, vanity: true"),),
        "DB114",
        9,
    ),
    "a metric that informs nothing is named": (
        (("  - {name: orders, ", "  - {name: idle, source: till}\n  - {name: orders, "),),
        "DB115",
        28,
    ),
    "a rule without a subject is named": (
        (("reviews:", "rules:\n  - {name: Own, reason: It matters, quiet: {}}\nreviews:"),),
        "DB161",
        39,
    ),
    "an override of a rule without a subject is named": (
        (("reviews:", "overrides:\n  - {name: ChannelQuiet, severity: info}\nreviews:"),),
        "DB161",
        39,
    ),
    "a signal that nothing reads is named": (
        (("reviews:", f"{SIGNAL}rules:\n  - {READING}, expr: signal.week < 3}}\nreviews:"),),
        "DB162",
        40,
    ),
    "a channel without a purpose is named": ((("    purpose: Tell where we stand\n", ""),), "DB121", 22),
    "a channel whose silence nobody would notice is named": (
        (
            ("cadence: {at_least: 1,", "cadence: {at_most: 3,"),
            ("reviews:", "packs: [goals, hygiene]\nreviews:"),
        ),
        "DB122",
        22,
    ),
    "an audience without evidence is named": (
        ((", evidence: [{source: A survey, date: 2026-01-10}]", ""),),
        "DB123",
        25,
    ),
    "evidence older than a year is named": ((("date: 2026-01-10", "date: 2025-02-01"),), "DB124", 25),
    "a channel without an audience is named": ((("    audience: guests\n", ""),), "DB125", 22),
    "a channel that nobody feeds and nobody sees is named": (
        (
            (
                "channels:\n",
                "channels:\n  - {name: lost, account: website, purpose: None, audience: guests, silence: {after: 9d}}\n",
            ),
        ),
        "DB126",
        22,
    ),
    "an owner without a deputy is named": ((("deputy: ben\n", ""),), "DB131", 5),
    "an owner who is her own deputy is named": ((("deputy: ben", "deputy: ana"),), "DB131", 5),
    "a strategy without an owner is named": ((("owner: ana\n", ""),), "DB132", 3),
    "a strategy named after a tool is named": (
        (("name: regulars", "name: the-twitter-strategy"),),
        "DB113",
        3,
    ),
    "creating without listening is named": ((("    kind: share\n", ""),), "DB141", 30),
    "a schedule that is too thin for the cadence is named": (
        (("cron: '30 9 * * MON'", "cron: '30 9 1 * *'"),),
        "DB142",
        26,
    ),
    "a schedule that is too thick for the cadence is named": (
        (
            ("at_least: 1,", "at_most: 4,"),
            ("    purpose", "    silence: {after: 9d}\n    purpose"),
            ("* * MON", "* * MON-FRI"),
        ),
        "DB143",
        27,
    ),
    "content that runs out within a fortnight is named": ((("\n      repeat: true", ""),), "DB144", 35),
    "a slot that a change of clocks moves is noted": (
        (("cron: '30 9 * * MON', timezone: UTC", "cron: '30 2 * * *'"),),
        "DB145",
        33,
    ),
    "a schedule of the past is named": (
        (("{cron: '0 10 1 * *', timezone: UTC}", "{dates: ['2026-01-01T10:00']}"),),
        "DB146",
        40,
    ),
    "a strategy without a review is named": (
        (("reviews:\n  - name: monthly\n    schedule: {cron: '0 10 1 * *', timezone: UTC}\n", ""),),
        "DB151",
        3,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_finding_stands_alone_at_its_place(case: str, tmp_path: Path) -> None:
    changes, code, line = CASES[case]
    found = [finding for finding in only(tmp_path, *changes) if finding.code not in {"DB145"} - {code}]
    assert {(finding.code, finding.problem.line) for finding in found} == {(code, line)}
    assert all(finding.mend for finding in found)


def test_a_cadence_that_the_schedule_keeps_exactly_is_no_finding(tmp_path: Path) -> None:
    changes = [("at_least: 1,", "at_least: 5, at_most: 5, tolerance: 0s,"), ("* * MON", "* * MON-FRI")]
    assert only(tmp_path, *changes) == []


def test_posts_made_by_hand_may_fill_what_the_schedule_leaves_open(tmp_path: Path) -> None:
    changes = [("at_least: 1,", "at_least: 3,"), ("    purpose", "    activity: till\n    purpose")]
    assert only(tmp_path, *changes) == []


def test_a_blackout_can_break_the_cadence_and_a_shift_can_save_it(tmp_path: Path) -> None:
    blackout = "timezone: UTC, blackout: [{start: 2026-02-16, end: 2026-02-17}]}\n    content"
    shifted = blackout.replace("]}", "], blackout_policy: shift}")
    patient = ("per: week", "per: week, tolerance: 3d")
    assert codes(only(tmp_path, patient, ("timezone: UTC}\n    content", blackout))) == {"DB142"}
    assert only(tmp_path, patient, ("timezone: UTC}\n    content", shifted)) == []


def test_a_schedule_of_every_second_is_judged_in_a_moment(tmp_path: Path) -> None:
    found = only(
        tmp_path, ("{cron: '30 9 * * MON', timezone: UTC}", "{every: 1s}"), ("at_least: 1,", "at_most: 999,")
    )
    assert codes(found) == {"DB143"}


def test_content_that_lasts_a_fortnight_is_enough(tmp_path: Path) -> None:
    items = "- {id: one, title: One}\n        - {id: two, title: Two}"
    changes = [("- {id: one, title: One}\n      repeat: true", items)]
    assert only(tmp_path, *changes) == []


def test_two_strategies_of_one_objective_are_enough_and_six_too_many(tmp_path: Path) -> None:
    for count, told in ((2, False), (5, False), (6, True)):
        folder = tmp_path / str(count)
        loaded(folder, *COMPLETE)
        text = (folder / "strategy.yaml").read_text(encoding="utf-8")
        for number in range(1, count):
            more = text.replace("name: regulars", f"name: more-{number}")
            (folder / f"more-{number}.yaml").write_text(more, encoding="utf-8")
        assert ("DB112" in codes(check(load([folder]), NOW))) is told


@pytest.mark.parametrize(
    ("name", "tool"),
    [
        ("The Twitter strategy", "twitter"),
        ("instagram-growth", "instagram"),
        ("x", "x"),
        ("win-back-linkedin-readers", None),
        ("regulars", None),
        ("", None),
    ],
)
def test_a_name_of_tools_and_fillers_alone_is_a_tools_name(name: str, tool: str | None) -> None:
    assert named_after_tool(name) == tool


class _Adapter:
    def __init__(self, *sentences: str) -> None:
        self.sentences = sentences

    def validate(self, _entry: Any, item: Any = None) -> Sequence[str]:
        if isinstance(item, Metric):
            return []
        return [*self.sentences, *([f"The item {item.id!r} is too long."] if item else [])]


def adapters(**kinds: dict[str, _Adapter]) -> Adapters:
    empty: dict[str, dict[str, _Adapter]] = {"platforms": {}, "sources": {}, "notifiers": {}}
    return cast("Adapters", SimpleNamespace(**{**empty, **kinds}))


def test_an_adapter_that_does_not_exist_is_an_error_with_the_nearest_name(tmp_path: Path) -> None:
    known = adapters(
        platforms={"sites": _Adapter()}, sources={"cvs": _Adapter()}, notifiers={"mail": _Adapter()}
    )
    found = [f for f in check(loaded(tmp_path, *COMPLETE), NOW, known) if f.severity is FindingSeverity.ERROR]
    assert [(f.code, f.problem.line, f.problem.column) for f in found] == [
        ("DB201", 9, 31),
        ("DB203", 11, 27),
        ("DB202", 13, 24),
    ]
    assert "Did you mean sites?" in found[0].mend
    assert "mail" in found[1].mend


def test_each_sentence_of_an_adapter_is_an_error_at_the_setting_it_names(tmp_path: Path) -> None:
    known = adapters(
        platforms={"site": _Adapter("The setting `folder` is wrong.")},
        sources={"csv": _Adapter("No.", "Never.")},
        notifiers={"log": _Adapter()},
    )
    found = [f for f in check(loaded(tmp_path, *COMPLETE), NOW, known) if f.severity is FindingSeverity.ERROR]
    assert [(f.code, f.problem.line, f.message) for f in found] == [
        ("DB214", 36, "The item 'one' is too long."),
        ("DB211", 9, "'website': The setting `folder` is wrong."),
        ("DB212", 13, "'till': Never."),
        ("DB212", 13, "'till': No."),
    ]
    assert found[1].problem.column == 56


def test_each_sentence_about_a_metric_is_an_error_at_the_metrics_setting(tmp_path: Path) -> None:
    known = Registry()
    change = ("source: till, expect_every: 2d", "source: till, expect_every: 2d, settings: {colum: sold}")
    found = [f for f in check(loaded(tmp_path, *COMPLETE[:1], change), NOW, known) if f.code == "DB215"]
    assert [(f.severity, f.problem.line, f.message) for f in found] == [
        (FindingSeverity.ERROR, 27, "'orders': There is no setting `colum`; did you mean `column`?")
    ]
    text = (tmp_path / "strategy.yaml").read_text(encoding="utf-8").splitlines()[26]
    assert text[found[0].problem.column - 1 :].startswith("sold")


def test_a_place_that_is_not_there_is_a_warning_until_it_is_made(tmp_path: Path) -> None:
    def missing() -> list[tuple[int, str]]:
        found = check(loaded(tmp_path, *COMPLETE), NOW, Registry())
        return [(f.problem.line, f.message) for f in found if f.code == "DB216"]

    assert missing() == [
        (9, f"the folder of 'website' is not there: {tmp_path / 'site'}"),
        (13, f"the file of 'till' is not there: {tmp_path / 'orders.csv'}"),
    ]
    (tmp_path / "site").mkdir()
    (tmp_path / "orders.csv").touch()
    assert missing() == []


def test_a_file_that_drumbeat_will_write_itself_is_not_missed(tmp_path: Path) -> None:
    change = ("kind: csv, settings: {file: orders.csv}", "kind: feed, settings: {url: site/feed.xml}")
    (tmp_path / "site").mkdir()
    found = check(loaded(tmp_path, *COMPLETE, workspace=[change]), NOW, Registry())
    assert "DB216" not in codes(found)


def test_a_notifier_that_is_refused_is_an_error(tmp_path: Path) -> None:
    known = adapters(
        platforms={"site": _Adapter()}, sources={"csv": _Adapter()}, notifiers={"log": _Adapter("No.")}
    )
    assert "DB213" in codes(check(loaded(tmp_path, *COMPLETE), NOW, known))


def test_a_content_file_that_a_platform_refuses_is_named_with_its_own_place(tmp_path: Path) -> None:
    (tmp_path / "posts").mkdir()
    (tmp_path / "posts" / "one.md").write_text("---\ntitle: T\nid: x\n---\nBody", encoding="utf-8")
    change = ("content:\n      items:\n        - {id: one, title: One}", "content:\n      folder: posts")
    known = adapters(
        platforms={"site": _Adapter()}, sources={"csv": _Adapter()}, notifiers={"log": _Adapter()}
    )
    found = check(loaded(tmp_path, *COMPLETE[:-2], change), NOW, known)
    refused = [f.problem for f in found if f.code == "DB214"]
    assert [(Path(problem.file).name, problem.line) for problem in refused] == [("one.md", 3)]


def test_a_secret_in_a_setting_is_an_error_that_does_not_repeat_it(tmp_path: Path) -> None:
    change = ("settings: {folder: site}", "settings: {folder: site, api_token: hunter2}")
    found = [f for f in findings(tmp_path, *COMPLETE, workspace=[change]) if f.code == "DB221"]
    assert [f.severity for f in found] == [FindingSeverity.ERROR]
    assert "hunter2" not in str(found[0])


def test_a_finding_reads_with_its_place_its_severity_and_its_code(tmp_path: Path) -> None:
    finding = only(tmp_path, ("deputy: ben\n", ""))[0]
    expected = f"{tmp_path}/strategy.yaml:5:8: warning DB131: only ana can run this strategy\n    Add "
    assert str(finding).startswith(expected)


def test_a_problem_of_a_shared_workspace_is_told_once(tmp_path: Path) -> None:
    folder = tmp_path / "plan"
    loaded(folder, *COMPLETE)
    text = (folder / "strategy.yaml").read_text(encoding="utf-8")
    (folder / "other.yaml").write_text(text.replace("name: regulars", "name: other"), encoding="utf-8")
    found = check(load([folder]), NOW, adapters(platforms={"site": _Adapter()}, sources={"csv": _Adapter()}))
    assert [f.code for f in found if f.code == "DB203"] == ["DB203"]


def test_a_moment_without_a_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="zone"):
        check(loaded(tmp_path), NOW.replace(tzinfo=None))


def test_due_days_are_meant_in_the_strategys_zone(tmp_path: Path) -> None:
    changes = [("due: 2026-12-31", "due: 2026-02-02"), ("expect_every: 2d", "expect_every: 1d")]
    late_evening = datetime(2026, 2, 2, 22, 30, tzinfo=UTC)
    assert only(tmp_path, *changes, now=late_evening) == []
    assert codes(only(tmp_path, *changes, now=late_evening + timedelta(hours=1))) == {"DB105"}


def test_an_image_without_words_is_a_finding_at_its_item(tmp_path: Path) -> None:
    (tmp_path / "a.gif").write_bytes(b"GIF89a and more")
    written = "{id: one, title: One, images: [{file: a.gif}]}"
    found = findings(tmp_path, ("{id: one, title: One}", written))
    (finding,) = [each for each in found if each.code == "DB147"]
    assert (finding.problem.line, "no words" in finding.message) == (33, True)
    described = written.replace("a.gif", "a.gif, alt: A taco")
    assert "DB147" not in codes(findings(tmp_path, ("{id: one, title: One}", described)))


def test_every_code_has_a_title_and_an_explanation_and_is_tested_here() -> None:
    tested = set(re.findall(r"DB\d{3}", Path(__file__).read_text(encoding="utf-8")))
    assert tested == set(FINDINGS)
    for kind in FINDINGS.values():
        assert kind.title
        assert len(kind.explanation) > 40


def test_a_channel_that_is_watched_by_its_own_rhythm_is_watched(tmp_path: Path) -> None:
    assert only(tmp_path, ("cadence: {at_least: 1,", "cadence: {at_most: 3,")) == []


def test_a_rule_about_tasks_needs_none_in_the_plan(tmp_path: Path) -> None:
    rule = "rules:\n  - {name: Own, reason: It matters, of: task, expr: task.escalations > 3}\nreviews:"
    assert only(tmp_path, ("reviews:", rule)) == []
