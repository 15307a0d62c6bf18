"""Places inside texts: whichever way YAML lets a text be written, each of its characters is found in the file."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from engine.documents.written import place_within
from engine.documents.yaml_source import parse

STEPS = ("rules", 0, "expr")
words = st.text(st.sampled_from("ab.\"'\\>#:&|é€%=(" + "\N{GRINNING FACE}"), min_size=1, max_size=12)
texts = st.lists(words, min_size=1, max_size=12).flatmap(
    lambda parts: st.lists(
        st.sampled_from([" ", "  ", "\n", "\n\n"]), min_size=len(parts), max_size=len(parts)
    ).map(lambda gaps: "".join(word + gap for word, gap in zip(parts, gaps, strict=True)).strip())
)


def written_as(text: str, style: str | None, width: int) -> str:
    """Return a plan in which the text is written in this style, in lines of about this width."""
    data = {"name": "x", "rules": [{"expr": text}]}

    class Dumper(yaml.SafeDumper):
        """Writes only the one text in the style under test."""

    Dumper.add_representer(
        str,
        lambda self, value: self.represent_scalar(
            "tag:yaml.org,2002:str", value, style=style if value == text else None
        ),
    )
    return yaml.dump(data, Dumper=Dumper, width=width, allow_unicode=True)


@pytest.mark.parametrize("style", [None, "'", '"', "|", ">"])
@given(text=texts, width=st.sampled_from([10, 30, 1000]), above=st.integers(0, 3))
def test_every_visible_character_is_found_in_the_file(
    style: str | None, text: str, width: int, above: int
) -> None:
    plan = "#\n" * above + written_as(text, style, width)
    (document,) = parse(plan, "plan.yaml", Path())
    assert document.data["rules"][0]["expr"] == text
    lines = plan.splitlines()
    for offset, char in enumerate(text):
        if not char.isspace():
            place = place_within(document, STEPS, text, offset)
            there = lines[place.line - 1][place.column - 1]
            assert there == char or (style != "|" and there == "\\")


CASES = {
    "plain": ("expr: abc def", (1, 11)),
    "plain over two lines": ("expr: abc\n  def", (2, 3)),
    "single quotes, one doubled": ("expr: 'a''c def'", (1, 13)),
    "double quotes with an escape": ('expr: "a\\x62c def"', (1, 15)),
    "double quotes, the line break escaped": ('expr: "abc\\\n  \\ def"', (2, 5)),
    "a block with a comment in its header": ("expr: |- # why\n  abc\n  def", (3, 3)),
    "folded": ("expr: >-\n  abc\n  def", (3, 3)),
    "behind an anchor": ("expr: &name abc def", (1, 17)),
}


@pytest.mark.parametrize("case", CASES)
def test_a_place_inside_a_text_is_told_for(case: str) -> None:
    plan, place = CASES[case]
    (document,) = parse(plan, "plan.yaml", Path())
    text = document.data["expr"]
    found = place_within(document, ("expr",), text, text.index("d"))
    assert (found.line, found.column) == place


def test_a_text_used_again_by_reference_is_found_where_it_is_written() -> None:
    (document,) = parse("a: &x abc\nb: *x", "plan.yaml", Path())
    found = place_within(document, ("b",), "abc", 2)
    assert (found.line, found.column) == (1, 9)


def test_what_is_missing_at_the_end_is_told_right_after_the_last_character() -> None:
    (document,) = parse("a: |\n  abc &&   \n\n", "plan.yaml", Path())
    found = place_within(document, ("a",), "abc &&", 6)
    assert (found.line, found.column) == (2, 9)


def test_front_matter_counts_the_lines_above_it() -> None:
    (document,) = parse("title: abc", "post.md", Path(), first_line=2)
    found = place_within(document, ("title",), "abc", 1)
    assert (found.line, found.column) == (2, 9)
