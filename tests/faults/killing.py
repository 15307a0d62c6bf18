"""One engine killed again and again while it posts every second, and what is left to tell afterwards."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from engine.domain.messages import StartPause
from engine.domain.storage import Store
from engine.runtime.operations import send_command
from tests.faults.engines import Engine
from tests.faults.evidence import Posted, lateness, posts_on_disk
from tests.faults.plans import STRATEGY_ID
from tests.support import eventually

# How long a process lives before it is killed again: sometimes it is not even at work yet, mostly it has caught up.
LIFE = (0.5, 5.0)


@dataclass(frozen=True)
class Kill:
    """When something was killed (UTC)."""

    what: str
    at: datetime


def kill_again_and_again(engine: Engine, victims: Sequence[str], times: int, seed: int) -> list[Kill]:
    """Kill these children together at random moments of their lives."""
    chance, pace, kills = random.Random(seed), threading.Event(), []
    for _ in range(times):
        engine.pids_of(*victims)
        pace.wait(chance.uniform(*LIFE))
        engine.kill(*victims)
        kills.append(Kill(" and ".join(victims), datetime.now(UTC)))
    return kills


def catch_up(engine: Engine, since: datetime, within: float = 45) -> float:
    """Wait until the newest post is for a slot after that instant and two seconds old, and none before it is missing.

    A pause would rightly drop a slot that is still being looked for. Returns how long it took, in seconds.
    """
    began = time.monotonic()

    def is_fresh() -> bool:
        slots = [post.slot for post in posts_on_disk(engine.site)]
        whole = len(slots) == (slots[-1] - slots[0]) // timedelta(seconds=1) + 1
        return whole and slots[-1] > since and datetime.now(UTC) - slots[-1] < timedelta(seconds=2)

    eventually(is_fresh, within=within, what="the schedule is caught up", every=0.1)
    return time.monotonic() - began


def pause_and_settle(engine: Engine, store: Store) -> None:
    """Pause the strategy and wait until every slot that had come is closed and on record."""
    asyncio.run(send_command(engine.settings, STRATEGY_ID, StartPause(reason="count"), by="ana"))

    def is_quiet() -> bool:
        state = store.strategy(STRATEGY_ID).state
        assert not state["slots"], state["slots"]
        return True

    eventually(is_quiet, within=45, what="every slot is closed")


def wait_after_a_kill(posts: Sequence[Posted], kills: Sequence[Kill]) -> float:
    """Return the longest time, in seconds, that a slot which had come took from the last kill to its post."""

    def wait(post: Posted) -> float:
        kills_before = [kill.at for kill in kills if kill.at < post.appeared]
        return (post.appeared - max([post.slot, *kills_before])).total_seconds()

    return max(wait(post) for post in posts)


def report(what: str, posts: Sequence[Posted], kills: Sequence[Kill], recovery: float) -> str:
    """Return one line of the table of measurements."""
    longest, middle = lateness(posts)
    return (
        f"{what:<19} kills {len(kills):>2}  posts {len(posts):>3}  lateness: longest {longest:5.2f} s, "
        f"median {middle:5.3f} s; longest wait after a kill {wait_after_a_kill(posts, kills):5.2f} s; "
        f"at last caught up in {recovery:4.1f} s"
    )
