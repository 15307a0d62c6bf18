"""The key of kept sessions: made once beside the data, or given as a file; a wrong one is told and never repeated."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from engine.domain.errors import EngineError
from engine.runtime.sealing import seal_of
from engine.runtime.settings import load_settings


def test_a_key_is_made_at_the_first_start_for_the_engines_user_alone(tmp_path: Path) -> None:
    settings = load_settings({}, home=tmp_path / "data")
    sealed = seal_of(settings).close("acme/sky", {"access": "a"})
    key = tmp_path / "data" / "session.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in key.parent.iterdir()] == ["session.key"]
    assert seal_of(settings).open("acme/sky", sealed) == {"access": "a"}


def test_of_many_that_start_together_one_makes_the_key(tmp_path: Path) -> None:
    settings = load_settings({}, home=tmp_path)
    with ThreadPoolExecutor(8) as threads:
        seals = list(threads.map(lambda _: seal_of(settings), range(16)))
    sealed = seals[0].close("acme/sky", {"access": "a"})
    assert [seal.open("acme/sky", sealed) for seal in seals] == [{"access": "a"}] * 16
    assert [path.name for path in tmp_path.iterdir()] == ["session.key"]


def test_a_lost_key_is_made_anew(tmp_path: Path) -> None:
    settings = load_settings({}, home=tmp_path)
    sealed = seal_of(settings).close("acme/sky", {"access": "a"})
    (tmp_path / "session.key").unlink()
    assert seal_of(settings).open("acme/sky", sealed) == {}


def test_a_file_of_ones_own_holds_a_key_in_each_line_and_the_first_closes(tmp_path: Path) -> None:
    new, old = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    file = tmp_path / "keys"
    settings = load_settings({"DRUMBEAT_SESSION_KEY_FILE": str(file)}, home=tmp_path / "data")
    file.write_text(f"{old}\n", encoding="ascii")
    before = seal_of(settings).close("acme/sky", {"access": "a"})
    file.write_text(f"# of this year\n{new}\n\n{old}\n", encoding="ascii")
    seal = seal_of(settings)
    assert seal.open("acme/sky", before) == {"access": "a"}
    after = seal.close("acme/sky", {"access": "b"})
    file.write_text(new, encoding="ascii")
    assert seal_of(settings).open("acme/sky", after) == {"access": "b"}
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("text", ["", "# nothing\n", "hunter2-Zq8\n", "ü\n"])
def test_a_file_without_a_key_stops_the_worker_and_is_not_repeated(tmp_path: Path, text: str) -> None:
    (tmp_path / "session.key").write_text(text, encoding="utf-8")
    with pytest.raises(EngineError, match=r"session\.key holds no key") as caught:
        seal_of(load_settings({}, home=tmp_path))
    assert "hunter2" not in str(caught.value)
    assert (tmp_path / "session.key").read_text(encoding="utf-8") == text


def test_a_file_of_ones_own_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    settings = load_settings({"DRUMBEAT_SESSION_KEY_FILE": str(tmp_path / "keys")}, home=tmp_path)
    with pytest.raises(EngineError, match="DRUMBEAT_SESSION_KEY_FILE"):
        seal_of(settings)
    assert list(tmp_path.iterdir()) == []
