"""`check --ask` and `doctor --ask`: the servers of the accounts are asked for their limits."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from adapters.registry import Registry, installed
from engine.documents.load import load
from tests.cli import lived
from tests.cli.conftest import Run

PLAN = """
apiVersion: drumbeat/v1
kind: Workspace
name: team
accounts:
  - {name: short, platform: measuring, settings: {server: SERVER}, secrets: {token: 'env:SHORT_TOKEN'}}
---
apiVersion: drumbeat/v1
kind: Strategy
name: be-brief
workspace: team
channels: [{name: short, account: short}]
actions:
  - name: weekly
    channel: short
    schedule: {cron: '0 10 * * MON'}
    content: {items: [{id: one, body: six...}]}
"""


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every registry know the measuring platform, as if its package were installed."""

    def discover(group: str) -> list[EntryPoint]:
        ours = [EntryPoint("measuring", "tests.measuring:MeasuringPlatform", group)]
        return [*installed(group), *(ours if group == "drumbeat.platforms" else [])]

    monkeypatch.setattr(Registry.__init__, "__defaults__", (None, discover))
    monkeypatch.setenv("SHORT_TOKEN", "hunter2-Zq8")


def plan(folder: Path, server: str) -> Path:
    (folder / "plan.yaml").write_text(PLAN.replace("SERVER", server), encoding="utf-8")
    return folder


def test_check_asks_only_when_it_is_told_to(run: Run, tmp_path: Path) -> None:
    where = plan(tmp_path, "up")
    assert "DB214" not in run("check", where).stdout
    asked = run("check", where, "--ask")
    assert "The text of 'one' has 6 characters, and 5 are taken" in asked.stdout
    assert asked.exit_code == 3


def test_a_server_that_cannot_be_asked_is_told_and_the_rest_is_judged(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = run("check", plan(tmp_path, "down"), "--ask")
    assert (
        "The account team/short could not be asked for its limits: The measuring platform is not"
        in asked.stderr
    )
    assert "DB214" not in asked.stdout
    monkeypatch.delenv("SHORT_TOKEN")
    assert "env:SHORT_TOKEN is not set" in run("check", plan(tmp_path, "up"), "--ask").stderr


@pytest.mark.parametrize(
    ("server", "code", "words"), [("up", 0, "team/short answered"), ("down", 1, "is not there")]
)
def test_doctor_asks_for_the_strategies_that_run(
    run: Run, home: Path, tmp_path: Path, server: str, code: int, words: str
) -> None:
    folder = tmp_path / "plan"
    folder.mkdir()
    store = lived.store_of(home)
    lived.live_and_store(store, load([plan(folder, server)]).plans[0], lived.silent_world())
    store.close()
    assert "accounts" not in run("doctor").stdout
    asked = run("doctor", "--ask")
    assert words in " ".join(asked.stdout.split())
    assert asked.exit_code == code
