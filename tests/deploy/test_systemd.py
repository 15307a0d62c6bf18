from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from engine.runtime.child import Child
from engine.runtime.children import worker_child
from engine.runtime.settings import load_settings
from tests.deploy.files import DEPLOY, UNITS, unit

SYSTEMD = DEPLOY / "systemd"
PROGRAM = "/opt/drumbeat/bin/drumbeat"
every_unit = pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)


def verified(text: str, name: str, folder: Path) -> str:
    """Return what systemd-analyze has to say; the program is not installed here, so another stands for it."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("there is no systemd-analyze on this machine (Debian package systemd)")
    copy = folder / name
    copy.write_text(text.replace(f"ExecStart={PROGRAM} ", "ExecStart=/bin/sh -- "), encoding="utf-8")
    done = subprocess.run(
        [analyze, "verify", str(copy)], capture_output=True, text=True, timeout=60, check=False
    )
    said = "\n".join(line for line in (done.stdout + done.stderr).splitlines() if name in line)
    return said or ("" if done.returncode == 0 else done.stderr)


@every_unit
def test_systemd_finds_nothing_wrong_with_a_unit(path: Path, tmp_path: Path) -> None:
    assert verified(path.read_text(encoding="utf-8"), path.name, tmp_path) == ""


def test_systemd_would_find_a_setting_that_is_misspelt(tmp_path: Path) -> None:
    text = UNITS[0].read_text(encoding="utf-8").replace("ProtectSystem=", "ProtectSystme=")
    assert "ProtectSystme" in verified(text, UNITS[0].name, tmp_path)


@every_unit
def test_a_unit_is_shut_in_as_systemd_itself_judges(path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("there is no systemd-analyze on this machine (Debian package systemd)")
    # Exposure in tenths, 0 to 100; an ordinary service has 96.
    command = [analyze, "security", "--offline=true", "--no-pager", "--threshold=20", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if "offline" in done.stderr:
        pytest.skip("this systemd-analyze cannot judge a file (older than version 250)")
    assert done.returncode == 0, done.stdout[-300:] + done.stderr


@every_unit
def test_a_unit_is_given_longer_to_stop_than_the_engine_takes(path: Path) -> None:
    settings = load_settings({})
    needed = worker_child(settings, None).grace
    if unit(path)["ExecStart"][0].endswith(" up"):
        needed += Child("", ()).grace
    assert int(unit(path)["TimeoutStopSec"][0]) > needed > settings.shutdown_grace


@every_unit
def test_only_the_engine_is_told_to_stop_and_it_always_comes_back(path: Path) -> None:
    settings = unit(path)
    assert settings["KillMode"] == ["mixed"]
    assert settings["KillSignal"] == ["SIGTERM"]
    assert settings["Restart"] == ["always"]
    assert settings["User"] == ["drumbeat"]
    assert settings["ExecStart"][0].split()[0] == PROGRAM


@every_unit
def test_the_state_of_a_unit_is_where_its_data_directory_is(path: Path) -> None:
    settings = unit(path)
    home = f"/var/lib/{settings['StateDirectory'][0]}"
    assert settings["StateDirectoryMode"] == ["0700"]
    assert settings["WorkingDirectory"] == [home]
    assert f"DRUMBEAT_HOME={home}" in settings["Environment"]


def test_engine_and_worker_are_not_run_beside_each_other_on_one_data_directory() -> None:
    names = {path.name for path in UNITS}
    assert {(path.name, unit(path)["Conflicts"][0]) for path in UNITS} == {
        (name, other) for name in names for other in names - {name}
    }


def test_the_user_of_the_units_can_be_made_from_its_file(tmp_path: Path) -> None:
    sysusers = shutil.which("systemd-sysusers")
    if sysusers is None:
        pytest.skip("there is no systemd-sysusers on this machine (Debian package systemd)")
    command = [sysusers, "--dry-run", f"--root={tmp_path}", str(SYSTEMD / "drumbeat.sysusers.conf")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if "unrecognized option" in done.stderr:
        pytest.skip("this systemd-sysusers has no --dry-run (older than version 250)")
    assert done.returncode == 0, done.stderr
    assert "Creating user 'drumbeat'" in done.stdout + done.stderr
