"""Installing what the real servers need into `.real/`, once: nothing of the machine itself is changed.

Debian's packages are unpacked there, not installed; npm's and pip's go into folders of their own. Versions are pinned
by each launcher: pip and npm exactly, Debian's by the beginning of the version, because the archive keeps one only.
Nobody need be root. What cannot be had on a machine is skipped with the reason.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from filelock import FileLock

CACHE = Path(__file__).parents[2] / ".real"
_MINUTES = 60
_MOST_SAID = 500
# The release of Debian whose versions the launchers pin.
_PINNED_FOR = "bookworm"


def debian(name: str, pins: Mapping[str, str], *, without: Sequence[str] = ()) -> Path:
    """Unpack Debian packages and what they need beyond this machine; return the folder that is their root.

    `pins` maps each package to the beginning of its version. `without` names needed packages to leave out.
    """
    if shutil.which("apt-get") is None:
        pytest.skip(f"{name} comes from Debian's packages, and this machine has no apt-get")
    folder = CACHE / f"debian-{name}"
    wanted = {"pins": dict(pins), "without": list(without), "release": _release()}
    with _once(name, folder, wanted) as fresh:
        if fresh:
            packages = folder / "packages"
            try:
                chosen = _download(pins, without, packages)
            except InstallError:  # a new machine has no lists of packages, or old ones
                chosen = _download(pins, without, packages, _own_lists())
            for package in sorted(packages.glob("*.deb")):
                _run(["dpkg-deb", "-x", package, folder / "root"], cwd=folder)
            shutil.rmtree(packages)
            (folder / "versions").write_text("\n".join(sorted(chosen)) + "\n", encoding="utf-8")
    return folder / "root"


def npm(name: str, packages: Mapping[str, str], *, scripts: bool = True) -> Path:
    """Install packages of npm at exact versions; return the folder in which node finds them."""
    if shutil.which("npm") is None:
        pytest.skip(
            f"{name} comes from npm, and this machine has none; install the Debian packages nodejs and npm"
        )
    folder = CACHE / f"npm-{name}"
    with _once(name, folder, {"packages": dict(packages)}) as fresh:
        if fresh:
            (folder / "package.json").write_text(json.dumps({"private": True}), encoding="utf-8")
            exact = [f"{package}@{version}" for package, version in packages.items()]
            options = ["--no-audit", "--no-fund", "--save-exact", *([] if scripts else ["--ignore-scripts"])]
            _run(["npm", "install", *options, *exact], cwd=folder)
    return folder


def npm_ci(name: str, lock: Path) -> Path:
    """Install exactly what the folder's `package-lock.json` names; return the folder in which node finds it.

    For servers of hundreds of packages that ask each other for ranges of versions.
    """
    if shutil.which("npm") is None:
        pytest.skip(
            f"{name} comes from npm, and this machine has none; install the Debian packages nodejs and npm"
        )
    folder, files = CACHE / f"npm-{name}", ("package.json", "package-lock.json")
    wanted = {file: hashlib.sha256((lock / file).read_bytes()).hexdigest() for file in files}
    with _once(name, folder, wanted) as fresh:
        if fresh:
            for file in files:
                shutil.copy(lock / file, folder)
            _run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder)
    return folder


def pip(name: str, packages: Mapping[str, str]) -> Path:
    """Install packages of pip at exact versions into an environment of their own; return its bin folder."""
    folder = CACHE / f"pip-{name}"
    wanted = {"packages": dict(packages), "python": list(sys.version_info[:2])}
    with _once(name, folder, wanted) as fresh:
        if fresh:
            _run([sys.executable, "-m", "venv", folder / "env"], cwd=folder)
            exact = [f"{package}=={version}" for package, version in packages.items()]
            installer: list[str | Path] = [
                folder / "env" / "bin" / "python",
                "-m",
                "pip",
                "install",
                "--quiet",
            ]
            _run([*installer, "--disable-pip-version-check", *exact], cwd=folder)
    return folder / "env" / "bin"


class InstallError(Exception):
    """Something cannot be installed here."""


class _once:  # noqa: N801 - reads as a statement
    """Hold the folder's lock; say whether it must be made anew, and mark it as made when all went well.

    Skips when it cannot be made on this machine.
    """

    def __init__(self, name: str, folder: Path, wanted: object) -> None:
        self._name = name
        self._folder, self._mark = folder, folder / "made-of.json"
        self._wanted = json.dumps(wanted, sort_keys=True)
        self._lock = FileLock(f"{folder}.lock")
        self._fresh = False

    def __enter__(self) -> bool:
        CACHE.mkdir(exist_ok=True)
        self._lock.acquire()
        there = self._mark.exists() and self._mark.read_text(encoding="utf-8") == self._wanted
        if not there:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder.mkdir()
        self._fresh = not there
        return self._fresh

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if self._fresh and error is None:
            self._mark.write_text(self._wanted, encoding="utf-8")
        self._lock.release()
        if isinstance(error, InstallError):
            pytest.skip(f"{self._name} cannot be installed on this machine: {error}")


def _release() -> str:
    words = Path("/etc/os-release").read_text(encoding="utf-8")
    found = re.search(r'^VERSION_CODENAME="?(\w+)', words, re.MULTILINE)
    return found.group(1) if found else "unknown"


def _own_lists() -> list[str]:
    """Read the archive's lists into the cache; return the options with which apt uses them."""
    place = CACHE / "apt"
    for folder in ("lists", "archives"):
        (place / folder / "partial").mkdir(parents=True, exist_ok=True)
    options = ["-o", f"Dir::State::lists={place}/lists", "-o", f"Dir::Cache={place}"]
    _run(["apt-get", *options, "update"], cwd=CACHE)
    return options


