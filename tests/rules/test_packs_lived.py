"""The back-test of the packs over a generated year: the real heart, the real packs, incidents that chance has placed."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.packs.incidents import DAY, HOUR, Happening, Span
from benchmarks.packs.judging import RULES, Score, judge, told
from benchmarks.packs.year import Lived, live, make
from rules.backtest.episodes import Episode
from rules.packs import load_pack, pack_names

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/explanation/packs-on-history.md").read_text(encoding="utf-8")
# A year in which chance has placed an incident of every kind.
SEED, TEAM = 1, 5
BEGIN = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def year_once() -> Lived:
    return live(SEED, TEAM)


@pytest.fixture(scope="module")
def scores(year_once: Lived) -> dict[str, Score]:
    return {score.rule: score for score in judge([year_once])}


def rows(heading: str) -> dict[str, list[str]]:
    """Return the rows of the page's table that begins with this column, by the rule; a row may stand for several."""
    table = PAGE[PAGE.index(f"| rule | {heading} |") :].split("\n\n", 1)[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    return {rule: row for row in cells for rule in row[0].split(", ")}


def test_every_rule_of_a_pack_has_a_result_on_real_history_or_an_incident_of_its_own() -> None:
    rules = {rule.name for name in pack_names() for rule in load_pack(name)}
    assert rules == set(rows("tried on")) | set(RULES), "give the new rule an incident in benchmarks/packs"
    assert not set(rows("tried on")) & set(RULES)


def test_the_page_has_the_generated_result_of_exactly_these_rules() -> None:
    assert tuple(rows("incidents")) == RULES


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_catches_what_is_injected_and_says_nothing_else(rule: str, scores: dict[str, Score]) -> None:
    score = scores[rule]
    assert score.incidents
    assert score.missed == []
    assert score.stray == []


def test_the_year_holds_near_misses_of_most_kinds(scores: dict[str, Score]) -> None:
    assert sum(score.near > 0 for score in scores.values()) >= 10


def test_chance_places_incidents_by_the_seed_alone() -> None:
    made = make(SEED, TEAM).happenings
    assert made == make(SEED, TEAM).happenings
    assert made != make(SEED + 1, TEAM).happenings
    assert made != make(SEED, TEAM + 1).happenings


def _incident(start: float, end: float) -> Happening:
    return Happening("RulesUnjudged", ("strategy",), Span(BEGIN + start * DAY, BEGIN + end * DAY))


def _alert(fired: float, resolved: float) -> Episode:
    return Episode(BEGIN + fired * DAY, "RulesUnjudged", "strategy", BEGIN + resolved * DAY)


def _score(happenings: list[Happening], *alerts: Episode) -> Score:
    score = Score("RulesUnjudged")
    score.take(Lived(tuple(happenings), alerts))
    return score


def test_an_alert_within_an_incident_catches_it_after_a_while() -> None:
    score = _score([_incident(1, 3)], _alert(1.5, 3))
    assert (score.caught, score.delays, score.stray) == (1, [DAY / 2], [])


def test_an_alert_before_an_incident_is_false_and_catches_nothing() -> None:
    score = _score([_incident(2, 3)], _alert(1, 2.5))
    assert (score.caught, len(score.stray)) == (0, 1)


def test_an_alert_that_comes_only_when_all_is_over_has_caught_nothing() -> None:
    score = _score([_incident(1, 2)], _alert(2.5, 3))
    assert (score.caught, score.stray) == (0, [])


def test_an_alert_of_a_near_miss_is_false() -> None:
    near = Happening("RulesUnjudged", ("strategy",), Span(BEGIN, BEGIN + DAY), near=True)
    score = _score([near], _alert(0.5, 1))
    assert (score.incidents, score.near, len(score.stray)) == (0, 1, 1)


def test_an_alert_that_still_lasts_catches_the_next_incident_at_once() -> None:
    score = _score([_incident(1, 2), _incident(2.5, 3)], _alert(1.25, 3))
    assert (score.caught, score.delays) == (2, [DAY / 4, DAY * 0])


def test_times_are_told_in_hours_or_days() -> None:
    assert (told(5 * HOUR), told(3 * DAY)) == ("5.0 h", "3.0 d")


@pytest.mark.parametrize("name", pack_names())
def test_the_file_of_a_pack_says_of_each_rule_what_the_page_says(name: str) -> None:
    text = (ROOT / f"rules/packs/{name}.yaml").read_text(encoding="utf-8")
    said = dict(re.findall(r"  - name: (\w+)\n    # Tried on (.+)\n", text))
    assert set(said) == {rule.name for rule in load_pack(name)}
    for rule, words in said.items():
        if rule in RULES:
            _, incidents, caught, delay, *_, stray = rows("incidents")[rule]
            assert words == (
                f"generated years: {caught} of {incidents} incidents caught, half of them within "
                f"{delay.split(',')[0]}; {stray} false alarms a year."
            )
        else:
            result = rows("tried on")[rule][2].split(";")[0]
            unit = " episodes a channel-year" if re.fullmatch(r"[\d.]+", result) else ""
            assert words == f"real history: {result}{unit}."
