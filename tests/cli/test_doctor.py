"""`doctor`: each look, and what it says when something is wrong."""

from __future__ import annotations

import json
import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.cli import clock, examination
from engine.runtime.settings import load_settings
from tests.cli import lived
from tests.cli.conftest import Run


def looks(run: Run, code: int) -> dict[str, dict[str, Any]]:
    """Return the looks by name."""
    result = run("doctor", "--json")
    assert result.exit_code == code, result.stdout + result.stderr
    document = json.loads(result.stdout)
    assert document["schema"] == "drumbeat/doctor/v1"
    assert document["ok"] is (code == 0)
    return {look["name"]: look for look in document["looks"]}


def test_a_fresh_machine_is_in_order_and_stays_untouched(run: Run, home: Path) -> None:
    found = looks(run, 0)
    assert {name for name, look in found.items() if look["verdict"] == "warn"} == {
        "engine",
        "temporal server",
    }
    assert "drumbeat up" in found["engine"]["mend"]
    assert not home.exists()


def test_every_line_for_people_begins_with_its_verdict_and_fits(run: Run) -> None:
    lines = run("doctor").stdout.splitlines()
    heads = {line.split()[0] for line in lines if not line.startswith(" ")}
    assert heads == {"ok", "warn"}


def test_strategies_that_stand_still_show_that_no_worker_lives(
    run: Run, bakery_lived: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert looks(run, 0)["worker"]["verdict"] == "ok"
    monkeypatch.setattr(clock, "now", lambda: lived.NOW + timedelta(days=1))
    worker = looks(run, 1)["worker"]
    assert worker["verdict"] == "fail"
    assert lived.ID in worker["detail"]


def test_a_damaged_database_fails_with_what_to_do(run: Run, home: Path) -> None:
    home.mkdir()
    (home / "drumbeat.db").write_bytes(b"this is no database" * 100)
    store = looks(run, 1)["store"]
    assert store["verdict"] == "fail"
    assert "backup" in store["detail"]


def test_a_temporal_server_that_does_not_answer_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{held.getsockname()[1]}"
        monkeypatch.setenv("DRUMBEAT_TEMPORAL_ADDRESS", address)
        server = looks(run, 1)["temporal server"]
    assert address in server["detail"]
    assert "DRUMBEAT_TEMPORAL_ADDRESS" in server["mend"]


def test_a_server_that_answers_is_ok(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        settings = load_settings({}, home=home, temporal_address=f"127.0.0.1:{listening.getsockname()[1]}")
        assert examination.server(settings).verdict == "ok"


def test_a_directory_that_cannot_be_written_fails(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert examination.data_directory(load_settings({}, home=blocked / "home")).verdict == "fail"


def test_missing_zone_data_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.domain.base.zone_names", lambda: frozenset({"UTC"}))
    look = examination.zones()
    assert (look.verdict, "tzdata" in look.mend) == ("fail", True)
