"""A slot of the next moment is not put off until the second is over, and a starved worker is not taken for a hung one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from adapters.registry import Registry
from engine.runtime.datadir import DataDirectory
from engine.runtime.embedded import EmbeddedTemporal
from engine.runtime.settings import load_settings
from engine.runtime.worker import make_worker
from engine.store import open_store

pytestmark = pytest.mark.server
SHORT = timedelta(milliseconds=100)


@workflow.defn
class Napping:
    """Sleeps shortly, again and again."""

    @workflow.run
    async def run(self) -> float:
        """Return the seconds that the shortest sleep took too long, by the server's clock."""
        late = []
        for _ in range(8):
            due = workflow.now() + SHORT
            await workflow.sleep(SHORT)
            late.append((workflow.now() - due).total_seconds())
        return min(late)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedTemporal]:
    settings = load_settings({}, home=tmp_path / "home")
    with DataDirectory.open(settings.home) as home, EmbeddedTemporal(home, settings) as running:
        yield running


def napping(client: Client) -> Worker:
    """Return a worker as the SDK makes it."""
    return Worker(client, task_queue="naps", workflows=[Napping], workflow_runner=UnsandboxedWorkflowRunner())


async def test_a_timer_that_is_due_within_the_second_is_not_put_off_until_its_end(
    server: EmbeddedTemporal,
) -> None:
    client = await Client.connect(server.address, namespace="drumbeat")
    async with napping(client):
        late = await client.execute_workflow(Napping.run, id="nap", task_queue="naps")
    assert late < 0.4, "the server's shift for the clocks of several servers is a second"


async def test_a_strategy_may_take_more_than_two_seconds_without_being_taken_for_hung(
    server: EmbeddedTemporal, tmp_path: Path
) -> None:
    client = await Client.connect(server.address, namespace="drumbeat")
    store, registry = open_store(f"sqlite:///{tmp_path / 'store.db'}"), Registry()
    try:
        theirs, ours = napping(client), make_worker(client, "ours", store, registry)
        patience = [
            worker._workflow_worker._deadlock_timeout_seconds
            for worker in (theirs, ours)
            if worker._workflow_worker
        ]
        assert patience == [2, 60]
    finally:
        await registry.aclose()
        store.close()
