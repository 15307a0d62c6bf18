"""The same plan in the same world gives the same journal: in every process, whatever its hash seed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from engine.domain.lifecycle.state import State
from engine.domain.messages import Tick
from engine.domain.records import Activity
from engine.runtime.simulation import World, simulate
from tests.domain.build import DAY, HOUR, MOMENTUM, REVISE, START, Heart, action, channel, items, plan

ROOT = Path(__file__).parents[2]


def journal() -> str:
    """Return the fingerprint of a busy simulated month, and of the memory after it."""
    names = ("blog", "news", "shop", "club")
    busy = plan(
        channels=[
            channel(name, activity="feed", cadence={"at_least": 1, "at_most": 2, "per": "day"})
            for name in names
        ],
        actions=[
            action(
                f"to-{name}",
                channel=name,
                schedule={"every": "7h"},
                content={"items": items(9), "repeat": True},
            )
            for name in names
        ],
        rules=[rule | {"task": REVISE} for rule in MOMENTUM],
        reviews=[{"name": name, "schedule": {"cron": "0 9 * * MON"}} for name in ("one", "two", "three")],
        metrics=[{"name": f"m{n}", "source": "csv", "expect_every": "1d"} for n in range(5)],
        sources=[{"name": name, "kind": "feed"} for name in ("feed", "csv")],
    )
    posts = {name: [Activity(at=START + n * 5 * HOUR, ref=f"{name}{n}") for n in range(50)] for name in names}
    silent = {"shop": START + 9 * DAY}
    entries = list(simulate(busy, World(posts=posts, silent_from=silent), START, START + 21 * DAY))
    heart = Heart(busy).until(START + 3 * DAY)
    effects = "".join(effect.model_dump_json() for effect in heart.effects)
    text = "".join(entry.model_dump_json() for entry in entries) + effects + heart.state.model_dump_json()
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_journal_does_not_depend_on_the_hash_seed_of_the_process() -> None:
    code = "from tests.domain.test_determinism import journal; print(journal())"
    found = {journal()}
    for seed in ("1", "4242"):
        environment = os.environ | {"PYTHONHASHSEED": seed}
        run = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        found.add(run.stdout.strip())
    assert len(found) == 1


def test_a_memory_whose_mappings_were_stored_in_another_order_does_the_same() -> None:
    grids = [action(name, schedule={"every": "1h"}, content={"items": items(9)}) for name in ("b", "a", "c")]
    heart = Heart(plan(actions=grids)).until(START + 2 * HOUR)
    stored = heart.state.model_dump(mode="json")
    shuffled = {name: dict(reversed(v.items())) if isinstance(v, dict) else v for name, v in stored.items()}
    other = Heart(heart.plan)
    other.state = State.model_validate(shuffled)
    ours, theirs = heart.tell(Tick(), START + 3 * HOUR), other.tell(Tick(), START + 3 * HOUR)
    assert (ours.entries, ours.effects) == (theirs.entries, theirs.effects)
