"""What `status` shows, in text and in JSON, and its exit code."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from engine.cli import dashboard
from engine.cli.needs import needs, needs_attention
from engine.domain.lifecycle.state import new_state
from engine.domain.lifecycle.view import SourceView, View, view
from engine.domain.messages import Command, Commanded, PlanApplied, StartPause
from engine.domain.records import Alert, AlertState, Silencing
from engine.domain.rule import Severity
from engine.runtime.simulation import Life, World
from tests.cli import golden, lived
from tests.cli.conftest import Run


def test_status_shows_first_what_needs_a_person_and_fits_eighty_columns(run: Run, bakery_lived: Path) -> None:
    result = run("status")
    assert result.exit_code == 0, result.stderr
    golden.matches("status", result.stdout)


def test_status_as_json_is_one_document_with_schema_and_the_same_facts(run: Run, bakery_lived: Path) -> None:
    document = json.loads(run("status", "--json").stdout)
    assert document["schema"] == "drumbeat/status/v1"
    assert document["attention"] is True
    assert document["now"] == "2026-02-14T11:00:00Z"
    (strategy,) = document["strategies"]
    assert strategy["strategy"] == lived.ID
    channels = {channel["name"]: channel["momentum"] for channel in strategy["channels"]}
    assert channels["blog"] == "silent"
    assert strategy["needs"][0]["pressing"]


def test_exit_code_five_comes_only_when_asked_for(run: Run, bakery_lived: Path) -> None:
    assert run("status").exit_code == 0
    assert run("status", "--exit-code").exit_code == 5


def test_a_strategy_in_order_asks_for_no_attention(run: Run, home: Path) -> None:
    store = lived.store_of(home)
    lived.live_and_store(store, lived.bakery(), World(by_hand=frozenset()), end=lived.START)
    store.close()
    assert run("status", "--exit-code").exit_code == 0


def test_an_acknowledged_alert_needs_nobody_but_still_counts_as_firing() -> None:
    alert = Alert(rule="R", subject="channel/blog", severity=Severity.CRITICAL, state=AlertState.FIRING)
    base = View(strategy="a/b", title="t", zone="UTC", revision=1, at=lived.NOW)
    fresh = base.model_copy(update={"alerts": (alert,)})
    seen = base.model_copy(update={"alerts": (alert.model_copy(update={"acknowledged_by": "ana"}),)})
    assert [need.command for need in needs(fresh, "b", lived.NOW)] == ["drumbeat ack b R@channel/blog"]
    assert needs(seen, "b", lived.NOW) == ()
    assert needs_attention(seen, lived.NOW)


def shown(shown_view: View) -> str:
    return "\n".join(dashboard.full(shown_view, (), lived.NOW, 80))


@pytest.mark.parametrize(
    ("held", "word"),
    [
        ({"inhibited_by": "Cause@source/feed"}, "explained by Cause@source/feed"),
        ({"silenced_by": "S1"}, "silenced by S1"),
    ],
)
def test_an_alert_that_is_explained_or_silenced_is_shown_with_the_reason_and_asks_nobody(
    held: dict[str, str], word: str
) -> None:
    alert = Alert(rule="R", subject="channel/blog", severity=Severity.CRITICAL, state=AlertState.FIRING)
    quiet = alert.model_copy(update=held)
    status = View(strategy="a/b", title="t", zone="UTC", revision=1, at=lived.NOW, alerts=(quiet,))
    assert word in shown(status).replace("\n    ", " ")
    assert needs(status, "b", lived.NOW) == ()
    assert not needs_attention(status, lived.NOW)


def test_a_rule_on_trial_is_shown_apart_and_counts_for_nothing() -> None:
    alert = Alert(rule="Trial", subject="channel/blog", severity=Severity.CRITICAL, state=AlertState.FIRING)
    status = View(strategy="a/b", title="t", zone="UTC", revision=1, at=lived.NOW, shadows=(alert,))
    assert "On trial (nobody is told)\n  CRITICAL Trial@channel/blog" in shown(status)
    assert "Alerts: none fires" in shown(status)
    assert not needs_attention(status, lived.NOW)


def test_a_silence_is_shown_with_its_end_and_its_reason() -> None:
    silence = Silencing(
        id="S1",
        rule="Channel*",
        subject="*",
        start=lived.NOW,
        end=lived.NOW + timedelta(days=2),
        reason="moving house",
    )
    status = View(strategy="a/b", title="t", zone="UTC", revision=1, at=lived.NOW, silences=(silence,))
    assert "S1 Channel* on * until Mon 16 Feb 11:00: moving house" in shown(status)


def test_without_any_strategy_status_says_the_next_commands(run: Run, home: Path) -> None:
    result = run("status")
    assert result.exit_code == 0
    for command in ("drumbeat init", "drumbeat up", "drumbeat apply"):
        assert command in result.stdout
    assert not home.exists(), "looking must not make a database"


def test_a_data_directory_that_cannot_be_looked_into_is_not_taken_for_an_empty_one(
    run: Run, home: Path
) -> None:
    # A file in the place of the folder is refused like a folder of another user, for whom permissions count.
    home.write_text("no folder")
    result = run("status")
    assert result.exit_code == 1
    assert f"{home}/drumbeat.db cannot be looked at" in result.stderr
    assert "DRUMBEAT_HOME" in result.stderr


def test_without_any_strategy_the_json_is_still_a_document(run: Run) -> None:
    assert json.loads(run("status", "--json").stdout)["strategies"] == []


def test_an_unknown_strategy_brings_the_nearest_name(run: Run, bakery_lived: Path) -> None:
    result = run("status", "regular")
    assert result.exit_code == 1
    assert "regulars" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("name", ["regulars", "bakery/regulars"])
def test_a_strategy_may_be_named_with_or_without_its_workspace(
    run: Run, bakery_lived: Path, name: str
) -> None:
    assert "bakery/regulars" in run("status", name).stdout


def test_many_strategies_are_shown_in_brief_and_one_in_full(run: Run, home: Path) -> None:
    store = lived.store_of(home)
    for name in ("one", "two", "three", "four"):
        lived.live_and_store(store, lived.renamed(lived.bakery(), name), lived.silent_world())
    store.close()
    every, one = run("status").stdout, run("status", "two").stdout
    assert "Channels" not in every
    assert "drumbeat ack four ChannelSilent@channel/blog" in every
    assert "Channels" in one
    assert "bakery/three" not in one


def test_a_name_in_two_workspaces_must_be_told_apart(run: Run, home: Path) -> None:
    store = lived.store_of(home)
    for workspace in ("north", "south"):
        lived.live_and_store(
            store, lived.renamed(lived.bakery(), "regulars", workspace), lived.silent_world()
        )
    store.close()
    result = run("status", "regulars")
    assert result.exit_code == 1
    assert "north/regulars" in result.stderr
    assert "drumbeat ack north/regulars" in run("status").stdout


def test_that_the_engine_is_not_running_is_said_before_anything_else(run: Run, bakery_lived: Path) -> None:
    assert run("status").stdout.startswith("The engine is not running")


def test_a_pause_is_shown_with_its_end_and_reason(run: Run, home: Path) -> None:
    plan = lived.bakery()
    life = Life(plan, World(), new_state(plan.id, lived.START))
    started = list(life.tell(PlanApplied(revision=1), lived.START))
    rest = StartPause(scope="channel/blog", until=lived.NOW, reason="the oven is broken")
    paused = list(life.tell(Commanded(command=Command(id="1", instruction=rest)), lived.START))
    assert started
    assert [str(entry.type) for entry in paused] == ["pause.started"]
    shown = "\n".join(dashboard.full(view(plan, life.state), (), lived.START, 80))
    assert "PAUSED: channel/blog until Sat 14 Feb 12:00: the oven is broken" in shown


def test_a_source_that_cannot_be_read_is_shown_with_its_error() -> None:
    source = SourceView(name="numbers", ok=False, error="the file is not there")
    shown = View(strategy="a/b", title="t", zone="UTC", revision=1, at=lived.NOW, sources=(source,))
    assert "numbers cannot be read (never read): the file is not there" in "\n".join(
        dashboard.full(shown, (), lived.NOW, 80)
    )
