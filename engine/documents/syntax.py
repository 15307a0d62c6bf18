"""What a YAML syntax error means to somebody who writes plans: where it really is, what it is, how to mend it."""

from __future__ import annotations

from dataclasses import dataclass

import yaml

_QUOTES = "Put the whole value in quotes"
_LINE_UP = "Indent with spaces so that the fields of one group begin in the same column."


def explain(error: yaml.MarkedYAMLError, lines: list[str]) -> tuple[int, int, str, str]:
    """Return line and column (from 1), the message and the mend for a syntax error in these lines."""
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    tab = _tab_in_indentation(lines, line)
    if tab is not None:
        return (
            line + 1,
            tab + 1,
            "a tab indents this line, and YAML indents with spaces only",
            "Replace the tab with two spaces (most editors: 'convert indentation to spaces').",
        )
    case = _case(error)
    if case.opening and error.context_mark is not None:
        line, column = error.context_mark.line, error.context_mark.column
    character = _character(lines, line, column)
    words = {"character": character, "problem": error.problem or "it cannot be read"}
    return line + 1, column + 1, case.message.format(**words), case.mend.format(**words)


@dataclass(frozen=True)
class _Case:
    """One kind of syntax error: words of the parser that give it away, and what we say instead.

    `opening`: the place to look at is where the construct began, not where the parser gave up.
    """

    context: str
    problem: str
    message: str
    mend: str
    opening: bool = False


_REFERENCE = "a value that begins with {character} is read as a YAML reference"
_CASES = (
    _Case("alias", "", _REFERENCE, f"{_QUOTES}, as in cron: '*/5 * * * *'.", opening=True),
    _Case("anchor", "", _REFERENCE, f"{_QUOTES}, as in title: '& sons'.", opening=True),
    _Case("block scalar", "tab", "a tab indents this text", "Indent with spaces."),
    _Case(
        "", "cannot start any token", "a value cannot begin with {character} in YAML", f"{_QUOTES}: '{{character}}…'."
    ),
    _Case(
        "", "mapping values are not allowed",
        "this ': ' is one too many: either the value holds a colon, or the line is indented too far",
        f"{_QUOTES}, as in title: 'Tacos: the plan', or align the line with the fields above it.",
    ),
    _Case(
        "", "expected ':'", "this line is neither a field nor part of a text: it has no colon",
        "Write `field: value`, or indent the line if it goes on with the text above.", opening=True,
    ),
    _Case(
        "quoted scalar", "end of stream", "a text in quotes is opened here and never closed",
        "Add the closing quote.", opening=True,
    ),
    _Case(
        "", "escape", "a backslash in double quotes begins an escape that YAML does not know",
        "Use single quotes, in which a backslash is only a backslash.",
    ),
    _Case(
        "flow sequence", "", "a list is opened here and not closed, or a comma is missing in it",
        "Separate its parts with commas and end it with ].", opening=True,
    ),
    _Case(
        "flow mapping", "", "a group is opened here and not closed, or a comma is missing in it",
        "Separate its parts with commas and end it with }}.", opening=True,
    ),
    _Case("block", "", "this line does not line up with the ones above it", f"{_LINE_UP} If it is right, look above it for a quote that is never closed."),
    _Case("", "document start", "something stands here after the end of a value", f"{_QUOTES}, or begin a new line."),
    _Case("", "incompatible", "this YAML version is not understood", "Remove the line that begins with %."),
    _Case("directive", "", "a line that begins with % is not understood", "Remove it, or put the text in quotes."),
)  # fmt: skip
_OTHER = _Case("", "", "this is not YAML: {problem}", _LINE_UP)


def _case(error: yaml.MarkedYAMLError) -> _Case:
    context, problem = str(error.context or ""), str(error.problem or "")
    return next((case for case in _CASES if case.context in context and case.problem in problem), _OTHER)


def _tab_in_indentation(lines: list[str], line: int) -> int | None:
    text = lines[line] if line < len(lines) else ""
    position = text.find("\t")
    return position if position >= 0 and not text[:position].strip() else None


def _character(lines: list[str], line: int, column: int) -> str:
    text = lines[line] if line < len(lines) else ""
    return text[column : column + 1]
