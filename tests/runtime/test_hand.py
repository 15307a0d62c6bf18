from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine.runtime import hand as hands
from engine.runtime.hand import Hand, Held, Run, estates
from engine.runtime.heir import Heir

FIRST = Held("strategy/team/one", "run-1", "7", 1, 0)
SECOND = Held("strategy/team/two", "run-2", "8", 3, 1)
HOLDS_AND_WAITS = """
import asyncio, sys
from pathlib import Path
from engine.runtime.hand import Hand, Held

async def main():
    hand = Hand(Path(sys.argv[1]))
    with hand.holding(Held("strategy/team/one", "run-1", "7", 1, 0)):
        with hand.holding(Held("strategy/team/two", "run-2", "8", 3, 1)):
            print(hand.identity, flush=True)
            await asyncio.sleep(600)

asyncio.run(main())
"""


def killed_worker(folder: Path) -> str:
    """Let a process take two activities in hand and kill it; return its identity."""
    argv = [sys.executable, "-c", HOLDS_AND_WAITS, str(folder)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        identity = process.stdout.readline().strip()
        with estates(folder) as found:
            assert found == (), "it is alive"
        process.send_signal(signal.SIGKILL)
    return identity


def test_what_a_killed_worker_had_in_hand_is_known_to_the_next_and_then_forgotten(tmp_path: Path) -> None:
    identity = killed_worker(tmp_path)
    with estates(tmp_path) as found:
        (estate,) = found
    assert estate.identity == identity
    assert estate.held == (FIRST, SECOND)
    assert estate.recent == (Run("strategy/team/two", "run-2"), Run("strategy/team/one", "run-1"))
    assert not list(tmp_path.iterdir())


def test_a_worker_that_dies_before_it_began_anything_leaves_the_runs_that_it_took_over(
    tmp_path: Path,
) -> None:
    killed_worker(tmp_path)
    dead_at_once = Heir(Hand(tmp_path), tmp_path)
    dead_at_once.inherit()
    os.close(dead_at_once.hand._file)  # as the kernel does when its process ends
    with estates(tmp_path) as found:
        recent = {one.identity: (one.held, set(one.recent)) for one in found}
    served = {Run("strategy/team/two", "run-2"), Run("strategy/team/one", "run-1")}
    assert recent[dead_at_once.hand.identity] == ((), served)


def test_an_heir_that_fails_leaves_the_estate_to_the_next(tmp_path: Path) -> None:
    killed_worker(tmp_path)
    with pytest.raises(LookupError), estates(tmp_path):
        raise LookupError("the server is away")
    with estates(tmp_path) as found:
        assert len(found) == 1


async def test_what_has_ended_is_in_hand_until_the_server_can_have_heard_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hands, "_TOLD_AFTER", 0)
    hand = Hand(tmp_path)
    path = tmp_path / hand.identity
    with hand.holding(FIRST):
        pass
    assert hands._read(path).held == (FIRST,)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert hands._read(path).held == ()
    hand.close()
    assert not path.exists()


async def test_a_file_that_has_grown_large_keeps_only_what_is_still_in_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hands, "_LARGEST", 1000)
    hand = Hand(tmp_path)
    path = tmp_path / hand.identity
    with hand.holding(SECOND):
        for number in range(50):
            with hand.holding(Held("strategy/team/one", "run-1", str(number), 1, 0)):
                pass
            hand._end(Held("strategy/team/one", "run-1", str(number), 1, 0))
        assert path.stat().st_size < 2000
        assert hands._read(path).held[0] == SECOND
    hand.close()


def test_a_line_that_was_torn_by_the_kill_is_left_out(tmp_path: Path) -> None:
    identity = killed_worker(tmp_path)
    with (tmp_path / identity).open("ab") as file:
        file.write(b'{"begun": {"workflow": "stra')
    with estates(tmp_path) as found:
        assert found[0].held == (FIRST, SECOND)


def test_only_a_chain_of_deaths_without_a_gap_says_that_no_attempt_is_alive() -> None:
    assert Held("w", "r", "1", 1, 0).deaths_with_it == 1
    assert Held("w", "r", "1", 2, 1).deaths_with_it == 2
    assert Held("w", "r", "1", 2, 0).deaths_with_it == 0, "the first attempt timed out and may live"
