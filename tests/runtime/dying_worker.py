"""A worker to be killed, and its heir: `python -m tests.runtime.dying_worker HOME ADDRESS [hangs|patient]`.

Its one activity never ends at the first attempt; its limits are so long that nothing comes back by them in a test.
One that hangs never ends the workflow task that follows a word, either. A patient one ends no activity before it has
settled what the dead left.
"""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import timedelta
from pathlib import Path

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.heartbeat import DEATHS_BEFORE
from engine.runtime.hand import Hand
from engine.runtime.heir import Heir

QUEUE = "dying"
LONG = timedelta(minutes=10)
SETTLED = asyncio.Event()


@activity.defn
async def linger() -> int:
    """Never end at first; then return how many deaths are known."""
    if activity.info().attempt == 1:
        sys.stdout.write("lingering\n")
        sys.stdout.flush()
        await asyncio.sleep(600)
    if sys.argv[3:] == ["patient"]:
        await SETTLED.wait()
    return DEATHS_BEFORE.get().number


def hang() -> None:
    """Say so, and never end."""
    sys.stdout.write("hanging\n")
    sys.stdout.flush()
    time.sleep(600)


@workflow.defn
class Lingering:
    """Waits for the activity and, beside it, for a word."""

    def __init__(self) -> None:
        self._word = ""

    @workflow.signal
    def say(self, word: str) -> None:
        """Take a word."""
        self._word = word

    @workflow.run
    async def run(self) -> tuple[int, str]:
        """Return what the activity said, and the word."""
        deaths = await workflow.execute_activity(linger, start_to_close_timeout=LONG, heartbeat_timeout=LONG)
        await workflow.wait_condition(lambda: bool(self._word))
        if sys.argv[3:] == ["hangs"]:
            hang()
        return deaths, self._word


async def main(folder: Path, address: str) -> None:
    """Work until killed."""
    heir = Heir(Hand(folder), folder)
    client = await Client.connect(address, namespace="drumbeat")
    heir.inherit()
    worker = Worker(
        client,
        task_queue=QUEUE,
        workflows=[Lingering],
        activities=[linger],
        interceptors=[heir],
        identity=heir.hand.identity,
        workflow_runner=UnsandboxedWorkflowRunner(),
        sticky_queue_schedule_to_start_timeout=LONG,
        debug_mode=True,  # nobody is to end what hangs
    )
    async with worker:
        await heir.settle(client, QUEUE)
        SETTLED.set()
        await asyncio.sleep(600)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