def _download(
    pins: Mapping[str, str], without: Sequence[str], into: Path, options: Sequence[str] = ()
) -> list[str]:
    """Download every package that is to be unpacked; return them as name=version."""
    chosen = _resolved(pins, without, options)
    into.mkdir(exist_ok=True)
    _run(["apt-get", *options, "download", *chosen], cwd=into)
    return chosen


def _resolved(pins: Mapping[str, str], without: Sequence[str], options: Sequence[str]) -> list[str]:
    """Return every package that is to be unpacked, as name=version."""
    command = ["apt-get", *options, "install", "--simulate", "--no-install-recommends", *pins]
    simulated = _run(command, cwd=CACHE)
    needed = dict(re.findall(r"^Inst (\S+) (?:\[\S+\] )?\((\S+)", simulated, re.MULTILINE))
    # What is installed already is still unpacked when it was asked for by name, so that its version is ours.
    for package in pins:
        if package not in needed:
            shown = _run(["apt-cache", *options, "policy", package], cwd=CACHE)
            needed[package] = re.findall(r"Candidate: (\S+)", shown)[0]
    for package, start in pins.items():
        if not needed[package].startswith(start):
            offer = f"Debian offers {package} {needed[package]} here, and these tests are for {start}…"
            if _release() != _PINNED_FOR:
                raise InstallError(f"{offer} of {_PINNED_FOR}")
            pytest.fail(f"{offer}: look what has changed, then move the pin in the launcher.")
    left_out = {name for name in needed if name not in pins and name.startswith(tuple(without) or ("\0",))}
    return [f"{name}={version}" for name, version in needed.items() if name not in left_out]


def _run(command: Sequence[str | Path], *, cwd: Path) -> str:
    done = subprocess.run(
        command,
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=30 * _MINUTES,
        env={**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"},
    )
    if done.returncode != 0:
        said = " ".join(done.stderr[-_MOST_SAID:].split())
        raise InstallError(f"{Path(command[0]).name} failed ({done.returncode}): {said}")
    return done.stdout
