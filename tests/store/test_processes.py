"""Several processes at one store, and what is left when one of them is killed."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from engine.domain.errors import EngineError
from engine.store import SqlStore, open_store
from engine.store.migrate import HEAD
from tests.contracts.store_records import NAME, at, row
from tests.store import actor

ROOT = Path(__file__).parents[2]


class Actor:
    """One started `tests.store.actor`."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "tests.store.actor", *arguments]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def hears(self, word: str) -> None:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if line.strip() != word:
            self.process.kill()
            pytest.fail(f"expected {word!r}, got {line!r}: {self.process.communicate()[1]}")

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def result(self) -> Any:
        output, errors = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, errors
        return json.loads(output)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def start() -> Iterator[Callable[..., Actor]]:
    """Start actors; whatever still lives at the end of the test is killed."""
    started: list[Actor] = []

    def _start(*arguments: str) -> Actor:
        started.append(Actor(*arguments))
        return started[-1]

    yield _start
    for one in started:
        if one.process.poll() is None:
            one.kill()


def play_together(actors: list[Actor]) -> list[Any]:
    for one in actors:
        one.hears("ready")
    for one in actors:
        one.go()
    return [one.result() for one in actors]


def test_of_two_processes_that_claim_a_slot_exactly_one_wins(
    url: str, store: SqlStore, start: Callable[..., Actor]
) -> None:
    first, second = play_together([start(url, "claim") for _ in range(2)])
    assert [a + b for a, b in zip(first, second, strict=True)] == [1] * actor.SLOTS
    assert len(store.publications(NAME)) == actor.SLOTS


def test_processes_that_start_together_make_one_schema(url: str, start: Callable[..., Actor]) -> None:
    healths = play_together([start(url, "migrate") for _ in range(3)])
    assert [health.get("schema") for health in healths] == [HEAD] * 3, healths


def test_threads_that_start_together_make_one_schema(url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(lambda _: open_store(url), range(4)))
    assert {each.health()["schema"] for each in stores} == {HEAD}
    for each in stores:
        each.close()


@pytest.mark.fault
@pytest.mark.parametrize("statement", ["INSERT INTO strategies", "INSERT INTO tasks", "SELECT max"])
def test_a_process_killed_in_the_middle_of_a_step_leaves_all_of_it_or_nothing(
    url: str, store: SqlStore, start: Callable[..., Actor], statement: str
) -> None:
    victim = start(url, "hang", statement)
    victim.hears("ready")
    victim.go()
    victim.hears("standing")
    assert _whole_steps(store) == 1, "what is not committed is not seen"
    victim.kill()
    assert _whole_steps(store) == 1
    assert actor.record(store, 1) == 2 * actor.STEP
    assert _whole_steps(store) == 2


@pytest.mark.fault
def test_a_process_killed_while_it_writes_leaves_whole_steps(
    url: str, store: SqlStore, start: Callable[..., Actor]
) -> None:
    victim = start(url, "write", "100000")
    victim.hears("ready")
    victim.go()
    written = 0
    while written < 5:
        written = _whole_steps(store)
    victim.kill()
    left = _whole_steps(store)
    assert left >= written
    assert actor.record(store, left) == (left + 1) * actor.STEP


def test_readers_and_a_second_writer_are_never_refused_while_another_process_writes(
    url: str, store: SqlStore, start: Callable[..., Actor]
) -> None:
    steps, done = 12, threading.Event()
    writer = start(url, "write", str(steps))
    writer.hears("ready")

    def read() -> int:
        looks = 0
        while not done.is_set():
            _whole_steps(store)
            store.alerts()
            looks += 1
        return looks

    def write_a_little() -> int:
        writes = 0
        while not done.is_set():
            writes += 1
            store.record(row(writes, strategy="acme/other", updated=writes), [], at(writes))
        return writes

    with ThreadPoolExecutor(3) as pool:
        busy = [pool.submit(read), pool.submit(read), pool.submit(write_a_little)]
        writer.go()
        try:
            assert writer.result() == steps * actor.STEP
        finally:
            done.set()
        assert all(each.result() > 0 for each in busy)
    assert _whole_steps(store) == steps


def test_a_reader_that_does_not_migrate_reads_while_another_writes(
    url: str, store: SqlStore, start: Callable[..., Actor]
) -> None:
    actor.record(store, 0)
    victim = start(url, "hang", "INSERT INTO tasks")
    victim.hears("ready")
    victim.go()
    victim.hears("standing")
    reader = open_store(url, migrate=False)
    assert _whole_steps(reader) == 1
    reader.close()


def _whole_steps(store: SqlStore) -> int:
    """Return how many steps are there, and fail when one of them is there in part."""
    newest = store.journal(NAME, newest_first=True, limit=1)
    highest = newest[0][1].seq if newest else 0
    steps, rest = divmod(highest, actor.STEP)
    assert rest == 0
    if steps == 0:
        return 0
    last = store.journal(NAME, after=highest - actor.STEP, limit=2 * actor.STEP)
    assert len(last) % actor.STEP == 0, "a later step may have come meanwhile, but whole"
    assert store.strategy(NAME).seq >= highest
    shown = [alert.because for _, alert in store.alerts(NAME)]
    assert max(int(text[1:]) for text in shown) > highest - actor.STEP
    return steps


def test_rebuilding_from_the_journal_gives_what_was_kept_along_the_way(store: SqlStore) -> None:
    for number in (2, 0, 1, 0, 3, 4, 5):
        actor.record(store, number)
    actor.record(store, 2)
    kept = _records(store)
    assert store.rebuild(NAME) == sum(len(found) for found in kept)
    assert _records(store) == kept
    assert [len(found) for found in kept] == [7, 11, 5]


def test_rebuilding_mends_records_that_were_lost_or_changed_by_hand(store: SqlStore) -> None:
    actor.record(store, 0)
    kept = _records(store)
    with store._database.write() as connection:
        connection.exec_driver_sql("DELETE FROM tasks")
        connection.exec_driver_sql("UPDATE alerts SET seq = 1000000, is_open = (1 = 0)")
    assert _records(store) != kept
    store.rebuild(NAME)
    assert _records(store) == kept


def _records(store: SqlStore) -> tuple[list[Any], list[Any], list[Any]]:
    return (
        store.alerts(NAME, active=False),
        store.tasks(NAME, open_only=False),
        store.reviews(NAME, open_only=False),
    )


def test_a_writer_that_waits_too_long_says_who_can_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.store.dialects._BUSY_SECONDS", 0.05)
    url = f"sqlite:///{tmp_path / 'store.db'}"
    first, second = open_store(url), open_store(url)
    with first._database.write(), pytest.raises(EngineError, match="locked for too long"):
        second.record(row(), [], at(0))
    assert second.strategies() == []
    first.close()
    second.close()
