"""DBOS on SQLite: for each action a durable workflow, delayed until its time, with a step that may be retried."""

from __future__ import annotations

import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from dbos import DBOS, SetEnqueueOptions, SetWorkflowID

from benchmarks.faults.peers.kept import Peer, post, read_orders


class System(Peer):
    """One process with its SQLite file."""

    name = "DBOS on SQLite"
    module = __name__


@DBOS.step(retries_allowed=True)
def make_post(url: str, mark: str) -> None:
    """Post."""
    post(url, mark)


@DBOS.workflow()
def post_once(url: str, mark: str) -> None:
    """Post, when the queue lets it begin."""
    make_post(url, mark)


def work(place: Path) -> None:
    """Enter what was never entered; DBOS itself takes up again what was."""
    queue = DBOS.register_queue("posts", polling_interval_sec=0.2)
    url, orders = read_orders(place)
    for order in orders:
        if DBOS.get_workflow_status(order.mark) is None:
            left = max(0.0, (order.at - datetime.now(UTC)).total_seconds())
            with SetWorkflowID(order.mark), SetEnqueueOptions(delay_seconds=left):
                queue.enqueue(post_once, url, order.mark)
    threading.Event().wait()


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    file = f"sqlite:///{folder / 'dbos.db'}"
    DBOS(config={"name": "storm", "system_database_url": file, "run_admin_server": False})
    DBOS.launch()
    work(folder)
