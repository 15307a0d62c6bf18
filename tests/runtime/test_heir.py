"""What a killed worker held goes on at once, though every timeout is ten minutes away."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client, WorkflowHandle

from engine.runtime.datadir import DataDirectory
from engine.runtime.embedded import EmbeddedTemporal
from engine.runtime.settings import load_settings
from tests.runtime.dying_worker import LONG, QUEUE, Lingering
from tests.support import eventually_async

pytestmark = [pytest.mark.fault, pytest.mark.server]


def worker(folder: Path, address: str, *words: str) -> subprocess.Popen[str]:
    argv = [sys.executable, "-m", "tests.runtime.dying_worker", str(folder), address, *words]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)


def says(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdout
    assert f"{line}\n" in process.stdout, "it has ended"


def files_in(folder: Path) -> int:
    return len(list(folder.iterdir()))


def end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


@asynccontextmanager
async def widowed(folder: Path, home: Path) -> AsyncIterator[tuple[str, WorkflowHandle[Any, Any]]]:
    """Start a workflow whose first worker was killed amid its activity; yield the server's address and its handle."""
    settings = load_settings({}, home=home)
    with DataDirectory.open(settings.home) as data, EmbeddedTemporal(data, settings) as server:
        client = await Client.connect(server.address, namespace="drumbeat")
        first = worker(folder, server.address)
        handle = await client.start_workflow(
            Lingering.run, id="strategy/one", task_queue=QUEUE, task_timeout=LONG
        )
        says(first, "lingering")
        end(first)
        yield server.address, handle


async def test_an_activity_and_a_workflow_task_of_a_killed_worker_go_on_with_the_next_one(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "workers"
    async with widowed(folder, tmp_path / "home") as (address, handle):
        # This wakes the workflow in the queue of a worker that is no more.
        await handle.signal(Lingering.say, "on")
        second = worker(folder, address)
        try:
            assert await handle.result() == (1, "on")
            await eventually_async(lambda: files_in(folder) == 1, what="the file of the dead one is gone")
        finally:
            end(second)


async def test_what_comes_after_the_next_worker_has_settled_does_not_wait_in_the_queue_of_the_killed_one(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "workers"
    async with widowed(folder, tmp_path / "home") as (address, handle):
        # The dead one was never given anything in its own queue, so no history knows the queue's name.
        patient = worker(folder, address, "patient")
        try:
            while (await handle.describe()).raw_description.pending_activities:  # noqa: ASYNC110 - the server is asked
                await asyncio.sleep(0.05)
            await handle.signal(Lingering.say, "on")
            assert await handle.result() == (1, "on")
        finally:
            end(patient)


async def test_a_workflow_task_that_killed_workers_were_carrying_out_goes_on_with_the_next_one(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "workers"
    async with widowed(folder, tmp_path / "home") as (address, handle):
        await handle.signal(Lingering.say, "on")
        # The first that hangs has a task that the history names, the second one that no history tells of yet.
        for _ in range(2):
            hanging = worker(folder, address, "hangs")
            says(hanging, "hanging")
            end(hanging)
        last = worker(folder, address)
        try:
            assert await handle.result() == (1, "on")
        finally:
            end(last)
