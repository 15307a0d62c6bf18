"""The tables of the explanations are computed here: what they say of clocks and of momentum is what happens."""

from __future__ import annotations

import re
from datetime import UTC, date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from engine.domain.base import format_duration
from engine.domain.channel import Cadence, Channel
from engine.domain.occurrences import slots_between
from engine.domain.schedule import Misfire, Schedule
from engine.domain.wallclock import day_start

EXPLANATIONS = Path(__file__).parent.parent / "docs" / "explanation"
_TICK = timedelta(microseconds=1)


def rows(page: str, heading: str) -> list[list[str]]:
    """Return the cells of the page's table whose first heading is this one."""
    lines = (EXPLANATIONS / page).read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {heading} |"))
    found = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


CLOCKS = rows("time.md", "schedule")


@pytest.mark.parametrize(
    "row", CLOCKS, ids=[f"{row[0].strip('`')} on {row[2]} in {row[1]}" for row in CLOCKS]
)
def test_clocks_change_as_the_table_says(row: list[str]) -> None:
    said, zone, day, _, slots = row
    kind, _, value = said.strip("`").partition(": ")
    schedule = Schedule.model_validate({kind: value})
    start = day_start(zone, date.fromisoformat(day))
    end = day_start(zone, date.fromisoformat(day) + timedelta(days=1))
    found = slots_between(schedule, zone, start - _TICK, end - _TICK)
    assert [f"{slot.astimezone(UTC):%H:%M}" for slot in found] == slots.split(", ")


def test_the_table_of_clocks_has_a_gap_a_fold_and_an_ordinary_day() -> None:
    told = " ".join(row[3] for row in CLOCKS)
    assert all(word in told for word in ("is skipped", "comes twice", "ordinary", "elapsed"))


@pytest.mark.parametrize("row", rows("momentum.md", "`per`"), ids=lambda row: row[0])
def test_a_channel_turns_when_the_table_says(row: list[str]) -> None:
    cadence = Cadence.model_validate({"at_least": 1, "per": row[0]})
    channel = Channel(name="news", account="site", cadence=cadence)
    turns = [cadence.patience, channel.silent_after, channel.dormant_after]
    assert [format_duration(turn) for turn in turns if turn is not None] == row[1:]


def test_once_in_every_calendar_month_is_never_late() -> None:
    monthly = Cadence(at_least=1, per="month", tolerance=timedelta(0))
    firsts = [date(2026 + month // 12, month % 12 + 1, 1) for month in range(49)]
    gaps = [later - earlier for earlier, later in pairwise(firsts)]
    assert max(gaps) == monthly.patience


def test_the_defaults_of_misfire_are_those_of_the_table() -> None:
    defaults = {row[0].strip("`"): row[1].strip("`") for row in rows("time.md", "`misfire`")}
    assert defaults == Misfire().model_dump(mode="json")


def test_every_page_of_documentation_is_linked_from_its_index() -> None:
    docs = EXPLANATIONS.parent
    index = (docs / "README.md").read_text(encoding="utf-8")
    linked = set(re.findall(r"\]\(([^)#\s]+)", index))
    pages = {str(page.relative_to(docs)) for page in docs.rglob("*.md")} - {"README.md"}
    assert pages - linked == set()
