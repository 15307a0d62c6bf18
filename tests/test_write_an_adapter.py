"""docs/how-to/write-an-adapter.md, followed to the letter: from an empty folder to a platform that Drumbeat knows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "how-to" / "write-an-adapter.md"
_FILES = (("toml", "pyproject.toml"), ("python", "noticeboard.py"), ("python", "test_noticeboard.py"))
_BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"
_WORKSPACE = """
apiVersion: drumbeat/v1
kind: Workspace
name: team
"""
_STRATEGY = """
---
apiVersion: drumbeat/v1
kind: Strategy
name: be-seen
workspace: team
channels: [{name: board, account: board}]
actions:
  - name: weekly
    channel: board
    schedule: {cron: '0 10 * * MON'}
    content: {items: [{id: long, body: 'WORDS'}]}
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the page's files into an empty folder, build the package, and unpack it where pip would put it."""
    folder = tmp_path_factory.mktemp("noticeboard")
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    code = [(kind, text) for kind, text in blocks if kind in {"toml", "python"}]
    for (kind, name), (shown, text) in zip(_FILES, code, strict=True):
        assert kind == shown
        assert f"`{name}`" in PAGE.read_text(encoding="utf-8")
        (folder / name).write_text(text, encoding="utf-8")
    built = run(folder, "-c", _BUILD, str(folder))
    with zipfile.ZipFile(folder / built.stdout.split()[-1]) as wheel:
        wheel.extractall(folder / "site-packages")
    (folder / "noticeboard.py").unlink()
    return folder


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environ = {
        **os.environ,
        "PYTHONPATH": str(folder / "site-packages"),
        "DRUMBEAT_HOME": str(folder / "home"),
    }
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=170,
    )


def test_the_adapter_of_the_page_keeps_the_contract_behind_the_proxy(package: Path) -> None:
    options = ["-q", "-p", "no:cacheprovider", "-W", "error"]
    tested = run(package, "-m", "pytest", *options, "test_noticeboard.py")
    assert tested.returncode == 0, tested.stdout[-6000:] + tested.stderr[-2000:]
    passed = re.search(r"(\d+) passed", tested.stdout)
    assert passed is not None
    assert int(passed[1]) > 40, tested.stdout


@pytest.mark.parametrize(
    ("right", "wrong", "seen_by"),
    [
        ("mutates=True", "mutates=False", "cut and after"),
        ("return found[0].published() if found else None", "return None", "cut and after"),
    ],
    ids=["it says that nothing happened", "its look finds nothing"],
)
def test_the_suite_fails_for_an_adapter_that_is_careless(
    package: Path, tmp_path: Path, right: str, wrong: str, seen_by: str
) -> None:
    sound = (package / "site-packages" / "noticeboard.py").read_text(encoding="utf-8")
    assert right in sound
    (tmp_path / "noticeboard.py").write_text(sound.replace(right, wrong), encoding="utf-8")
    for name in ("pyproject.toml", "test_noticeboard.py"):
        (tmp_path / name).write_text((package / name).read_text(encoding="utf-8"), encoding="utf-8")
    options = ["-q", "-p", "no:cacheprovider", "-k", f"whatever_request_is_hit and {seen_by}"]
    tested = run(tmp_path, "-m", "pytest", *options, "test_noticeboard.py")
    assert tested.returncode == 1, tested.stdout[-3000:]


def test_drumbeat_knows_the_platform_once_its_package_is_installed(package: Path, tmp_path: Path) -> None:
    (accounts,) = re.findall(
        r"^```yaml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    plan = _WORKSPACE + accounts + _STRATEGY.replace("WORDS", " ".join(["word"] * 60))
    (tmp_path / "plan.yaml").write_text(plan, encoding="utf-8")
    found = run(package, "-m", "engine.cli.main", "check", str(tmp_path))
    assert not {"DB201", "DB211"} & set(re.findall(r"DB\d+", found.stdout)), (
        "the platform is known and pleased"
    )
    assert "The text of 'long' has 299 characters, and 280 are taken" in found.stdout
    without = run(tmp_path, "-m", "engine.cli.main", "check", str(tmp_path))
    assert "DB201" in without.stdout
