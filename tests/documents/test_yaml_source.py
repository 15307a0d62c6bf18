"""Reading YAML: positions, the core schema, limits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.documents import yaml_source
from engine.documents.source import Document
from engine.documents.textfile import MAX_BYTES
from engine.documents.yaml_source import MAX_ALIASES, MAX_DEPTH, MAX_NODES
from engine.domain.errors import DocumentError, Problem


def parse(text: str) -> Document:
    return yaml_source.parse(text, "plan.yaml", Path())[0]


def refused(text: str) -> Problem:
    with pytest.raises(DocumentError) as caught:
        yaml_source.parse(text, "plan.yaml", Path())
    return caught.value.problems[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("yes", "yes"),
        ("No", "No"),
        ("12:30", "12:30"),
        ("2026-03-01", "2026-03-01"),
        ("2026-03-01T09:00:00Z", "2026-03-01T09:00:00Z"),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("=", "="),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("", None),
        ("null", None),
        ("007", 7),
        ("-12", -12),
        ("0o17", 15),
        ("0xfF", 255),
        ("1.", 1.0),
        (".5", 0.5),
        ("-1.5e3", -1500.0),
        ("'5'", "5"),
        ('"true"', "true"),
        ("!!str 5", "5"),
        ("9223372036854775807", 2**63 - 1),
    ],
)
def test_a_plain_value_is_read_by_the_core_schema(text: str, value: Any) -> None:
    read = parse(f"field: {text}").data["field"]
    assert read == value
    assert type(read) is type(value)


def test_every_value_and_every_field_name_knows_its_place() -> None:
    document = parse("a:\n  - name: x\n    list: [1, {deep: here}]\n")
    place = document.place(("a", 0, "list", 1, "deep"))
    assert (place.line, place.column) == (3, 22)
    named = document.place(("a", 0, "list"), key=True)
    assert (named.line, named.column) == (3, 5)


def test_a_place_that_is_not_there_is_the_nearest_around_it() -> None:
    place = parse("a:\n  b: 1\n").place(("a", "missing", "deeper"))
    assert (place.line, place.column) == (2, 3)


def test_columns_count_characters_and_not_bytes() -> None:
    place = parse("é: {🌮: x}").place(("é", "🌮"))
    assert (place.line, place.column) == (1, 8)


def test_several_documents_in_one_file_keep_their_lines_and_empty_ones_are_left_out() -> None:
    documents = yaml_source.parse("---\na: 1\n---\n---\nb: 2\n", "plan.yaml", Path())
    assert [document.data for document in documents] == [{"a": 1}, {"b": 2}]
    assert documents[1].place(("b",)).line == 5


def test_a_reference_takes_the_value_and_its_own_place() -> None:
    document = parse("a: &x {k: 1}\nb: *x\n")
    assert document.data == {"a": {"k": 1}, "b": {"k": 1}}
    assert document.place(("b",)).line == 2
    assert document.place(("b", "k")).line == 1


def test_all_duplicates_and_tags_are_told_at_once() -> None:
    with pytest.raises(DocumentError) as caught:
        parse("a: 1\na: 2\nb: !!binary x\nc: 3\nc: 4\n")
    assert [problem.line for problem in caught.value.problems] == [2, 3, 5]


def test_the_largest_depth_is_allowed_and_one_more_is_not() -> None:
    assert parse("[" * MAX_DEPTH + "]" * MAX_DEPTH).data
    assert "deeper" in refused("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)).message


def test_depth_is_counted_through_references() -> None:
    chain = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, MAX_DEPTH))
    assert "deeper" in refused(chain).message


def test_too_many_values_are_refused() -> None:
    assert "more than" in refused("[" + "1, " * MAX_NODES + "1]").message


def test_too_many_references_are_refused() -> None:
    assert "references" in refused("a: &a 1\nb: [" + "*a, " * (MAX_ALIASES + 1) + "]").message


@pytest.mark.parametrize("text", ["? [a]\n: b\n", "{a: 1}: b\n", "*x : 1\n", "? {a: b}\n"])
def test_a_field_name_that_is_no_text_is_refused(text: str) -> None:
    assert refused("x: &x y\n" + text).line == 2


def test_a_quoted_merge_sign_is_an_ordinary_name() -> None:
    assert parse("'<<': 1").data == {"<<": 1}


@pytest.mark.parametrize(
    "number", ["9223372036854775808", "-1e999", "9" * 5000, "0x" + "f" * 30, ".nan", "-.INF"]
)
def test_a_number_beyond_64_bits_is_refused(number: str) -> None:
    assert refused(f"a: {number}").column == 4


@pytest.mark.parametrize("escape", ["\\0", "\\ud800", "\\x07"])
def test_a_character_that_no_store_keeps_is_refused_when_escaped_too(escape: str) -> None:
    problem = refused(f'a: "{escape}"')
    assert "control character" in problem.message or "escape" in problem.message


def test_a_byte_order_mark_is_no_part_of_the_plan(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert yaml_source.read(path)[0].data == {"a": 1}


def test_windows_line_ends_do_not_move_positions(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_bytes(b"a: 1\r\nb: 2\r\n")
    document = yaml_source.read(path)[0]
    assert (document.place(("b",)).line, document.data) == (2, {"a": 1, "b": 2})


def test_a_file_of_just_over_a_mebibyte_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("a: " + "x" * MAX_BYTES, encoding="utf-8")
    with pytest.raises(DocumentError, match="larger than 1024 KiB"):
        yaml_source.read(path)


def test_a_path_that_is_no_ordinary_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, Path("/dev/null"), tmp_path / "missing.yaml", tmp_path / "a\0b"):
        with pytest.raises(DocumentError) as caught:
            yaml_source.read(path)
        assert caught.value.problems[0].mend


def test_a_hundred_thousand_open_brackets_are_refused_at_the_limit() -> None:
    assert "deeper" in refused("[" * 100_000).message
