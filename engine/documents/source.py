"""A document as it was read: plain data in which every value and every field name knows its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.domain.errors import Problem

Steps = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a file; line and column count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Written:
    """How a single value is written: where it begins, and in which style, `'`, `"`, `|`, `>` or plainly (nothing)."""

    place: Place
    style: str


@dataclass(frozen=True, slots=True)
class Node:
    """One value: its plain data, its place, its parts, and the places of its field names.

    `size` counts the values in it with aliases unfolded, `height` how deep they are nested. `written` is how a single
    value is written; a reference to one (`*name`) has it too.
    """

    data: Any
    place: Place
    parts: Mapping[str | int, Node] = field(default_factory=dict)
    keys: Mapping[str, Place] = field(default_factory=dict)
    size: int = 1
    height: int = 1
    written: Written | None = None


@dataclass(frozen=True)
class Document:
    """One YAML document of a file. `file` is named as the user named it; `folder` is where it lies.

    `lines` are those of the whole text that the document stands in, the first of which is line `first_line` of the file.
    """

    file: str
    folder: Path
    root: Node
    lines: Sequence[str] = ()
    first_line: int = 1

    @property
    def data(self) -> Any:
        """Return the document as dicts with text keys, lists, texts, numbers, booleans and None."""
        return self.root.data

    def node(self, steps: Steps) -> Node | None:
        """Return the value at `steps`, or None where there is none."""
        node: Node | None = self.root
        for step in steps:
            node = node.parts.get(step) if node else None
        return node

    def place(self, steps: Steps, *, key: bool = False) -> Place:
        """Return the place of the value (or the field name) at `steps`, or of the nearest one around it."""
        node, named = self.root, self.root.place
        for step in steps:
            if step not in node.parts:
                return node.place
            named = node.keys.get(str(step), node.parts[step].place)
            node = node.parts[step]
        return named if key else node.place

    def problem(self, steps: Steps, message: str, mend: str, *, key: bool = False) -> Problem:
        """Return a Problem at the place of `steps`."""
        place = self.place(steps, key=key)
        return Problem(self.file, place.line, place.column, message, mend)
