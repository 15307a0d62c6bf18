"""What `pip install` puts on a machine: every file that the program reads beside its code must be in the wheel."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib import metadata
from pathlib import Path
from shutil import copy2, copytree, ignore_patterns

import pytest

from tests.deploy.files import ROOT, project

PACKAGES = tuple(name.rstrip("*") for name in project()["tool"]["setuptools"]["packages"]["find"]["include"])
# What the build needs, from pyproject's [build-system]; older ones do not know a licence given as a word.
NEEDED = (77,)


def data_files() -> Iterator[Path]:
    """Yield every file in our packages that is not code, relative to the root."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*")):
            if path.is_file() and path.suffix not in {".py", ".pyc"}:
                yield path.relative_to(ROOT)


def for_readers(path: Path) -> bool:
    """Say whether a file is read by people in the repository and not by the program."""
    return path.name == "README.md" and "templates" not in path.parts


def fits(parts: tuple[str, ...], globs: tuple[str, ...]) -> bool:
    """Say whether a path fits a pattern as setuptools reads it: ** is any number of folders."""
    if not globs:
        return not parts
    if globs[0] == "**":
        return fits(parts, globs[1:]) or (bool(parts) and fits(parts[1:], globs))
    return bool(parts) and fnmatch(parts[0], globs[0]) and fits(parts[1:], globs[1:])


def covered(path: Path) -> bool:
    """Say whether pyproject's package-data names the file."""
    patterns = project()["tool"]["setuptools"]["package-data"].get(path.parts[0], [])
    return any(fits(path.parts[1:], Path(pattern).parts) for pattern in patterns)


def test_every_file_beside_the_code_is_named_as_package_data() -> None:
    read = [path for path in data_files() if not for_readers(path)]
    assert any(path.match("rules/packs/*.yaml") for path in read)
    assert [str(path) for path in read if not covered(path)] == []


@pytest.mark.parametrize(
    ("pattern", "path", "answer"),
    [
        ("packs/*.yaml", "packs/a.yaml", True),
        ("packs/*.yaml", "packs/deeper/a.yaml", False),
        ("t/**", "t/init/content/a.md", True),
        ("t/**/*", "t/a.md", True),
        ("t/**", "u/a.md", False),
    ],
)
def test_patterns_are_read_as_setuptools_reads_them(pattern: str, path: str, answer: bool) -> None:
    assert fits(Path(path).parts, Path(pattern).parts) is answer


def test_a_file_that_no_pattern_names_would_be_missed() -> None:
    assert covered(Path("rules/packs/momentum.yaml"))
    assert not covered(Path("rules/packs/deeper/momentum.yaml"))
    assert not covered(Path("rules/other/momentum.yaml"))


def test_every_folder_with_code_is_a_package_so_that_it_is_installed() -> None:
    folders = {path.parent for package in PACKAGES for path in (ROOT / package).rglob("*.py")}
    bare = sorted(
        str(folder.relative_to(ROOT)) for folder in folders if not (folder / "__init__.py").is_file()
    )
    # A folder of data may hold templates that end in .py; then it is named as package data.
    assert bare == []


def test_the_wheel_holds_rules_migrations_and_the_command(tmp_path: Path) -> None:
    version = metadata.version("setuptools")
    if tuple(int(part) for part in version.split(".")[:1]) < NEEDED:
        pytest.skip(f"setuptools {version} is here, building needs {NEEDED[0]}; getting it needs the network")
    source = tmp_path / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        copy2(ROOT / name, source / name)
    for package in PACKAGES:
        copytree(ROOT / package, source / package, ignore=ignore_patterns("__pycache__"))
    # What pip would call. An environment made by uv has no pip.
    build = f"from setuptools.build_meta import build_wheel; build_wheel({str(tmp_path)!r})"
    done = subprocess.run(
        [sys.executable, "-c", build], cwd=source, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    [wheel] = tmp_path.glob("drumbeat-*.whl")
    with zipfile.ZipFile(wheel) as opened:
        names = set(opened.namelist())
        entry = next(name for name in names if name.endswith("entry_points.txt"))
        assert "drumbeat = engine.cli.main:main" in opened.read(entry).decode()
    expected = {str(path) for path in data_files() if covered(path)}
    assert expected <= names
    assert any(name.startswith("engine/store/migrations/versions/v0001") for name in names)
    assert not any(name.startswith(("tests", "deploy")) for name in names)
