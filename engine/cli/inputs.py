"""The CSV files of `simulate` and `rules backtest`: posts, samples and channels, read with their positions."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from engine.cli.names import fits
from engine.cli.times import parse_instant
from engine.documents.words import choose
from engine.domain.errors import DocumentError, Problem
from engine.domain.plan import Plan
from engine.domain.records import Activity, Sample

Timed = TypeVar("Timed", Activity, Sample)
MOST_ROWS = 1_000_000
POSTS = ("channel", "at", "ref", "title", "strategy")
SAMPLES = ("metric", "at", "value", "strategy")


@dataclass(frozen=True)
class Row:
    """One line of a CSV file: its cells by column, and where it stands."""

    file: str
    line: int
    cells: dict[str, str]

    def problem(self, message: str, mend: str) -> Problem:
        """Return a problem at this line."""
        return Problem(self.file, self.line, 1, message, mend)


def read_rows(path: Path, known: Sequence[str] | None, needed: Sequence[str]) -> list[Row]:
    """Read a CSV file with a header line. Raises DocumentError with all that is wrong with its form.

    With `known` None the file may have any other columns as well.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = [cell.strip() for cell in next(reader, [])]
            _check_header(path, header, known, needed)
            return _rows(path, header, reader)
    except OSError as error:
        raise _broken(path, 1, f"the file cannot be read: {error.strerror}", "Check its name.") from None
    except UnicodeDecodeError:
        raise _broken(path, 1, "the file is not UTF-8 text", "Save it as CSV in UTF-8.") from None
    except csv.Error as error:
        raise _broken(path, 1, f"this is no CSV ({error})", f"Begin it with {','.join(needed)}") from None


def _check_header(path: Path, header: list[str], known: Sequence[str] | None, needed: Sequence[str]) -> None:
    if not any(header):
        mend = f"Its first line names the columns: {','.join(known or needed)}"
        raise _broken(path, 1, "the file is empty" if not header else "the first line is empty", mend)
    if len(header) == 1 and (other := _separator(header[0])):
        raise _broken(path, 1, f"the columns are separated by {other}", "Save it as CSV with commas.")
    problems = [
        Problem(str(path), 1, 1, f"the column {name!r} stands twice", "Leave out one of them.")
        for name in sorted({name for name in needed if header.count(name) > 1})
    ]
    problems += [
        Problem(str(path), 1, 1, f"there is no column {name!r}", choose(name, known, ""))
        for name in header
        if known is not None and name not in known
    ]
    problems += [
        Problem(
            str(path),
            1,
            1,
            f"the column {name!r} is missing",
            f"The first line names the columns: {','.join(known or needed)}",
        )
        for name in needed
        if name not in header
    ]
    if problems:
        raise DocumentError(problems)


def _separator(line: str) -> str:
    """Return in words what separates the columns, if it is no comma."""
    return next((word for mark, word in ((";", "semicolons"), ("\t", "tabs")) if mark in line), "")


def _rows(path: Path, header: list[str], reader: Iterator[list[str]]) -> list[Row]:
    rows: list[Row] = []
    for number, cells in enumerate(reader, 2):
        # A text with line breaks would shift the count; the reader's own is exact and not in its interface's type.
        line = getattr(reader, "line_num", number)
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(header):
            mend = "Put quotes around a text that holds a comma."
            raise _broken(path, line, f"{len(cells)} cells under {len(header)} columns", mend)
        if len(rows) >= MOST_ROWS:
            raise _broken(path, line, f"there are more than {MOST_ROWS} rows", "Split the file.")
        filled = [*cells, *[""] * (len(header) - len(cells))]
        rows.append(Row(str(path), line, {n: c.strip() for n, c in zip(header, filled, strict=True)}))
    return rows


def _broken(path: Path, line: int, message: str, mend: str) -> DocumentError:
    return DocumentError([Problem(str(path), line, 1, message, mend)])


def posts_of(rows: Sequence[Row], plan: Plan) -> dict[str, list[Activity]]:
    """Return the rows that are this plan's as activities by channel, in time order. Raises DocumentError."""

    def activity(row: Row) -> Activity:
        ref = row.cells.get("ref") or f"{Path(row.file).name}:{row.line}"
        return Activity(at=_at(row, plan), ref=ref, title=row.cells.get("title", ""))

    return _grouped(rows, plan, "channel", plan.channels, activity)


def samples_of(rows: Sequence[Row], plan: Plan) -> dict[str, list[Sample]]:
    """Return the rows that are this plan's as samples by metric, in time order. Raises DocumentError."""

    def sample(row: Row) -> Sample:
        at, name = _at(row, plan), row.cells["metric"]
        return Sample(metric=name, at=at, value=_number(row), seen=at, origin=Path(row.file).name)

    return _grouped(rows, plan, "metric", plan.metrics, sample)


def history_rows(
    posts: Path | None, samples: Path | None, plans: Sequence[Plan]
) -> tuple[list[Row], list[Row]]:
    """Read the posts and samples of the plans. Raises DocumentError, also for rows that belong to none of them."""
    channels = {name for plan in plans for name in plan.channels}
    metrics = {name for plan in plans for name in plan.metrics}
    post_rows = read_rows(posts, POSTS, ("channel", "at")) if posts else []
    sample_rows = read_rows(samples, SAMPLES, ("metric", "at", "value")) if samples else []
    refuse_strangers(post_rows, plans, "channel", channels)
    refuse_strangers(sample_rows, plans, "metric", metrics)
    return post_rows, sample_rows


def refuse_strangers(rows: Sequence[Row], plans: Sequence[Plan], column: str, names: Collection[str]) -> None:
    """Raise DocumentError for rows that belong to no plan: an unknown channel, metric or strategy."""
    ids = [plan.id for plan in plans]
    problems = []
    for row in rows:
        wanted, name = row.cells.get("strategy", ""), row.cells[column]
        if wanted and not any(fits(wanted, known) for known in ids):
            problems.append(row.problem(f"no plan is called {wanted!r}", choose(wanted, ids, "")))
        elif name not in names:
            mend = choose(name, names, f"The plans have no {column} at all.")
            problems.append(row.problem(f"no plan has a {column} {name!r}", mend))
    if problems:
        raise DocumentError(problems)


def _grouped(
    rows: Sequence[Row], plan: Plan, column: str, names: Collection[str], make: Callable[[Row], Timed]
) -> dict[str, list[Timed]]:
    found: dict[str, list[Timed]] = {}
    problems: list[Problem] = []
    for row in rows:
        name, wanted = row.cells[column], row.cells.get("strategy", "")
        if name not in names or (wanted and not fits(wanted, plan.id)):
            continue
        try:
            found.setdefault(name, []).append(make(row))
        except ValueError as error:
            problems.append(row.problem(str(error), "Mend this line."))
    if problems:
        raise DocumentError(problems)
    return {name: sorted(things, key=lambda thing: thing.at) for name, things in found.items()}


def _at(row: Row, plan: Plan) -> datetime:
    try:
        return parse_instant(row.cells["at"], plan.zone)
    except OverflowError:
        raise ValueError(f"{row.cells['at']!r} is out of reach") from None


def _number(row: Row) -> float:
    text = row.cells["value"]
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{text!r} is no number; write it as in 42 or 3.5") from None
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is no finite number")
    return value
