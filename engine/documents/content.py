"""Content folders: Markdown files with front matter, one file an item, in the order of their names."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import StringConstraints

from engine.documents import yaml_source
from engine.documents.images import Completing
from engine.documents.source import Document, Place, Steps
from engine.documents.textfile import read_text
from engine.documents.validate import describe, validate
from engine.documents.words import quoted
from engine.domain.base import Model, Name
from engine.domain.errors import DocumentError, Problem
from engine.domain.items import ContentItem, Image, Variant

MAX_FILES = 1000
MAX_TOTAL = 4 << 20
_ENDINGS = {".md", ".markdown"}
_FENCE = "---"


class FrontMatter(Model):
    """The fields that a Markdown file may begin with, between two lines of `---`."""

    id: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    title: str = ""
    tags: tuple[str, ...] = ()
    link: str | None = None
    images: tuple[Image, ...] = ()
    variants: dict[Name, Variant] = {}


@dataclass(frozen=True)
class Item:
    """A content item and where it stands."""

    item: ContentItem
    file: str
    place: Place


def read_folder(
    strategy: Document, steps: Steps, folder: str, channels: Collection[str]
) -> tuple[list[Item], list[Problem]]:
    """Read the items of a content folder, named at `steps` of the strategy and relative to its file.

    `channels` are those for which an item may have a variant. Files are sorted by name; hidden ones and other endings are left out. Returns the items, and what is wrong.
    """
    where = describe(strategy, steps)
    path = strategy.folder / folder
    try:
        files = _files(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "this is no path"
        missing = isinstance(error, FileNotFoundError | NotADirectoryError)
        message = (
            f"{where}: there is no folder {quoted(folder)}"
            if missing
            else f"{where} cannot be read: {reason}"
        )
        return [], [
            strategy.problem(
                steps, message, "Create the folder, or correct the path: it starts at the plan's file."
            )
        ]
    if not files:
        message = f"{where}: the folder {quoted(folder)} holds no Markdown file"
        return [], [strategy.problem(steps, message, "Put at least one file ending .md into it.")]
    if len(files) > MAX_FILES:
        message = f"{where}: the folder {quoted(folder)} holds more than {MAX_FILES} files"
        return [], [strategy.problem(steps, message, "Move what has been used to another folder.")]
    if sum(file.stat().st_size for file in files) > MAX_TOTAL:
        message = f"{where}: the folder {quoted(folder)} holds more than {MAX_TOTAL >> 20} MiB of text"
        return [], [strategy.problem(steps, message, "Move what has been used to another folder.")]
    return _items(files, str(Path(strategy.file).parent / folder), channels)


def _files(path: Path) -> list[Path]:
    return sorted(
        child
        for child in path.iterdir()
        if child.suffix.lower() in _ENDINGS and not child.name.startswith(".") and child.is_file()
    )


def _items(files: list[Path], folder: str, channels: Collection[str]) -> tuple[list[Item], list[Problem]]:
    items: list[Item] = []
    problems: list[Problem] = []
    first: dict[str, str] = {}
    for path in files:
        try:
            read = _item(path, str(Path(folder) / path.name), channels)
        except DocumentError as error:
            problems.extend(error.problems)
            continue
        if read.item.id in first:
            message = f"the id {quoted(read.item.id)} is used by {first[read.item.id]} already"
            problems.append(
                Problem(
                    read.file, read.place.line, read.place.column, message, "Give each file an id of its own."
                )
            )
        first.setdefault(read.item.id, read.file)
        items.append(read)
    return items, problems


def _item(path: Path, file: str, channels: Collection[str]) -> Item:
    """Read one Markdown file. Raises DocumentError."""
    front, body = _parts(read_text(path, file), file)
    document = next(iter(yaml_source.parse(front, file, path.parent, first_line=2)), None) if front else None
    head = validate(document, FrontMatter) if document else FrontMatter()
    if not body.strip() and not head.title:
        problem = Problem(
            file, 1, 1, "this content has neither a title nor a body", "Write the post, or remove the file."
        )
        raise DocumentError([problem])
    place = document.place(("id",)) if document else Place(1, 1)
    fields = {name: getattr(head, name) for name in type(head).model_fields if name != "id"}
    item = ContentItem(id=head.id or path.stem[:200], body=body.strip(), **fields)
    if document is not None:
        completing = Completing(document, channels)
        item = completing.item(item, ())
        if completing.problems:
            raise DocumentError(completing.problems)
    return Item(item, file, place)


def _parts(text: str, file: str) -> tuple[str, str]:
    """Part a text into its front matter (without the fences) and its body."""
    lines = text.splitlines(keepends=True)
    if lines and lines[0].rstrip() == "+++":
        problem = Problem(
            file, 1, 1, "front matter in TOML (+++) is not read", "Write it as YAML between two lines of ---."
        )
        raise DocumentError([problem])
    if not lines or lines[0].rstrip() != _FENCE:
        return "", text
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() == _FENCE:
            return "".join(lines[1:number]), "".join(lines[number + 1 :])
    problem = Problem(
        file, 1, 1, "the front matter opened here is never closed", "End it with a line of ---."
    )
    raise DocumentError([problem])


def folders_of(strategy: Document) -> Iterator[tuple[str, Steps, str]]:
    """Yield the name of each action with a content folder, the steps to the folder's name, and that name."""
    actions = strategy.data.get("actions")
    for index, action in enumerate(actions if isinstance(actions, list) else ()):
        content = action.get("content") if isinstance(action, dict) else None
        folder = content.get("folder") if isinstance(content, dict) else None
        if isinstance(folder, str):
            yield str(action.get("name")), ("actions", index, "content", "folder"), folder
