"""What `simulate` prints is what the workflow does: thirty days of both, compared entry by entry.

Tolerance: the simulator's world answers in the very instant in which it is asked, the workflow's a few
milliseconds of the server's clock later (and its timers ring a millisecond late on purpose). So instants, in
entries and in their data, may differ by up to TOLERANCE; nothing else may differ, neither types, subjects,
sentences nor numbers. Entries of one instant are put into one order first, because activities that run side by
side may end in either order.
"""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
import pytest_asyncio
from pydantic import JsonValue
from temporalio.testing import WorkflowEnvironment

from engine.domain.errors import CommandRefusedError
from engine.domain.journal import Entry, EntryType
from engine.domain.lifecycle import tasking
from engine.domain.lifecycle.state import new_state
from engine.domain.messages import Command, Commanded, CompleteTask, DecideReview, PlanApplied, StartPause
from engine.domain.plan import Plan
from engine.domain.records import ReviewDecision
from engine.domain.shell import workflow_id
from engine.runtime import operations
from engine.runtime.settings import load_settings
from engine.runtime.simulation import Life, World
from engine.runtime.worker import make_worker
from engine.store import SqlStore, open_store
from tests.workflows.lives import (
    BERLIN,
    DAY,
    Ear,
    ServerTime,
    busy_plan,
    busy_world,
    days_before_summer_time,
    skip_to,
    world_registry,
)

pytestmark = [
    pytest.mark.server,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("skipping"),
]
TOLERANCE = timedelta(seconds=5)
Orders = Sequence[tuple[datetime, Command]]


@dataclass(frozen=True)
class Both:
    """One life in both forms, and what it was lived with."""

    plan: Plan
    world: World
    start: datetime
    end: datetime
    said: Orders
    real: list[Entry]
    simulation: list[Entry]
    seconds: float


def orders(start: datetime) -> Orders:
    """Return what people say, and when: instants at which nothing else happens."""
    said = [
        (4.3, CompleteTask(task="T1", outcome="heard 3 people")),
        (10.37, DecideReview(review="milestone-2", decision=ReviewDecision.EXPERIMENT, note="shorter posts")),
        (16.41, StartPause(scope="channel/chat", until=start + 18.43 * DAY, reason="the team is away")),
        (26.47, StartPause(scope="strategy", until=start + 27.43 * DAY)),
    ]
    return [
        (start + day * DAY, Command(id=f"order-{number}", by="ana", instruction=instruction))
        for number, (day, instruction) in enumerate(said)
    ]


def simulated(plan: Plan, world: World, start: datetime, end: datetime, said: Orders) -> Iterator[Entry]:
    life = Life(plan, world, new_state(plan.id, start))
    yield from life.tell(PlanApplied(revision=1, author="ana", reason="go"), start)
    for at, command in said:
        yield from life.until(at)
        yield from life.tell(Commanded(command=command), at)
    yield from life.until(end)


def compare(left: Sequence[Entry], right: Sequence[Entry]) -> list[str]:
    """Return what differs, in words."""
    ours, theirs = in_one_order(left), in_one_order(right)
    found = [
        f"{one.at:%d %b %H:%M:%S} {one.type} {one.summary!r}\n  against {other.at:%d %b %H:%M:%S} {other.type} {other.summary!r}"
        for one, other in zip(ours, theirs, strict=False)
        if not same(plain(one), plain(other))
    ]
    return found if len(ours) == len(theirs) else [*found, f"{len(ours)} entries against {len(theirs)}"]


def in_one_order(entries: Sequence[Entry]) -> list[Entry]:
    """Sort by instant; those that lie within the tolerance of each other count as one instant."""
    groups: list[list[Entry]] = []
    for entry in sorted(entries, key=lambda each: each.at):
        if groups and entry.at - groups[-1][0].at <= TOLERANCE:
            groups[-1].append(entry)
        else:
            groups.append([entry])
    return [
        entry
        for group in groups
        for entry in sorted(group, key=lambda each: (each.type, each.subject, each.summary))
    ]


def plain(entry: Entry) -> JsonValue:
    return entry.model_dump(mode="json", exclude={"seq"})


def same(one: JsonValue, other: JsonValue) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= TOLERANCE.total_seconds()
    if isinstance(one, str) and isinstance(other, str) and one != other:
        first, second = instant(one), instant(other)
        return first is not None and second is not None and abs(first - second) <= TOLERANCE
    return one == other


def instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


