"""Where each character of a text stands in its file, whichever of YAML's five ways it is written in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from engine.documents.source import Document, Place, Steps, Written

_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", " ": " ", "_": "\xa0", "N": "\x85", "L": "\u2028", "P": "\u2029"}
_HEX = {"x": 2, "u": 4, "U": 8}


_Raw = Iterator[tuple[Place, str]]


def place_within(document: Document, steps: Steps, text: str, offset: int) -> Place:
    """Return where the character at `offset` of the `text` at `steps` stands; its end is right after its last one.

    Folding and indentation only change spaces and line breaks, so the characters one can see are counted: the n-th
    of the text is the n-th in the file. The text may have been stripped.
    """
    node = document.node(steps)
    if node is None or node.written is None:
        return document.place(steps)
    seen = sum(not char.isspace() for char in text[:offset])
    between = offset >= len(text) or text[offset].isspace()
    wanted = max(seen - 1, 0) if between else seen
    visible = _visible(document.lines, document.first_line, node.written)
    place = next(islice(visible, wanted, None), node.place)
    return Place(place.line, place.column + 1) if between and seen else place


def _visible(lines: Sequence[str], first_line: int, written: Written) -> Iterator[Place]:
    raw = _after_properties(_characters(lines, first_line, written.place))
    if written.style == '"':
        return _double_quoted(raw)
    if written.style == "'":
        return _single_quoted(raw)
    return _plain(_below_header(raw) if written.style in {"|", ">"} else raw)


def _characters(lines: Sequence[str], first_line: int, start: Place) -> _Raw:
    for number, line in enumerate(lines[start.line - first_line :], start=start.line):
        first = start.column - 1 if number == start.line else 0
        for column, char in enumerate(line[first:], start=first + 1):
            yield Place(number, column), char
        yield Place(number, len(line) + 1), "\n"


def _after_properties(raw: _Raw) -> _Raw:
    """Leave out an anchor and a tag, which stand before the text they belong to."""
    inside = False
    for place, char in raw:
        inside = not char.isspace() if inside else char in "&!"
        if not inside and not char.isspace():
            yield place, char
            break
    yield from raw


def _below_header(raw: _Raw) -> _Raw:
    for _, char in raw:
        if char == "\n":
            break
    yield from raw


def _plain(raw: _Raw) -> Iterator[Place]:
    return (place for place, char in raw if not char.isspace())


def _single_quoted(raw: _Raw) -> Iterator[Place]:
    next(raw, None)
    for place, char in raw:
        if char == "'":
            next(raw, None)  # written twice it is one; the closing one comes after all that is asked for
        if not char.isspace():
            yield place


def _double_quoted(raw: _Raw) -> Iterator[Place]:
    next(raw, None)
    for place, char in raw:
        if char == "\\":
            code = next(raw, (place, "\n"))[1]
            if code in _HEX:
                digits = "".join(digit for _, digit in islice(raw, _HEX[code]))
                code = chr(int(digits, 16))
            elif code != "\n":
                code = _ESCAPED.get(code, code)
            if not code.isspace():
                yield place
        elif not char.isspace():
            yield place
