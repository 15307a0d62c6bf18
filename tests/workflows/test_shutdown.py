"""A worker that ends in the middle of a publication: the post is there once, whatever the worker was given time for."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from temporalio.client import Client

from adapters.fake import FakePlatform
from engine.domain.ports import Capabilities
from engine.domain.publication import PublishStatus
from engine.runtime.settings import load_settings
from engine.runtime.worker import make_worker
from engine.store import SqlStore
from tests.workflows.engine import Engine, called, journaled, one_post, terminate
from tests.workflows.lives import registry

pytestmark = [
    pytest.mark.server,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("server"),
]


def platform(fault: str) -> FakePlatform:
    """Return a platform that posts again when it is asked again, and whose calls take a second at most."""
    can = Capabilities(exact_find=True, settle=timedelta(0), timeout=timedelta(seconds=1))
    return FakePlatform([fault], capabilities=can, idempotent=False)


async def interrupted(
    client: Client, store: SqlStore, name: str, fake: FakePlatform, *, grace: float, release: bool
) -> Engine:
    """Publish, end the worker while the call is under way, and go on with a second worker."""
    plan = one_post(name)
    settings = load_settings({}, task_queue=f"test-{name}")
    engine = Engine(client, settings, store, plan)
    shelves = registry({"fake": fake})
    first = make_worker(client, settings.task_queue, store, shelves, shutdown_grace=grace)
    async with first:
        await engine.apply()
        await called(fake.calls)
        ending = asyncio.create_task(first.shutdown())
        if release:
            asyncio.get_running_loop().call_later(0.3, fake.release)
        await ending
    fake.release()
    async with make_worker(client, settings.task_queue, store, shelves):
        await journaled(engine, "slot.published")
        await terminate(engine)
    return engine


async def test_a_worker_with_grace_finishes_the_call_that_is_under_way(
    client: Client, store: SqlStore
) -> None:
    fake = FakePlatform(["hang_after"], idempotent=False)
    engine = await interrupted(client, store, "graceful", fake, grace=8, release=True)
    assert [word for word, _ in fake.calls] == ["publish"]
    assert len(fake.effects) == 1
    assert store.publications(engine.plan.id)[0].attempts == 1


@pytest.mark.parametrize(
    ("fault", "words"), [("hang_after", ["publish", "find"]), ("hang_before", ["publish", "find", "publish"])]
)
async def test_a_worker_without_grace_leaves_a_doubt_that_a_look_settles(
    client: Client, store: SqlStore, fault: str, words: list[str]
) -> None:
    fake = platform(fault)
    engine = await interrupted(client, store, f"ungraceful-{fault[5:]}", fake, grace=0, release=False)
    assert [word for word, _ in fake.calls] == words
    assert len(fake.effects) == 1
    row = store.publications(engine.plan.id)[0]
    assert row.outcome is not None
    assert row.outcome.status is PublishStatus.PUBLISHED
