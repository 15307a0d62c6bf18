"""APScheduler with its jobs in SQLite: a date job for each action, and no limit to how late one may run.

It has no retries, and by its default a job that is a second late is dropped; without that limit it loses less.
"""

from __future__ import annotations

import sys
from pathlib import Path

from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.blocking import BlockingScheduler

from benchmarks.faults.peers.kept import Peer, post, read_orders


class System(Peer):
    """One process with its SQLite file."""

    name = "APScheduler, no misfire limit"
    module = __name__


def make_post(url: str, mark: str) -> None:
    """Post."""
    post(url, mark)


def work(place: Path) -> None:
    """Enter all jobs at the first start, then run them."""
    scheduler = BlockingScheduler(timezone="UTC", job_defaults={"misfire_grace_time": None})
    scheduler.add_jobstore(SQLAlchemyJobStore(f"sqlite:///{place / 'jobs.db'}"))
    entered = place / "entered"
    if not entered.exists():
        url, orders = read_orders(place)
        for order in orders:
            scheduler.add_job(
                "benchmarks.faults.peers.apscheduler_:make_post",
                "date",
                run_date=order.at,
                args=[url, order.mark],
                id=order.mark,
                replace_existing=True,
            )
        entered.touch()
    scheduler.start()


if __name__ == "__main__":
    work(Path(sys.argv[1]))
