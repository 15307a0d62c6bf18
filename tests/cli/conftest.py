from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from engine.cli import clock
from engine.cli.main import app
from tests.cli import lived

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def _same_everywhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Give every test 80 columns, a folder of its own and a clock that stands."""
    for name in [name for name in os.environ if name.startswith("DRUMBEAT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(clock, "now", lambda: lived.NOW)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def run(home: Path) -> Run:
    """Run a command in this process on the test's data directory."""

    def call(*words: object) -> Result:
        return CliRunner().invoke(app, ["--home", str(home), *(str(word) for word in words)])

    return call


@pytest.fixture(scope="session")
def _lived_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("lived")
    store = lived.store_of(home)
    lived.live_and_store(store, lived.bakery(), lived.silent_world())
    store.close()
    return home


@pytest.fixture
def bakery_lived(home: Path, _lived_once: Path) -> Path:
    """Return a data directory in which the bakery's blog has fallen silent."""
    return Path(shutil.copytree(_lived_once, home))


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any, str]]:
    """Record the commands that would go to the engine: strategy, instruction, by whom."""
    calls: list[tuple[str, Any, str]] = []

    async def send(_settings: object, strategy: str, instruction: object, *, by: str) -> str:
        calls.append((strategy, instruction, by))
        return "it is done"

    monkeypatch.setattr("engine.runtime.operations.send_command", send)
    return calls
