"""A worker that is told to end, ends, whatever it is just waiting for."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import NoReturn

import pytest

from engine.runtime import worker
from engine.runtime.settings import load_settings


async def test_a_worker_that_waits_for_a_server_which_is_gone_ends_when_it_is_told_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = asyncio.Event()

    async def wait_for_ever(*_: object, **__: object) -> NoReturn:
        waiting.set()
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(worker, "connect", wait_for_ever)
    running = asyncio.create_task(worker.run_worker(load_settings({}, home=tmp_path / "home")))
    await waiting.wait()
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(running, timeout=10)
    assert list((tmp_path / "home" / "workers").iterdir()) == [], (
        "it leaves nothing that an heir would look into"
    )
