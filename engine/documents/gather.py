"""From paths to documents: which files a path names, read, and sorted by kind."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.documents import yaml_source
from engine.documents.source import Document
from engine.documents.textfile import refuse
from engine.documents.words import choose, found
from engine.domain.errors import DocumentError, Problem

KINDS = ("Workspace", "Strategy", "RuleTest")
_ENDINGS = {".yaml", ".yml"}
_MAX_FILES = 500


def gather(paths: Sequence[Path]) -> tuple[list[Document], list[Problem]]:
    """Read all plan files that the paths name. Returns what could be read, and what is wrong with the rest."""
    documents: list[Document] = []
    problems: list[Problem] = []
    seen: set[Path] = set()
    for path in paths:
        try:
            files = plan_files(path)
        except DocumentError as error:
            problems.extend(error.problems)
            continue
        for file in files:
            if file.resolve() in seen:
                continue
            seen.add(file.resolve())
            try:
                documents.extend(yaml_source.read(file))
            except DocumentError as error:
                problems.extend(error.problems)
    if not paths:
        problems.append(
            Problem("-", 1, 1, "no plan was named", "Name a folder or files, as in `drumbeat check .`")
        )
    return documents, problems


def plan_files(path: Path) -> list[Path]:
    """Return the plan files that a path names: itself, or those directly in the folder, in order, none hidden.

    Raises DocumentError when the folder holds none, cannot be read, or holds more than 500.
    """
    try:
        if not path.is_dir():
            return [path]
        files = sorted(child for child in path.iterdir() if _is_plan_file(child))
    except OSError as error:
        refuse(str(path), f"the folder cannot be read: {error.strerror}", "Make it readable for this user.")
    except ValueError:
        refuse(str(path), "this is no path", "Check the path.")
    if not files:
        below = sorted({str(child.parent) for child in path.glob("*/*") if _is_plan_file(child)})[:5]
        mend = f"There are some in: {', '.join(below)}." if below else "`drumbeat init` writes a first plan."
        refuse(str(path), "this folder holds no plan file (*.yaml, *.yml)", mend)
    if len(files) > _MAX_FILES:
        refuse(str(path), f"this folder holds more than {_MAX_FILES} plan files", "Name fewer of them.")
    return files


def _is_plan_file(path: Path) -> bool:
    return path.suffix in _ENDINGS and not path.name.startswith(".") and path.is_file()


def kind_problems(document: Document) -> list[Problem]:
    """Return what is wrong with the document's frame: its shape, and its kind."""
    data = document.data
    head = "Begin it with `apiVersion: drumbeat/v1` and `kind: Workspace` or `kind: Strategy`."
    if not isinstance(data, dict):
        return [document.problem((), f"a plan is a group of fields, but this is {found(data)}", head)]
    kind = data.get("kind")
    if kind in KINDS:
        return []
    if "kind" not in data:
        return [document.problem((), "this document has no `kind`, so nobody knows what it is", head)]
    message = f"`kind` is {found(kind)}, but it takes one of: {', '.join(KINDS)}"
    return [document.problem(("kind",), message, choose(str(kind), KINDS, head))]
