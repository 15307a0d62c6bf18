"""One storm: a system posts every slot of a minute and a quarter, is killed six times and served with faults.

Whoever is judged, the witness is the platform's own list of posts.
"""

from __future__ import annotations

import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

ACTIONS = ("a1", "a2", "a3", "a4")
_MARK = re.compile(r"(a\d) (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)")
# How long a system may take after its last slot, and how long it must then stay without a further post.
_CATCH_UP, _QUIET = 60.0, 6.0
# What lies between the orders and the first slot.
_LEAD = 10


@dataclass(frozen=True)
class Slot:
    """One post that is due: which action, and when (UTC, whole seconds). `mark` stands in its text."""

    action: str
    at: datetime

    @property
    def mark(self) -> str:
        """Return what makes its text unlike any other."""
        return f"{self.action} {self.at:%Y-%m-%d %H:%M:%S}"


@dataclass(frozen=True)
class Seen:
    """One post on the platform: its mark, and when it was made (UTC)."""

    mark: str
    at: datetime


@dataclass(frozen=True)
class Weather:
    """What a storm does, all of it drawn from the seed."""

    seed: int
    slots: int = 300
    kills: int = 6
    placed: int = 2
    share: float = 0.05
    # How many slots come in a second.
    pace: int = 4

    @property
    def seconds(self) -> int:
        """Return how long the slots last."""
        return self.slots // self.pace

    def moments(self) -> list[tuple[float, bool]]:
        """Return the seconds after the first slot at which to kill, and whether to wait for an effect then."""
        chance = random.Random(f"kills {self.seed}")
        at = sorted(chance.uniform(1, self.seconds - 4) for _ in range(self.kills))
        placed = set(chance.sample(range(self.kills), self.placed))
        return [(moment, number in placed) for number, moment in enumerate(at)]


class System(Protocol):
    """What is put into the storm."""

    @property
    def name(self) -> str:
        """Return how the table calls it."""
        ...

    def start(self) -> None:
        """Run, ready to post."""
        ...

    def schedule(self, slots: Sequence[Slot]) -> None:
        """Take the slots; the first is a few seconds away."""
        ...

    def kill(self) -> None:
        """Kill the processes that post, with SIGKILL; whatever keeps them alive starts them again."""
        ...

    def unknown(self) -> set[str]:
        """Return the marks of slots about which a person is asked."""
        ...

    def close(self) -> list[str]:
        """End it; return what it says of itself that the platform contradicts, a sentence each."""
        ...


class Target(Protocol):
    """A platform in the storm, with what breaks its answers."""

    @property
    def name(self) -> str:
        """Return how the table calls it."""
        ...

    def posts(self) -> list[Seen]:
        """Return the platform's whole list."""
        ...

    def kill_after_an_effect(self, system: System, within: float) -> bool:
        """Kill between the next effect on the platform and the system's record of it; say whether one came."""
        ...

    def faults_made(self) -> int:
        """Return how many calls were broken so far."""
        ...


class Stage(Protocol):
    """What brings a platform up for one storm."""

    def __call__(self, weather: Weather) -> AbstractContextManager[Target]:
        """Start it; leaving the block stops it."""
        ...


@dataclass(frozen=True)
class Verdict:
    """One line of the table."""

    name: str
    lost: int
    doubled: int
    unknown: int
    late: float
    median: float
    load: str
    remarks: tuple[str, ...]


def mark_in(text: str) -> str | None:
    """Return the mark that a text carries."""
    found = _MARK.search(text)
    return " ".join(found.groups()) if found else None


def run(system: System, target: Target, weather: Weather) -> Verdict:
    """Put the system into the storm and judge it."""
    load = os.getloadavg()[0]
    system.start()
    first = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=_LEAD)
    slots = [
        Slot(action, first + timedelta(seconds=second))
        for second in range(weather.seconds)
        for action in ACTIONS[: weather.pace]
    ]
    try:
        system.schedule(slots)
        placed = sum(_strike(system, target, first, moment) for moment in weather.moments())
        _wait_until_quiet(system, target, {slot.mark for slot in slots}, slots[-1].at)
        unknown = system.unknown()
    finally:
        remarks = system.close()
    remarks.insert(
        0,
        f"{weather.kills} kills, {placed} of them between effect and record, {target.faults_made()} faults",
    )
    loads = f"{load:.0f} to {os.getloadavg()[0]:.0f}"
    name = f"{target.name} · {system.name}"
    return judge(name, slots, target.posts(), unknown, load=loads, remarks=remarks)


def _strike(system: System, target: Target, first: datetime, moment: tuple[float, bool]) -> bool:
    seconds, after_an_effect = moment
    _sleep_until(first + timedelta(seconds=seconds))
    placed = after_an_effect and target.kill_after_an_effect(system, within=20)
    if not placed:
        system.kill()
    when = (datetime.now(UTC) - first).total_seconds()
    sys.stderr.write(f"  {when:5.1f} s killed{' between effect and record' if placed else ''}\n")
    return placed


def _sleep_until(instant: datetime) -> None:
    time.sleep(max(0.0, (instant - datetime.now(UTC)).total_seconds()))


def _wait_until_quiet(system: System, target: Target, marks: set[str], last: datetime) -> None:
    """Wait until every slot has its end, or time is up; then until no further post comes."""
    _sleep_until(last)
    deadline = time.monotonic() + _CATCH_UP
    while marks - {seen.mark for seen in target.posts()} - system.unknown() and time.monotonic() < deadline:
        time.sleep(0.5)
    time.sleep(_QUIET)


def judge(
    name: str,
    slots: Sequence[Slot],
    posts: Sequence[Seen],
    unknown: set[str],
    *,
    load: str,
    remarks: Sequence[str],
) -> Verdict:
    """Compare the platform's list with the slots."""
    due = {slot.mark: slot.at for slot in slots}
    times = Counter(seen.mark for seen in posts)
    first: dict[str, datetime] = {}
    for seen in posts:
        if seen.mark in due:
            first[seen.mark] = min(seen.at, first.get(seen.mark, seen.at))
    slowest = sorted(((at - due[mark]).total_seconds(), mark) for mark, at in first.items())
    late = [seconds for seconds, _ in slowest]
    start = slots[0].at
    latest = ", ".join(
        f"{seconds:.1f} s ({mark[:2]} at {(due[mark] - start).total_seconds():.0f} s)"
        for seconds, mark in slowest[:-7:-1]
    )
    return Verdict(
        name=name,
        lost=sum(1 for mark in due if not times[mark] and mark not in unknown),
        doubled=sum(times[mark] - 1 for mark in due if times[mark] > 1),
        unknown=len(unknown & set(due)),
        late=late[-1] if late else float("nan"),
        median=late[len(late) // 2] if late else float("nan"),
        load=load,
        remarks=(*remarks, f"latest: {latest}"),
    )


def table(verdicts: Sequence[Verdict]) -> str:
    """Return the verdicts as Markdown, so that they can stand in a page as they are."""
    rows = [("platform · system", "lost", "doubled", "unknown", "late, s", "median, s", "load")]
    rows += [
        (
            one.name,
            str(one.lost),
            str(one.doubled),
            str(one.unknown),
            f"{one.late:.1f}",
            f"{one.median:.1f}",
            one.load,
        )
        for one in verdicts
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])
