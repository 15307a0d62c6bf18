"""A slot of the next moment is not put off until the second is over."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from engine.runtime.datadir import DataDirectory
from engine.runtime.embedded import EmbeddedTemporal
from engine.runtime.settings import load_settings

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


async def test_a_timer_that_is_due_within_the_second_is_not_put_off_until_its_end(tmp_path: Path) -> None:
    settings = load_settings({}, home=tmp_path)
    with DataDirectory.open(settings.home) as home, EmbeddedTemporal(home, settings) as server:
        client = await Client.connect(server.address, namespace="drumbeat")
        runner = UnsandboxedWorkflowRunner()
        async with Worker(client, task_queue="naps", workflows=[Napping], workflow_runner=runner):
            late = await client.execute_workflow(Napping.run, id="nap", task_queue="naps")
    assert late < 0.4, "the server's shift for the clocks of several servers is a second"
