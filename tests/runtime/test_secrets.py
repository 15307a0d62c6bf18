from __future__ import annotations

from pathlib import Path

import pytest

from engine.domain.errors import SecretError
from engine.runtime.secrets import read_secret

VALUE = "hunter2-very-secret"


def test_a_secret_is_read_from_a_variable() -> None:
    assert read_secret("env:BLOG_TOKEN", {"BLOG_TOKEN": VALUE}).get_secret_value() == VALUE


def test_a_secret_is_read_from_a_file_without_its_last_line_break(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_bytes(f" {VALUE} \r\n".encode())
    assert read_secret(f"file:{file}").get_secret_value() == f" {VALUE} "


def test_a_rotated_file_is_seen_at_the_next_read(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("old")
    assert read_secret(f"file:{file}").get_secret_value() == "old"
    file.write_text("new")
    assert read_secret(f"file:{file}").get_secret_value() == "new"


def test_a_secret_does_not_show_itself() -> None:
    assert VALUE not in repr(read_secret("env:BLOG_TOKEN", {"BLOG_TOKEN": VALUE}))


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("env:MISSING", "not set"),
        ("env:EMPTY", "is empty"),
        ("env:DRUMBEAT_DATABASE_URL", "setting of the engine"),
        ("file:relative/token", "absolute path"),
        ("file:/nowhere/token", "No such file"),
    ],
)
def test_an_error_names_the_reference(reference: str, reason: str) -> None:
    environ = {"EMPTY": "", "DRUMBEAT_DATABASE_URL": VALUE}
    with pytest.raises(SecretError, match=reason) as caught:
        read_secret(reference, environ)
    assert reference in str(caught.value)
    assert VALUE not in str(caught.value)


@pytest.mark.parametrize("pasted", [VALUE, f"token:{VALUE}", "env:", "file:"])
def test_a_value_pasted_instead_of_a_reference_is_refused_and_not_repeated(pasted: str) -> None:
    with pytest.raises(SecretError, match="by reference") as caught:
        read_secret(pasted, {})
    assert VALUE not in str(caught.value)


@pytest.mark.parametrize(("content", "reason"), [(b"\xff\xfe", "UTF-8"), (b"x" * 70_000, "longer than")])
def test_a_file_that_is_no_secret_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    with pytest.raises(SecretError, match=reason):
        read_secret(f"file:{file}")


def test_a_secret_under_the_free_prefix_is_read() -> None:
    environ = {"DRUMBEAT_SECRET_BLOG": VALUE}
    assert read_secret("env:DRUMBEAT_SECRET_BLOG", environ).get_secret_value() == VALUE
