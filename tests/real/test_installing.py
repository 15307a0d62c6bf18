"""What a machine lacks is skipped with the reason; a version that has moved on is not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.real import installing
from tests.real.installing import InstallError

PINS = {"redis-server": "5:7.0."}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installing, "CACHE", tmp_path)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")


def install() -> None:
    """Install it; to be left out is a failure here."""
    try:
        installing.debian("redis", PINS)
    except pytest.skip.Exception as skipped:
        pytest.fail(str(skipped))


def machine(monkeypatch: pytest.MonkeyPatch, *, candidate: str = "", knows: bool = True) -> list[str]:
    """Play apt: with a candidate for every package, and lists of its own or only those that are fetched."""
    ran: list[str] = []

    def run(command: Sequence[str | Path], *, cwd: Path) -> str:
        line = " ".join(map(str, command))
        ran.append(line)
        if not candidate or (not knows and line.startswith("apt") and "Dir::State::lists" not in line):
            raise InstallError("apt-get failed (100): E: Unable to locate package")
        if "download" in line:
            (cwd / "redis.deb").touch()
        return f"Candidate: {candidate}"

    monkeypatch.setattr(installing, "_run", run)
    return ran


def test_what_cannot_be_had_is_skipped_with_the_reason_and_tried_again_the_next_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine(monkeypatch)
    with pytest.raises(pytest.skip.Exception, match="redis cannot be installed on this machine: apt-get"):
        installing.debian("redis", PINS)
    ran = machine(monkeypatch, candidate="5:7.0.15")
    install()
    assert any("download redis-server=5:7.0.15" in line for line in ran)


def test_a_machine_without_lists_of_packages_is_given_some_that_are_not_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ran = machine(monkeypatch, candidate="5:7.0.15", knows=False)
    install()
    (update,) = [line for line in ran if line.endswith("update")]
    assert f"Dir::State::lists={tmp_path}" in update


@pytest.mark.parametrize(("release", "end"), [("bookworm", "Failed"), ("trixie", "Skipped")])
def test_another_version_fails_on_the_release_of_the_pins_and_is_skipped_on_others(
    monkeypatch: pytest.MonkeyPatch, release: str, end: str
) -> None:
    machine(monkeypatch, candidate="5:8.0.1")
    monkeypatch.setattr(installing, "_release", lambda: release)
    with pytest.raises(BaseException, match=r"offers redis-server 5:8\.0\.1") as caught:
        installing.debian("redis", PINS)
    assert type(caught.value).__name__ == end


def test_without_npm_the_sentence_says_where_it_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    with pytest.raises(pytest.skip.Exception, match="install the Debian packages nodejs and npm"):
        installing.npm_ci("bluesky", Path())
