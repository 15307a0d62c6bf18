"""The house as failing tests: layers and purity, sizes, and who may read the environment or the clock."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("engine", "workflows", "activities", "rules", "adapters")
LONGEST_FILE = 400
LONGEST_FUNCTION = 60


def sources() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def calls(path: Path) -> Iterator[str]:
    """Yield the dotted name of every call in a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call | ast.Attribute):
            yield ast.unparse(node.func if isinstance(node, ast.Call) else node)


def test_imports_run_downwards_and_the_heart_reaches_no_io() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("package", ["engine/domain", "rules"])
def test_the_heart_never_asks_for_the_time_or_for_chance(package: str) -> None:
    forbidden = {
        "datetime.now",
        "datetime.utcnow",
        "date.today",
        "time.time",
        "time.monotonic",
        "random.random",
    }
    found = [
        f"{path.relative_to(ROOT)}: {call}"
        for path in sorted((ROOT / package).rglob("*.py"))
        for call in calls(path)
        if call in forbidden or call.startswith(("random.", "uuid.", "os.environ"))
    ]
    assert found == []


def test_only_the_settings_read_the_environment() -> None:
    allowed = {"engine/runtime/settings.py"}
    found = {
        path.relative_to(ROOT).as_posix()
        for path in sources()
        for call in calls(path)
        if call in ("os.environ", "os.getenv", "os.environ.get", "environ.get") and "environ" in call
    }
    readers = {
        name
        for name in found
        if "os.environ" in (ROOT / name).read_text() or "os.getenv" in (ROOT / name).read_text()
    }
    assert readers <= allowed


def test_files_and_functions_stay_small_enough_to_read() -> None:
    long_files = [
        f"{path.relative_to(ROOT)}: {lines} lines"
        for path in sources()
        if "migrations" not in path.parts
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    ]
    long_functions = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in sources()
        if "migrations" not in path.parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (node.end_lineno or node.lineno) - node.lineno >= LONGEST_FUNCTION
    ]
    assert (long_files, long_functions) == ([], [])


def test_the_engine_package_itself_stays_empty() -> None:
    assert (ROOT / "engine" / "__init__.py").read_text(encoding="utf-8").strip() == ""


def test_no_package_registry_and_no_machine_path_stands_in_a_file() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    hosts = ("pypi" + ".org", "npmjs" + ".org", "pythonhosted" + ".org", "/work" + "/main")
    found = []
    for name in listed.splitlines():
        path = ROOT / name
        if path.is_file() and path.suffix in {
            ".py",
            ".md",
            ".toml",
            ".yaml",
            ".yml",
            ".lock",
            ".sh",
            ".txt",
            "",
        }:
            text = path.read_text(encoding="utf-8", errors="ignore")
            found += [f"{name}: {host}" for host in hosts if host in text]
    assert found == []


@pytest.mark.xdist_group("server")
def test_tests_of_a_group_share_one_process_and_so_its_server(request: pytest.FixtureRequest) -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        pytest.skip("one process runs all tests")
    assert request.node.nodeid.endswith("@server")
