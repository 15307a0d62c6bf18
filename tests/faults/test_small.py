"""What the faults taught about single parts, held without an engine."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
from temporalio.client import WorkflowUpdateRPCTimeoutOrCancelledError

from engine.domain.errors import EngineError
from engine.runtime.child import Deaths, Patience
from engine.runtime.children import worker_child
from engine.runtime.datadir import DataDirectory
from engine.runtime.operations import answered
from engine.runtime.processes import command_line, tethered
from engine.runtime.settings import load_settings
from tests.support import eventually


def test_a_child_that_worked_between_its_deaths_is_never_given_up_and_is_back_at_once() -> None:
    deaths = Deaths(Patience())
    assert {deaths.record(4.0 * n, lived=3.5) for n in range(50)} == {0.2}


def test_one_life_of_work_forgives_the_vain_tries_before_it() -> None:
    deaths = Deaths(Patience())
    tries = [deaths.record(float(n), lived=0.5) for n in range(9)]
    assert deaths.record(20, lived=10) == 0.2
    again = [deaths.record(20.0 + n, lived=0.5) for n in range(1, 9)]
    assert None not in tries + again
    assert deaths.record(30, lived=0.5) is None


async def test_our_own_cancellation_during_an_update_is_not_taken_for_a_silent_engine() -> None:
    with pytest.raises(asyncio.CancelledError):
        await answered(lambda: _ended_by(asyncio.CancelledError()), "team/one")
    with pytest.raises(EngineError, match="did not answer"):
        await answered(lambda: _ended_by(TimeoutError()), "team/one")


async def _ended_by(cause: BaseException) -> None:
    raise WorkflowUpdateRPCTimeoutOrCancelledError from cause


def test_a_child_is_recorded_by_its_words_also_in_the_instant_in_which_it_shows_none(tmp_path: Path) -> None:
    argv = (sys.executable, "-c", "import signal; signal.pause()")
    with DataDirectory.open(tmp_path / "home") as home:
        for _ in range(10):
            with subprocess.Popen(tethered(argv)) as child:
                eventually(partial(_shows_none_or, argv, child.pid), every=0)
                home.publish(pids={"worker": child.pid})
                child.kill()
            assert home.record.processes["worker"].command == " ".join(argv)


def _shows_none_or(argv: Sequence[str], pid: int) -> bool:
    return command_line(pid) in ("", " ".join(argv))


def test_the_embedded_worker_hears_nothing_of_a_temporal_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_API_KEY", "not-for-us")
    embedded = load_settings({}, home=tmp_path)
    env = worker_child(embedded, "127.0.0.1:7233").env or {}
    temporal = {name: value for name, value in env.items() if name.startswith("TEMPORAL_")}
    assert temporal == {"TEMPORAL_CONFIG_FILE": os.devnull}

    profiled = load_settings({}, home=tmp_path, temporal_profile="acme")
    env = worker_child(profiled, None).env or {}
    assert env["TEMPORAL_API_KEY"] == "not-for-us"
    # The profile may name the namespace, so the default is not handed down as if somebody had asked for it.
    assert "DRUMBEAT_TEMPORAL_NAMESPACE" not in env
