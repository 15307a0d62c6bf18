"""Names in a document: where they are given, where they are used, and the problem of one that does not exist."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from engine.documents.source import Document, Steps
from engine.documents.validate import describe
from engine.documents.words import choose, quoted
from engine.domain.errors import Problem


def values(document: Document, place: str) -> Iterator[tuple[Steps, str]]:
    """Yield the texts at a place (`*` stands for every entry of a list), with the steps to each."""
    yield from ((steps, data) for steps, data in entries(document, place) if isinstance(data, str))


def groups(document: Document, place: str) -> Iterator[tuple[Steps, dict[str, Any]]]:
    """Yield the groups of fields at a place, with the steps to each."""
    yield from ((steps, data) for steps, data in entries(document, place) if isinstance(data, dict))


def entries(document: Document, place: str) -> list[tuple[Steps, Any]]:
    """Return whatever stands at a place, with the steps to each."""
    found: list[tuple[Steps, Any]] = [((), document.data)]
    for part in place.split("/"):
        deeper: list[tuple[Steps, Any]] = []
        for steps, data in found:
            if part == "*" and isinstance(data, list):
                deeper.extend(((*steps, index), item) for index, item in enumerate(data))
            elif isinstance(data, dict) and part in data:
                deeper.append(((*steps, part), data[part]))
        found = deeper
    return found


def names_in(document: Document, listing: str) -> dict[str, Steps]:
    """Return the names given in a list of the document, with the place of each (the first, if given twice)."""
    names: dict[str, Steps] = {}
    for steps, name in values(document, f"{listing}/*/name"):
        names.setdefault(name, steps)
    return names


def unknown_name(
    document: Document, steps: Steps, noun: str, name: str, known: Sequence[str], home: Document | None = None
) -> Problem:
    """Return the problem of a name that is given nowhere in `home`, which is the document itself by default."""
    message = f"{describe(document, steps)} names the {noun} {quoted(name)}, and there is none of that name"
    where = "" if home is None or home is document else f" in {home.file}"
    plural = {"person": "people"}.get(noun, f"{noun}s")
    return document.problem(
        steps, message, choose(name, known, f"Add it to `{plural}`{where}, or remove this name.")
    )
