"""What the workflow makes of an activity that did not end well: only what surely did nothing counts as a failed post."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.common import RetryPolicy

from activities import policies
from adapters.fake import FakePlatform
from engine.domain.errors import EngineError
from engine.domain.publication import PublishOutcome
from engine.domain.storage import Publication
from engine.store import SqlStore
from tests.workflows.engine import journaled, one_post, running
from tests.workflows.lives import registry

pytestmark = [
    pytest.mark.server,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("server"),
]


@pytest.fixture(autouse=True)
def no_second_try(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every activity end with its first attempt, as it would end after many."""
    for policy in (policies.PUBLISH, policies.FIND):
        monkeypatch.setitem(policy, "retry_policy", RetryPolicy(maximum_attempts=1))


class Forgetful:
    """A store that breaks once, between the post and its entry in the ledger."""

    def __init__(self, store: SqlStore) -> None:
        self._store, self._broken = store, True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def settle_publication(self, key: str, outcome: PublishOutcome, now: datetime) -> Publication:
        if self._broken:
            self._broken = False
            raise EngineError("The database is away.")
        return self._store.settle_publication(key, outcome, now)


async def test_a_post_whose_entry_in_the_ledger_failed_is_looked_for_and_not_called_failed(
    client: Client, store: SqlStore
) -> None:
    fake = FakePlatform(idempotent=False)
    async with running(client, Forgetful(store), one_post("ledger"), registry({"fake": fake})) as engine:
        await engine.apply()
        await journaled(engine, "slot.published")
        assert engine.journal("slot.failed", "task.opened") == []
        assert [word for word, _ in fake.calls] == ["publish", "find"]


async def test_a_post_that_surely_did_not_happen_is_a_failed_one(client: Client, store: SqlStore) -> None:
    fake = FakePlatform(["fail_before"], idempotent=False)
    async with running(client, store, one_post("failed"), registry({"fake": fake})) as engine:
        await engine.apply()
        entry = await journaled(engine, "slot.failed")
        assert "The fake platform is not there." in entry.summary
        assert (await journaled(engine, "task.opened")).data["task"]["kind"] == "decide"  # type: ignore[call-overload,index]
        assert [word for word, _ in fake.calls] == ["publish"]


async def test_a_look_that_never_worked_asks_a_person(client: Client, store: SqlStore) -> None:
    fake = FakePlatform(["fail_after"], finds=["fail_before"], idempotent=False)
    async with running(client, store, one_post("unseen"), registry({"fake": fake})) as engine:
        await engine.apply()
        await journaled(engine, "slot.unknown")
        assert (await journaled(engine, "task.opened")).data["task"]["kind"] == "verify"  # type: ignore[call-overload,index]
        assert len(fake.effects) == 1
