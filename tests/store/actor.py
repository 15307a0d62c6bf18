"""Another process that uses the store: `python -m tests.store.actor URL PLAY [ARGUMENT]`.

It prints `ready`, waits for a line, plays, and prints its result as one line of JSON.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from engine.domain.errors import DrumbeatError
from engine.store import SqlStore, open_store
from tests.contracts import store_records as make
from tests.contracts.store_records import T0, at

SLOTS = 40
STEP = 200


def batch(number: int) -> list[Any]:
    """Return the entries of one step: 200 of them, from alerts, tasks and reviews."""
    first = number * STEP + 1
    kinds: list[Callable[[int], Any]] = [
        lambda seq: make.alert_entry(seq, make.alert(subject=f"channel/c{seq % 7}", because=f"#{seq}")),
        lambda seq: make.task_entry(seq, make.task(f"t{seq % 11}", title=f"#{seq}")),
        lambda seq: make.review_entry(seq, make.review(f"r{seq % 5}", note=f"#{seq}")),
        make.entry,
    ]
    return [kinds[seq % 4](seq) for seq in range(first, first + STEP)]


def record(store: SqlStore, number: int) -> int:
    """Record one step."""
    return store.record(make.row((number + 1) * STEP, step=number), batch(number), T0)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _cue() -> None:
    _say("ready")
    sys.stdin.readline()


def migrate(url: str, _argument: str) -> Any:
    _cue()
    try:
        store = open_store(url)
    except DrumbeatError as error:
        return {"error": str(error)}
    health = store.health()
    store.close()
    return health


def claim(url: str, _argument: str) -> Any:
    store = open_store(url)
    _cue()
    won = [store.claim_publication(make.post(slot), at(slot))[1] for slot in range(SLOTS)]
    store.close()
    return won


def write(url: str, steps: str) -> Any:
    store = open_store(url)
    _cue()
    highest = [record(store, number) for number in range(int(steps))]
    store.close()
    return highest[-1]


def hang(url: str, statement: str) -> Any:
    """Record step 0, then stand still in the middle of step 1, right after a statement that starts like this."""
    store = open_store(url)
    record(store, 0)
    _cue()

    def stand_still(_c: Any, _cursor: Any, text: str, _p: Any, _context: Any, _many: Any) -> None:
        if text.startswith(statement):
            _say("standing")
            signal.pause()

    sa.event.listen(store._database.engine, "after_cursor_execute", stand_still)
    record(store, 1)
    return "never stood"


if __name__ == "__main__":
    plays = {play.__name__: play for play in (migrate, claim, write, hang)}
    address, name, *rest = sys.argv[1:]
    _say(json.dumps(plays[name](address, rest[0] if rest else "")))
