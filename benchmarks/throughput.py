"""The whole engine: posts a second through Temporal, worker, ledger and journal, against the bare adapter."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from adapters.platforms.site.adapter import SiteAdapter
from adapters.tools import Tools
from benchmarks.measure import Result
from benchmarks.plans import fed, write_fed
from engine.domain.plan import Plan
from engine.domain.publication import Post, slot_key
from engine.domain.strategy import ActivityKind

# Each of these is due every second: more than any engine on this adapter can do, so that its limit shows.
ACTIONS = 100
# The first posts are left out: processes start, caches fill.
WARM = 50
DURING = 8.0
_START_WITHIN = 60.0


def run() -> Iterator[Result]:
    """Measure the throughput of posts."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        bare = asyncio.run(_bare(fed(place / "bare", actions=1, every="1s")))
        ours = _whole(place)
    yield Result("posts through the whole engine", ours, "SiteAdapter.publish alone", bare, "/s")


async def _bare(plan: Plan) -> float:
    platform, numbers = SiteAdapter(Tools()), count()
    for _ in range(WARM):
        await platform.publish(_post(plan, next(numbers)), {})
    began, done = time.perf_counter(), 0
    while (passed := time.perf_counter() - began) < DURING / 2:
        await platform.publish(_post(plan, next(numbers)), {})
        done += 1
    return done / passed


def _post(plan: Plan, number: int) -> Post:
    (action,) = plan.strategy.actions
    slot, item = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(seconds=number), plan.content[action.name][0]
    return Post(
        key=slot_key(plan.id, action.name, slot, item),
        strategy=plan.id,
        action=action.name,
        kind=ActivityKind.CREATE,
        slot=slot,
        channel=plan.channels["blog"],
        account=plan.accounts["site"],
        item=item,
    )


def _whole(place: Path) -> float:
    plan = write_fed(place / "plan", actions=ACTIONS, every="1s")
    posts = plan / "site" / "content" / "posts"
    environ = {**os.environ, "DRUMBEAT_HOME": str(place / "home"), "DRUMBEAT_SHUTDOWN_GRACE": "5"}
    with (place / "log").open("wb") as log:
        argv = [sys.executable, "-m", "engine.cli.main", "up", str(plan)]
        engine = subprocess.Popen(argv, stdout=log, stderr=log, env=environ)
    try:
        first = _until(engine, posts, WARM, place / "log")
        began = time.perf_counter()
        time.sleep(DURING)
        return (_number(posts) - first) / (time.perf_counter() - began)
    finally:
        engine.terminate()
        try:
            engine.wait(timeout=20)
        except subprocess.TimeoutExpired:
            engine.kill()
            engine.wait()


def _until(engine: subprocess.Popen[bytes], posts: Path, number: int, log: Path) -> int:
    deadline = time.perf_counter() + _START_WITHIN
    while (there := _number(posts)) < number:
        if engine.poll() is not None or time.perf_counter() > deadline:
            sys.exit(f"The engine did not post; it said:\n{log.read_text(errors='replace')}")
        time.sleep(0.1)
    return there


def _number(posts: Path) -> int:
    return sum(1 for _ in posts.glob("*.md"))
