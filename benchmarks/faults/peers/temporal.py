"""Temporal alone: a workflow for each action, its activity under the default retry policy."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Worker

from benchmarks.faults.peers.kept import Kept, Peer, post
from benchmarks.faults.peers.temporal_flow import MAKE_POST, PostOnce
from benchmarks.faults.storm import Slot
from engine.runtime.datadir import DataDirectory
from engine.runtime.embedded import EmbeddedTemporal
from engine.runtime.settings import load_settings

_QUEUE = "storm"


@activity.defn(name=MAKE_POST)
def make_post(url: str, mark: str) -> None:
    """Post."""
    post(url, mark)


class System(Peer):
    """The same server that Drumbeat embeds, and a worker."""

    name = "Temporal, a workflow per action"

    def start(self) -> None:
        """Run server and worker."""
        self._home = DataDirectory.open(self.place / "home")
        self._server = EmbeddedTemporal(self._home, load_settings({}, home=self.place / "home"))
        self._server.start()
        self.kept = Kept(self.place, "-m", __name__, self._server.address)

    def schedule(self, slots: Sequence[Slot]) -> None:
        """Start every workflow with its delay."""
        asyncio.run(self._begin(slots))

    async def _begin(self, slots: Sequence[Slot]) -> None:
        client = await Client.connect(self._server.address, namespace="drumbeat")
        for slot in slots:
            await client.start_workflow(
                PostOnce.run,
                args=[self.url, slot.mark],
                id=slot.mark,
                task_queue=_QUEUE,
                start_delay=slot.at - datetime.now(UTC),
            )

    def close(self) -> list[str]:
        """End both."""
        said = super().close()
        self._server.stop()
        self._home.close()
        return said


async def work(address: str) -> None:
    """Be the worker."""
    client = await Client.connect(address, namespace="drumbeat")
    with ThreadPoolExecutor(50) as threads:
        await Worker(
            client, task_queue=_QUEUE, workflows=[PostOnce], activities=[make_post], activity_executor=threads
        ).run()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1]))
