"""Record golden histories and acknowledge changes of the code that issues commands.

    python -m tests.replay.record                  live the typical lives and keep their histories
    python -m tests.replay.record --acknowledge    accept the present code as what running strategies replay well

Histories of a released version are never recorded again: they are what runs out there.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import inspect
import sys
import tempfile
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from temporalio.activity import _Definition as ActivityDefinition
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from activities.notify import NotifyActivities
from activities.observe import ObserveActivities
from activities.publish import PublishActivities
from activities.record import RecordActivities
from engine.store import open_store
from tests.replay.lives import LIVES, Life, Stage
from tests.workflows.engine import running
from tests.workflows.lives import ServerTime, skip_to

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
HISTORIES = HERE / "histories"
FINGERPRINT = HERE / "fingerprint.txt"
TEST_SERVER = Path(sys.executable).with_name("temporal-test-server")
# Noon of a day in winter, far ahead of every machine's clock: histories of later versions look alike.
BEGIN = datetime(2030, 1, 14, 12, tzinfo=UTC)
_ACTIVITIES = (NotifyActivities, ObserveActivities, PublishActivities, RecordActivities)


def fingerprint() -> str:
    """Return the sha256 of everything that decides which commands a workflow issues, apart from the pure heart."""
    digest = hashlib.sha256()
    for path in [*sorted((ROOT / "workflows").glob("*.py")), ROOT / "activities" / "policies.py"]:
        text = path.read_text(encoding="utf-8").replace("\r\n", "\n")
        digest.update(f"{path.relative_to(ROOT).as_posix()}\0{text}\0".encode())
    digest.update("\0".join(activity_names()).encode())
    return digest.hexdigest()


def activity_names() -> list[str]:
    """Return the names under which activities stand in histories."""
    found = [
        ActivityDefinition.from_callable(member)
        for kind in _ACTIVITIES
        for _, member in inspect.getmembers(kind, inspect.isfunction)
    ]
    return sorted(str(definition.name) for definition in found if definition is not None)


def acknowledge() -> None:
    """Accept the present code."""
    FINGERPRINT.write_text(f"{fingerprint()}\n", encoding="utf-8")


def goldens() -> list[Path]:
    """Return the recorded histories of all versions."""
    return sorted(HISTORIES.glob("v*/*.json"))


async def record() -> None:
    """Live every life in the time-skipping server and keep one run of each."""
    version = ".".join(metadata.version("drumbeat").split(".")[:2])
    folder = HISTORIES / f"v{version}"
    folder.mkdir(parents=True, exist_ok=True)
    environment = await WorkflowEnvironment.start_time_skipping(
        data_converter=pydantic_data_converter,
        test_server_existing_path=str(TEST_SERVER),
        identity="golden",
    )
    async with environment:
        await skip_to(environment, BEGIN)
        for name, life in LIVES.items():
            history = await lived(environment, life)
            path = folder / f"{name}.json"
            path.write_text(f"{history.to_json()}\n", encoding="utf-8")
            sys.stdout.write(
                f"{path.relative_to(ROOT)}: {len(history.events)} events, {path.stat().st_size} bytes\n"
            )


async def lived(environment: WorkflowEnvironment, life: Life) -> WorkflowHistory:
    """Live one life and return the history of the run to keep."""
    start = (await environment.get_current_time()).replace(microsecond=0)
    plan = life.plan(start)
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/store.db")
        try:
            adapters = life.adapters(start)
            async with running(environment.client, store, plan, adapters, clock=ServerTime()) as engine:
                stage = Stage(engine, environment, start)
                await life.story(stage)
                run = await engine.run_id() if life.last else engine.first_run
                handle = environment.client.get_workflow_handle(engine.handle.id, run_id=run)
                return await handle.fetch_history()
        finally:
            store.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--acknowledge", action="store_true", help="only accept the present code")
    if not parser.parse_args().acknowledge:
        asyncio.run(record())
    acknowledge()
    sys.stdout.write(f"acknowledged {fingerprint()}\n")
