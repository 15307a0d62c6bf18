from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.cli.main import COMMANDS
from engine.runtime.settings import SECRET_PREFIX, Settings, load_settings, variable_of
from tests.deploy.files import COMPOSE, DEPLOY, ROOT, UNITS, commands, compose, deployed, unit

NAMED = re.compile(r"DRUMBEAT_[A-Z][A-Z_]*[A-Z]")
HOW_TO = ROOT / "docs" / "how-to"
SETTINGS = {variable_of(field) for field in Settings.model_fields}


@pytest.mark.parametrize(
    "path",
    [*deployed(), HOW_TO / "deploy.md", HOW_TO / "backup.md"],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_every_setting_that_a_file_names_exists(path: Path) -> None:
    named = set(NAMED.findall(path.read_text(encoding="utf-8")))
    unknown = {name for name in named if not name.startswith(SECRET_PREFIX)} - SETTINGS
    assert not unknown, f"{path.relative_to(ROOT)} names settings that the engine does not have"


def test_the_example_environment_file_holds_values_that_the_engine_accepts() -> None:
    lines = (DEPLOY / "systemd" / "environment.example").read_text(encoding="utf-8").splitlines()
    pairs = (line.removeprefix("#").partition("=") for line in lines if line.startswith("#DRUMBEAT_"))
    given = {name: value for name, _, value in pairs}
    settings = load_settings(given)
    assert settings.temporal_address == "temporal.example.net:7233"
    assert len(given) >= 10


@pytest.mark.parametrize(
    "path", [*COMPOSE.glob("[!t]*.yaml"), *UNITS], ids=lambda path: str(path.relative_to(DEPLOY))
)
def test_the_environment_that_a_service_gives_is_one_that_the_engine_accepts(path: Path) -> None:
    if path.suffix == ".service":
        given = dict(pair.split("=", 1) for pair in unit(path)["Environment"])
        assert load_settings(given).home == Path("/var/lib/drumbeat")
        return
    for name, service in compose(path.name)["services"].items():
        ours = {k: v for k, v in service.get("environment", {}).items() if k.startswith("DRUMBEAT_")}
        if not ours:
            continue
        settings = load_settings(ours)
        assert settings.embedded == ("up" in service["command"]), name


def test_every_command_that_the_files_use_is_one_of_the_command_line() -> None:
    used = commands()
    assert {"up", "worker", "doctor", "apply"} <= used
    assert used <= set(COMMANDS)
