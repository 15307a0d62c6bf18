"""`explain` and `silence`: why rules say what they say, also of the past, and why nobody was told."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.documents.load import load
from engine.domain.lifecycle.state import new_state
from engine.domain.lifecycle.view import view
from engine.domain.messages import (
    Command,
    Commanded,
    EndSilence,
    PlanApplied,
    StartSilence,
)
from engine.domain.records import Sample
from engine.domain.storage import StrategyRow
from engine.runtime.simulation import World
from tests.cli import golden, lived
from tests.cli.conftest import Run

RULES = """
rules:
  - name: FewGuests
    reason: The bakery is empty.
    of: metric
    expr: metric.value < 90 && metric.samples_28d >= 2
    recover: metric.value > 95
  - name: Tried
    reason: Only tried out.
    of: metric
    expr: metric.value < 200
    mode: shadow
  - name: Follows
    reason: It follows from FewGuests.
    of: metric
    expr: metric.value < 85
    inhibited_by: [FewGuests]
  - name: FewMore
    reason: The bakery is rather empty.
    of: goal
    expr: goal.value < goal.planned
"""
GUESTS = {12: 120.0, 19: 110.0, 26: 80.0, 33: 84.0}


@pytest.fixture
def store_lived(home: Path, _judged_once: Path) -> Path:
    """Return a data directory in which the blog fell silent, guests stayed away, and the rules saw it."""
    return Path(shutil.copytree(_judged_once, home))


@pytest.fixture(scope="session")
def _judged_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("judged")
    home, path = folder / "home", lived.copy_plan(folder)
    strategy = path / "strategy.yaml"
    strategy.write_text(strategy.read_text() + RULES)
    plan = load([path]).plans[0]
    days = {day: lived.START + timedelta(days=day) for day in GUESTS}
    samples = [Sample(metric="guests", at=days[day], value=GUESTS[day], seen=days[day]) for day in GUESTS]
    world = World(samples={"guests": samples}, silent_from={"blog": datetime(2026, 1, 20, tzinfo=UTC)})
    life = lived.KeptLife(plan, world, new_state(plan.id, lived.START))
    quiet = StartSilence(rule="FewMore", until=datetime(2026, 3, 1, tzinfo=UTC), reason="we know")
    command = Command(id="1", by="ana", instruction=quiet)
    entries = [
        *life.tell(PlanApplied(revision=1, author="ana"), lived.START),
        *life.tell(Commanded(command=command), lived.START),
        *life.until(lived.NOW),
    ]
    store = lived.store_of(home)
    store.save_revision(plan, author="ana", reason="first plan", now=lived.START)
    row = StrategyRow(
        strategy=plan.id,
        revision=1,
        seq=life.state.seq,
        updated_at=lived.NOW,
        state=life.state.model_dump(mode="json"),
        view=view(plan, life.state).model_dump(mode="json"),
    )
    store.record(row, entries, lived.NOW)
    store.save_judged(plan.id, 1, life.rows)
    store.close()
    return home


def explained(run: Run, *words: object) -> dict[str, dict[str, Any]]:
    """Return what is explained, by rule."""
    result = run("explain", *words, "--json")
    assert result.exit_code == 0, result.stderr
    return {one["rule"]: one for one in json.loads(result.stdout)["rules"]}


def test_every_part_of_a_condition_has_its_value_its_margin_and_what_would_turn_it(
    run: Run, store_lived: Path
) -> None:
    found = explained(run, "regulars", "metric/guests")["FewGuests"]
    assert (found["truth"], found["alert"]["state"]) == (True, "firing")
    condition, recover = found["conditions"]
    few, several = condition["parts"]
    assert (few["text"], few["value"], few["margin"]) == ("metric.value < 90", True, 6)
    assert few["flips"] == [{"fact": "metric.value", "value": 84.0, "at": "90", "says": "metric.value = 90"}]
    assert (several["value"], several["facts"]) == (True, {"metric.samples_28d": 3})
    assert condition["decisive"] == ["metric.value = 90", "metric.samples_28d = 1"]
    assert (recover["field"], recover["value"]) == ("recover", False)


def test_a_rule_that_did_not_fire_is_explained_too_and_so_is_the_past(run: Run, store_lived: Path) -> None:
    before = explained(run, "regulars", "metric/guests", "--rule", "FewGuests", "--at", "2026-01-25")[
        "FewGuests"
    ]
    assert (before["truth"], before["alert"]) == (False, None)
    assert before["judged_at"] <= "2026-01-25"
    assert before["conditions"][0]["parts"][0]["margin"] == 20
    first = explained(run, "regulars", "metric/guests", "--at", "2026-01-05")["FewGuests"]
    assert (first["truth"], first["data"]) == (None, "unknown")


def test_a_rule_with_a_clock_says_when_it_turns_and_by_what(run: Run, store_lived: Path) -> None:
    found = explained(run, "regulars", "channel/blog")
    silent, overfed = found["ChannelSilent"], found["ChannelOverfed"]
    assert silent["truth"] is True
    assert silent["clock"]["turns_at"] == "2026-01-29T08:00:00+00:00"
    assert silent["clock"]["flips"] == "false with a post"
    assert "allowed is a silence of 10 days" in silent["clock"]["values"]
    assert overfed["truth"] is False
    market = explained(run, "regulars", "market")["ChannelSilent"]
    assert market["truth"] is True
    assert market["clock"]["values"][0] == "no post was ever seen"


def test_a_clock_of_the_past_is_explained_with_its_margin_and_what_would_have_turned_it(
    run: Run, store_lived: Path
) -> None:
    calm = explained(run, "blog", "--rule", "ChannelSilent", "--at", "2026-01-28")["ChannelSilent"]
    assert (calm["truth"], calm["alert"]) == (False, None)
    assert calm["clock"]["turns_at"] == "2026-01-29T08:00:00+00:00"
    assert calm["clock"]["margin_seconds"] == timedelta(days=1, hours=9).total_seconds()
    assert calm["clock"]["flips"].endswith("unless there is a post before")
    fired = explained(run, "blog", "--rule", "ChannelSilent", "--at", "2026-01-30")["ChannelSilent"]
    assert (fired["truth"], fired["alert"]["state"]) == (True, "firing")
    assert fired["clock"]["values"][0] == "the newest post is of Mon 19 Jan 2026 09:00 (Europe/Berlin)"
    assert fired["clock"]["flips"] == "false with a post"


@pytest.mark.parametrize(
    ("subject", "rule", "told"),
    [
        ("channel/blog", "ChannelSilent", "People were told Thu 29 Jan 2026 09:00 (Europe/Berlin)."),
        ("channel/blog", "ChannelSlowing", "Nobody is told while ChannelSilent on channel/blog fires"),
        ("metric/guests", "Tried", "The rule is in shadow"),
        ("metric/guests", "Follows", "Nobody is told while FewGuests on metric/guests fires"),
        ("goal/guests", "FewMore", "Nobody is told: S1 of ana silences it until Sun 1 Mar 2026"),
        ("channel/blog", "ChannelOverfed", "It has not fired"),
    ],
)
def test_why_nobody_was_told_is_said(run: Run, store_lived: Path, subject: str, rule: str, told: str) -> None:
    assert told in explained(run, "regulars", subject)[rule]["told"]


def test_an_explanation_for_people_fits_eighty_columns(run: Run, store_lived: Path) -> None:
    golden.matches("explain-metric", run("explain", "regulars", "metric/guests").stdout)
    golden.matches("explain-channel", run("explain", "regulars", "channel/blog").stdout)


@pytest.mark.parametrize(
    "words",
    [
        ("regulars:channel/blog",),
        ("channel/blog",),
        ("blog",),
        ("ChannelSilent@channel/blog",),
        ("regulars", "blog"),
    ],
)
def test_a_subject_may_be_named_in_short(run: Run, store_lived: Path, words: tuple[str, ...]) -> None:
    assert "ChannelSilent" in explained(run, *words)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("regulars", "blgo"), "Did you mean"),
        (("guests",), "may be goal/guests or metric/guests"),
        (("regular", "blog"), "regulars"),
        (("regulars", "blog", "--rule", "ChannelSilnt"), "Did you mean ChannelSilent?"),
    ],
)
def test_a_name_that_is_not_there_is_told_with_the_nearest(
    run: Run, store_lived: Path, words: tuple[str, ...], told: str
) -> None:
    result = run("explain", *words)
    assert result.exit_code == 1
    assert told in " ".join(result.stderr.split())


def test_nothing_can_be_explained_before_anything_was_applied(run: Run) -> None:
    result = run("explain", "regulars", "blog")
    assert result.exit_code == 1
    assert "No strategy has been applied yet" in result.stderr


def test_silences_are_listed_with_their_end_and_reason(run: Run, store_lived: Path) -> None:
    text = run("silence", "list").stdout
    assert "S1" in text
    assert "until Sun 1 Mar 01:00" in text
    assert "FewMore on *, by ana: we know" in " ".join(text.split())
    (one,) = json.loads(run("silence", "list", "regulars", "--json").stdout)["silences"]
    assert (one["id"], one["rule"], one["subject"]) == ("S1", "FewMore", "*")


def test_nothing_silenced_is_said(run: Run, bakery_lived: Path) -> None:
    assert run("silence", "list").stdout == "Nothing is silenced.\n"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            "silence add regulars --rule Channel* --until 2d --reason oven",
            StartSilence(rule="Channel*", until=lived.NOW + timedelta(days=2), reason="oven"),
        ),
        (
            "silence add regulars --subject channel/blog --until 2026-03-01",
            StartSilence(subject="channel/blog", until=datetime(2026, 2, 28, 23, tzinfo=UTC)),
        ),
        ("silence end regulars S1", EndSilence(silence="S1")),
    ],
)
def test_a_silence_is_told_to_the_strategy(
    run: Run, bakery_lived: Path, sent: list[tuple[str, Any, str]], words: str, expected: object
) -> None:
    result = run(*words.split(), "--by", "ben")
    assert result.exit_code == 0, result.stderr
    assert sent == [(lived.ID, expected, "ben")]


def test_a_silence_of_everything_must_be_meant(run: Run, bakery_lived: Path) -> None:
    result = run("silence", "add", "regulars", "--until", "2d")
    assert result.exit_code == 2
    assert "--rule '*' silences everything" in result.stderr
