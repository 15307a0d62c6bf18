"""Strategies come back by themselves: after their workflow was ended by hand, and after Temporal lost everything."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from google.protobuf.duration_pb2 import Duration
from structlog.testing import capture_logs
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError

from adapters.fake import FakePlatform
from engine.domain.errors import EngineError
from engine.domain.messages import StartPause
from engine.domain.plan import Plan
from engine.domain.ports import Capabilities
from engine.domain.shell import ApplyRequest, StrategyStart
from engine.runtime import revival
from engine.runtime.embedded import EmbeddedTemporal
from engine.runtime.operations import apply_one, hand_over
from engine.runtime.revival import revive, tell
from engine.runtime.settings import Settings, load_settings
from engine.runtime.worker import make_worker
from engine.store import SqlStore, open_store
from tests.support import eventually_async
from tests.workflows.engine import Engine, called, journaled, long_ago, one_post, running, terminate
from tests.workflows.lives import make_plan, registry

pytestmark = [
    pytest.mark.server,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("server"),
]


@pytest_asyncio.fixture(loop_scope="session")
async def empty_client(server: EmbeddedTemporal) -> Client:
    """A client of a Temporal that knows nothing: a namespace of its own, as after the loss of its database."""
    name = f"empty-{uuid.uuid4().hex[:8]}"
    client = await Client.connect(server.address, namespace=name, data_converter=pydantic_data_converter)
    request = RegisterNamespaceRequest(
        namespace=name, workflow_execution_retention_period=Duration(seconds=86400)
    )
    await client.workflow_service.register_namespace(request)
    return client


def forgetful(name: str) -> Plan:
    """Return a strategy whose channel is silent after a second."""
    return make_plan(name, channels=[{"name": "blog", "account": "site", "silence": {"after": "1s"}}])


async def revived(client: Client, engine: Engine, *, within: float = 20) -> None:
    """Look for missing strategies, again and again, until this one is brought back."""
    names: list[str] = []
    deadline = datetime.now(UTC) + timedelta(seconds=within)
    while engine.plan.id not in names:
        assert datetime.now(UTC) < deadline, f"{engine.plan.id} was not brought back"
        try:
            names += (await revive(client, engine.settings, engine.store)).brought_back
        except RPCError as error:
            # A namespace is known everywhere only after a moment.
            if "not found" not in error.message.lower():
                raise


async def test_a_strategy_ended_by_hand_is_started_again_with_its_memory(
    client: Client, store: SqlStore
) -> None:
    async with running(client, store, forgetful("ended"), registry()) as engine:
        await engine.apply()
        await journaled(engine, "task.opened")
        await engine.say(StartPause(scope="strategy", reason="holidays"))
        before, entries = engine.state(), engine.journal()
        await terminate(engine)
        await revived(client, engine)
        assert (
            await engine.say(StartPause(scope="channel/blog"))
            == "channel/blog is paused until somebody resumes it"
        )
        after = engine.state()
        assert after.started_at == before.started_at
        assert after.tasks == before.tasks
        assert after.alerts == before.alerts
        assert after.pauses[: len(before.pauses)] == before.pauses
        assert engine.journal()[: len(entries)] == entries
        assert engine.journal("strategy.applied") == entries[:1], "nothing was applied anew"


async def test_a_strategy_that_runs_is_left_alone(client: Client, store: SqlStore) -> None:
    async with running(client, store, forgetful("alive"), registry()) as engine:
        await engine.apply()
        await journaled(engine, "task.opened")
        run = await engine.run_id()

        async def left_alone() -> bool:
            found = await revive(client, engine.settings, engine.store)
            return engine.plan.id not in (*found.brought_back, *found.still_missing)

        await _eventually(left_alone)
        assert await engine.run_id() == run


async def test_a_revision_that_was_stored_and_never_handed_over_is_handed_over(
    client: Client, store: SqlStore
) -> None:
    async with running(client, store, forgetful("cut-off"), registry()) as engine:
        await engine.apply()
        newer = make_plan("cut-off", title="Newer")
        store.save_revision(newer, author="ana", reason="cut off", now=long_ago())
        await revived(client, engine)
        await eventually_async(lambda: engine.state().revision == 2, what="revision 2 counts")
        assert engine.journal("strategy.applied")[-1].summary.endswith("by ana: cut off")


async def test_after_the_loss_of_temporals_database_strategies_go_on_from_the_store(
    client: Client, empty_client: Client, store: SqlStore
) -> None:
    async with running(client, store, forgetful("lost"), registry()) as engine:
        await engine.apply()
        await journaled(engine, "task.opened")
        entries = engine.journal()
    gone = Engine(empty_client, engine.settings, store, engine.plan)
    async with make_worker(empty_client, engine.settings.task_queue, store, registry()):
        await revived(empty_client, gone)
        await gone.say(StartPause(scope="strategy"))
        assert gone.journal()[: len(entries)] == entries
        assert gone.journal()[-1].seq == len(entries) + 1
        await terminate(gone)


async def test_after_the_loss_of_the_store_a_running_strategy_writes_its_plan_anew(
    client: Client, store: SqlStore, tmp_path: Path
) -> None:
    settings = load_settings({}, task_queue="test-storeless")
    engine = Engine(client, settings, store, forgetful("storeless"))
    async with make_worker(client, settings.task_queue, store, registry()):
        await engine.apply()
        await engine.apply(make_plan("storeless", title="Newer"))
    fresh = open_store(f"sqlite:///{tmp_path / 'fresh.db'}")
    after = Engine(client, settings, fresh, engine.plan)
    async with make_worker(client, settings.task_queue, fresh, registry()):
        with pytest.raises(
            EngineError, match="runs with revision 2, but the store only knows 1: it was lost"
        ):
            await apply_one(client, settings, fresh, forgetful("storeless"), "ana", "")
        assert "paused" in await after.say(StartPause(scope="channel/blog"))
        assert fresh.revision(engine.plan.id, 2).plan == engine.plan
        assert after.journal("pause.started")
        done = await apply_one(client, settings, fresh, forgetful("storeless"), "ana", "")
        assert (done.revision, after.state().revision) == (3, 3)
        await terminate(after)
    fresh.close()


async def test_one_that_cannot_be_brought_back_does_not_hold_up_the_others(
    client: Client, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(client, store, forgetful("middle"), registry()) as engine:
        await engine.apply()
        await terminate(engine)
        for name in ("an-unreadable-memory", "broken", "slow-to-answer"):
            store.save_revision(forgetful(name), author="ana", reason="", now=long_ago())
        row = store.strategy(engine.plan.id)
        strange = row.model_copy(update={"strategy": "team/an-unreadable-memory", "state": {"mood": "odd"}})
        store.record(strange, [], long_ago())

        async def only_some(
            client: Client, settings: Settings, request: ApplyRequest, start: StrategyStart
        ) -> None:
            if request.plan.strategy.name == "broken":
                raise RuntimeError("a bug")
            if request.plan.strategy.name == "slow-to-answer":
                raise EngineError("did not answer")
            await hand_over(client, settings, request, start)

        monkeypatch.setattr(revival, "hand_over", only_some)
        with capture_logs() as logs:
            found = await revive(client, engine.settings, store)
            tell(found)
        assert found.brought_back == (engine.plan.id,)
        assert found.still_missing == {
            "team/an-unreadable-memory": "its memory cannot be read by this version: Field required",
            "team/broken": "RuntimeError: a bug",
            "team/slow-to-answer": "did not answer",
        }
        named = [line["strategy"] for line in logs if "could not be brought back" in line["event"]]
        assert named == list(found.still_missing)
        assert (logs[-1]["brought_back"], logs[-1]["still_missing"]) == (1, 3)


@pytest.mark.parametrize(
    ("fault", "words"), [("hang_after", ["publish", "find"]), ("hang_before", ["publish", "find", "publish"])]
)
async def test_a_post_whose_call_was_under_way_is_looked_for_and_not_repeated(
    client: Client, empty_client: Client, store: SqlStore, fault: str, words: list[str]
) -> None:
    can = Capabilities(exact_find=True, settle=timedelta(0), timeout=timedelta(seconds=1))
    fake = FakePlatform([fault], capabilities=can, idempotent=False)
    plan = one_post(f"under-way-{fault[5:]}")
    settings = load_settings({}, task_queue=f"test-{plan.strategy.name}")
    engine = Engine(client, settings, store, plan)
    worker = make_worker(client, settings.task_queue, store, registry({"fake": fake}), shutdown_grace=0)
    async with worker:
        await engine.apply()
        await called(fake.calls)
        await eventually_async(lambda: engine.state().slots, what="the intent stands in the store")
        await terminate(engine)
    fake.release()
    gone = Engine(empty_client, settings, store, plan)
    async with make_worker(empty_client, settings.task_queue, store, registry({"fake": fake})):
        await revived(empty_client, gone)
        entry = await journaled(gone, "slot.published")
        await terminate(gone)
    assert [word for word, _ in fake.calls] == words
    assert len(fake.effects) == 1
    assert entry.data["key"] == fake.effects[0]


async def _eventually(condition: Callable[[], Awaitable[bool]], within: float = 20) -> None:
    deadline = datetime.now(UTC) + timedelta(seconds=within)
    while not await condition():
        assert datetime.now(UTC) < deadline
