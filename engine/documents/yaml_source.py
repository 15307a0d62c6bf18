"""Plan files as plain data with positions: YAML read event by event, nothing constructed, everything bounded.

Plain values are resolved by the YAML 1.2 core schema: `on`, `yes`, `12:30` and `2026-03-01` are texts, only `true`
and `false` are booleans. Refused with a word: duplicate fields, tags, merge keys, fields whose name is no text,
numbers that are infinite or beyond 64 bits, characters that no text file should hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from engine.documents.source import Document, Node, Place, Written
from engine.documents.syntax import explain
from engine.documents.textfile import FORBIDDEN, read_text, refuse
from engine.domain.errors import DocumentError, Problem

MAX_DEPTH = 32
MAX_NODES = 50_000
MAX_ALIASES = 200

_Parser: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULL = {"", "~", "null", "Null", "NULL"}
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_INT64 = 2**63
_LONGEST_NUMBER = 40


def read(path: Path, file: str | None = None) -> tuple[Document, ...]:
    """Read the YAML documents of a file, empty ones left out. Raises DocumentError with all problems found."""
    name = file or str(path)
    documents = parse(read_text(path, name), name, path.parent)
    if not documents:
        refuse(
            name,
            "the file is empty",
            "Write a plan into it, or remove it; `drumbeat init` writes a first one.",
        )
    return documents


def parse(text: str, file: str, folder: Path, *, first_line: int = 1) -> tuple[Document, ...]:
    """Read the YAML documents of a text that begins at `first_line` of `file`. Raises DocumentError."""
    builder = _Builder(file, first_line)
    lines = _LINE_BREAK.split(text)
    try:
        roots = builder.documents(yaml.parse(text, Loader=_Parser))
    except yaml.MarkedYAMLError as error:
        line, column, message, mend = explain(error, lines)
        builder.problems.append(Problem(file, line + first_line - 1, column, message, mend))
    except yaml.YAMLError as error:
        builder.problems.append(
            Problem(file, first_line, 1, f"this is not YAML: {error}", "Write plain text.")
        )
    if builder.problems:
        raise DocumentError(builder.problems)
    return tuple(Document(file, folder, root, lines, first_line) for root in roots if root.data is not None)


class _Stop(Exception):  # noqa: N818 - not an error: it only ends the reading
    """Reading ends here; the problem has been noted."""


class _Builder:
    """Builds nodes from parser events, within the limits; notes problems and goes on where it can."""

    def __init__(self, file: str, first_line: int) -> None:
        self.problems: list[Problem] = []
        self._file = file
        self._first = first_line
        self._anchors: dict[str, Node | None] = {}
        self._size = 0
        self._aliases = 0
        self._events: Iterator[yaml.Event] = iter(())

    def documents(self, events: Iterator[yaml.Event]) -> list[Node]:
        self._events = events
        roots: list[Node] = []
        try:
            for event in events:
                if isinstance(event, yaml.DocumentStartEvent):
                    self._anchors = {}
                    roots.append(self._node(next(events), depth=1))
        except _Stop:
            return []
        return roots

    def _note(self, event: yaml.Event, message: str, mend: str) -> None:
        place = self._place(event)
        self.problems.append(Problem(self._file, place.line, place.column, message, mend))

    def _stop(self, event: yaml.Event, message: str, mend: str) -> _Stop:
        self._note(event, message, mend)
        return _Stop()

    def _place(self, event: yaml.Event) -> Place:
        mark = event.start_mark
        return Place(mark.line + self._first, mark.column + 1) if mark else Place(self._first, 1)

    def _node(self, event: yaml.Event, depth: int) -> Node:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, depth)
        self._count(event, 1, depth, 1)
        anchor = getattr(event, "anchor", None)
        if anchor is not None:
            self._anchors[anchor] = None
        self._refuse_tag(event)
        build: Callable[[Any, int], Node] = self._scalar
        if isinstance(event, yaml.MappingStartEvent):
            build = self._mapping
        elif isinstance(event, yaml.SequenceStartEvent):
            build = self._sequence
        node = build(event, depth)
        if anchor is not None:
            self._anchors[anchor] = node
        return node

    def _count(self, event: yaml.Event, size: int, depth: int, height: int) -> None:
        if depth + height - 1 > MAX_DEPTH:
            raise self._stop(
                event, f"this is nested deeper than {MAX_DEPTH} levels", "Make the plan flatter."
            )
        self._size += size
        if self._size > MAX_NODES:
            raise self._stop(
                event,
                f"with all its references written out the document has more than {MAX_NODES:,} values",
                "Split it into several files, or use fewer references (`*name`).",
            )

    def _alias(self, event: yaml.AliasEvent, depth: int) -> Node:
        name = event.anchor or ""
        target = self._anchors.get(name)
        if target is None:
            circular = name in self._anchors
            what = (
                "refers to itself from within"
                if circular
                else "refers to an anchor that does not exist above it"
            )
            raise self._stop(
                event,
                f"the reference *{name} {what}",
                "Write the value out." if circular else f"If it is a text, put it in quotes: '*{name}'.",
            )
        self._aliases += 1
        if self._aliases > MAX_ALIASES:
            raise self._stop(event, f"there are more than {MAX_ALIASES} references", "Write the values out.")
        self._count(event, target.size, depth, target.height)
        return replace(target, place=self._place(event))

    def _refuse_tag(self, event: Any) -> None:
        tag = event.tag
        if tag in {None, "!", "tag:yaml.org,2002:str"}:
            return
        short = tag.replace("tag:yaml.org,2002:", "!!")
        self._note(
            event,
            f"the tag {short} is not read: a plan is plain data",
            "Remove the tag; quote the value if it is a text.",
        )

    def _scalar(self, event: yaml.ScalarEvent, depth: int) -> Node:  # noqa: ARG002 - one shape for all kinds
        plain = event.style in {None, ""} and event.tag is None
        if not plain:
            self._refuse_escaped(event)
        place = self._place(event)
        written = Written(place, event.style or "")
        return Node(self._plain(event) if plain else event.value, place, written=written)

    def _refuse_escaped(self, event: yaml.ScalarEvent) -> None:
        match = FORBIDDEN.search(event.value)
        if match:
            code = f"U+{ord(match.group()):04X}"
            self._note(
                event, f"this text holds the control character {code}", "Remove the escape that writes it."
            )

    def _plain(self, event: yaml.ScalarEvent) -> Any:
        text = event.value
        if text in _NULL:
            return None
        if text in _BOOL:
            return _BOOL[text]
        if _NOT_FINITE.fullmatch(text):
            self._note(event, f"{text} is not a number that can be reached", "Write a finite number.")
            return 0
        if _INT.fullmatch(text) or _FLOAT.fullmatch(text):
            return self._number(event, text)
        return text

    def _number(self, event: yaml.ScalarEvent, text: str) -> int | float:
        number: int | float = _INT64
        if len(text) <= _LONGEST_NUMBER:
            number = _to_number(text)
        if not -_INT64 <= number < _INT64:
            self._note(
                event, "this number is too large", "Write a smaller one, or put it in quotes if it is a text."
            )
            return 0
        return number

    def _sequence(self, event: yaml.SequenceStartEvent, depth: int) -> Node:
        parts: list[Node] = []
        for item in self._events:
            if isinstance(item, yaml.SequenceEndEvent):
                break
            parts.append(self._node(item, depth + 1))
        return _group([part.data for part in parts], self._place(event), dict(enumerate(parts)), {})

    def _mapping(self, event: yaml.MappingStartEvent, depth: int) -> Node:
        parts: dict[str | int, Node] = {}
        keys: dict[str, Place] = {}
        for item in self._events:
            if isinstance(item, yaml.MappingEndEvent):
                break
            name = self._key(item, keys)
            value = self._node(next(self._events), depth + 1)
            if name is not None and name not in keys:
                keys[name], parts[name] = self._place(item), value
        return _group({key: part.data for key, part in parts.items()}, self._place(event), parts, keys)

    def _key(self, event: yaml.Event, keys: Mapping[str, Place]) -> str | None:
        """Return the field's name, or None (with a problem noted) when it cannot be one."""
        if not isinstance(event, yaml.ScalarEvent):
            raise self._stop(
                event, "a list, a group or a reference stands where a field's name belongs",
                "If this is a text with braces or brackets, put it in quotes.",
            )  # fmt: skip
        self._refuse_tag(event)
        name = self._scalar(event, 0).data
        if name == "<<" and event.style in {None, ""}:
            self._note(
                event,
                "merge keys (<<) are not read: what a plan says stands in one place",
                "Write the fields out.",
            )
            return None
        if not isinstance(name, str):
            shown = event.value or "nothing"
            self._note(
                event,
                f"{shown} stands where a field's name belongs",
                f"If it is meant, put it in quotes: '{event.value}'.",
            )
            return None
        if name in keys:
            first = keys[name]
            self._note(
                event,
                f"the field `{name}` stands here a second time (first in line {first.line})",
                "Keep one of the two.",
            )
        return name


def _to_number(text: str) -> int | float:
    if text.startswith(("0o", "0x")):
        return int(text, 0)
    return int(text) if _INT.fullmatch(text) else float(text)


def _group(data: Any, place: Place, parts: Mapping[str | int, Node], keys: Mapping[str, Place]) -> Node:
    size = 1 + sum(part.size for part in parts.values())
    height = 1 + max((part.height for part in parts.values()), default=0)
    return Node(data, place, parts, keys, size, height)