async def lived(
    environment: WorkflowEnvironment,
    store: SqlStore,
    plan: Plan,
    world: World,
    end: datetime,
    said: Orders,
    ear: Ear,
) -> list[Entry]:
    """Let the real workflow live until `end` and return its journal from the store."""
    client = environment.client
    settings = load_settings({}, task_queue=plan.id.replace("/", "-"))
    worker = make_worker(client, settings.task_queue, store, world_registry(world, ear), clock=ServerTime())
    async with worker:
        await operations.apply_one(client, settings, store, plan, "ana", "go")
        for at, command in said:
            await skip_to(environment, at)
            try:
                await operations.command(client, plan.id, command)
            except CommandRefusedError as error:
                raise AssertionError(f"{command.id} was refused: {error}") from None
        await skip_to(environment, end)
        await client.get_workflow_handle(workflow_id(plan.id)).terminate()
    return [entry for _, entry in store.journal(plan.id, limit=10_000)]


@pytest.fixture(scope="module")
def notices() -> Ear:
    return Ear()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def both(
    skipping: WorkflowEnvironment, tmp_path_factory: pytest.TempPathFactory, notices: Ear
) -> AsyncIterator[Both]:
    """Thirty days of one strategy, in the server and in the simulator."""
    start = days_before_summer_time(15, await skipping.get_current_time())
    await skip_to(skipping, start)
    plan, world, said = busy_plan(start), busy_world(start), orders(start)
    end = start + 30 * DAY
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('life') / 'store.db'}")
    began = time.monotonic()
    real = await lived(skipping, store, plan, world, end, said, notices)
    seconds = time.monotonic() - began
    simulation = list(simulated(plan, world, real[0].at, end, said))
    yield Both(plan, world, real[0].at, end, said, real, simulation, seconds)
    store.close()


async def test_thirty_days_simulated_and_thirty_days_lived_tell_the_same_story(both: Both) -> None:
    sys.stdout.write(f"30 days, {len(both.real)} entries, in {both.seconds:.1f} s\n")
    assert compare(both.simulation, both.real) == []


async def test_the_thirty_days_hold_everything_that_the_comparison_is_about(both: Both) -> None:
    types = {entry.type for entry in both.real}
    assert types >= {
        EntryType.SLOT_PUBLISHED,
        EntryType.SLOT_SKIPPED,
        EntryType.SLOT_HELD,
        EntryType.CHANNEL_STATE,
        EntryType.ACTIVITY_SEEN,
        EntryType.ALERT_FIRING,
        EntryType.ALERT_RESOLVED,
        EntryType.ALERT_HELD,
        EntryType.ALERT_TOLD,
        EntryType.TASK_OPENED,
        EntryType.TASK_ESCALATED,
        EntryType.TASK_CLOSED,
        EntryType.REVIEW_OPENED,
        EntryType.REVIEW_OVERDUE,
        EntryType.REVIEW_DECIDED,
        EntryType.PAUSE_STARTED,
        EntryType.PAUSE_ENDED,
    }
    firing = {entry.summary.split(" ")[0] for entry in both.real if entry.type is EntryType.ALERT_FIRING}
    assert firing >= {"ChannelSilent", "ChannelSlowing", "ChannelOverfed", "MetricMissing"}
    assert firing >= {"NoEssay", "PipelineDry"}, "rules on facts"
    essays = [
        datetime.fromisoformat(str(entry.data["slot"]))
        for entry in both.real
        if entry.data.get("action") == "essay"
    ]
    assert {each.astimezone(BERLIN).hour for each in essays} == {9}
    assert len({each.hour for each in essays}) == 2, "the clocks were changed in between"


async def test_people_were_told_what_the_story_says(both: Both, notices: Ear) -> None:
    told = [entry.subject for entry in both.real if entry.type is EntryType.ALERT_TOLD]
    heard = [
        alert.subject for notice in notices.heard if "/firing" in notice.notice for alert in notice.alerts
    ]
    assert sorted(heard) == sorted(told)
    assert len({notice.notice for notice in notices.heard}) == len(notices.heard), "each once"


async def test_the_comparison_fails_when_the_heart_was_changed(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasking, "LEVELS", 1)
    milder = list(simulated(both.plan, both.world, both.start, both.end, both.said))
    assert any("task.escalated" in line for line in compare(milder, both.real))


async def test_the_comparison_fails_when_an_instant_moves_beyond_the_tolerance(both: Both) -> None:
    moved = [
        entry.model_copy(update={"at": entry.at + 2 * TOLERANCE})
        if entry.type is EntryType.PAUSE_ENDED
        else entry
        for entry in both.real
    ]
    assert compare(both.simulation, moved) != []
