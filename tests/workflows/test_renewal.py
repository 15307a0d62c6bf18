"""Continuing as new: nothing said is lost, nobody waits for ever, and the memory goes on bit by bit."""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import Client, WorkflowUpdateFailedError, WorkflowUpdateHandle, WorkflowUpdateStage
from temporalio.exceptions import ApplicationError

from adapters.fake import FakePlatform
from engine.domain.journal import Entry
from engine.domain.messages import Command, EndPause, StartPause
from engine.domain.shell import DRAINING, StrategyStart
from engine.runtime import operations
from engine.store import SqlStore
from tests.support import eventually_async
from tests.workflows.engine import Engine, Gate, all_done, called, running
from tests.workflows.lives import items, make_plan, registry
from tests.workflows.test_updates import calm
from workflows.strategy import StrategyWorkflow

pytestmark = [
    pytest.mark.server,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("server"),
]
UPDATES, AT_ONCE = 300, 8
# About twenty updates; the server itself would suggest to go on after some four thousand events.
SHORT_RUN = 120


class Caller:
    """Sends commands as `operations.command` does, and counts how often it was told to ask again."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.told_to_ask_again = 0
        self.longest = 0.0

    async def say(self, number: int) -> str:
        pause = StartPause(scope="action/post", reason=f"number {number}")
        order = Command(id=f"storm-{number}", by="ana", instruction=pause)

        async def call() -> str:
            try:
                return await self._engine.handle.execute_update(StrategyWorkflow.command, order)
            except WorkflowUpdateFailedError as error:
                self.told_to_ask_again += _type_of(error) == DRAINING
                raise

        began = time.monotonic()
        answer = await operations.answered(call, self._engine.plan.id)
        self.longest = max(self.longest, time.monotonic() - began)
        return answer


def _type_of(error: WorkflowUpdateFailedError) -> str | None:
    return error.cause.type if isinstance(error.cause, ApplicationError) else None


async def test_in_a_storm_of_updates_every_one_is_answered_and_none_is_lost(
    client: Client, store: SqlStore
) -> None:
    async with running(client, store, calm("storm"), registry()) as engine:
        await engine.apply(most_events=SHORT_RUN)
        caller, runs, waiting = Caller(engine), {await engine.run_id()}, list(range(UPDATES))

        async def person() -> None:
            while waiting:
                answer = await caller.say(waiting.pop())
                assert answer == "action/post is paused until somebody resumes it"
                runs.add(await engine.run_id())

        await all_done(*(asyncio.create_task(person()) for _ in range(AT_ONCE)))
        kept = [str(entry.data["pause"]["reason"]) for entry in engine.journal("pause.started")]  # type: ignore[call-overload,index]
        assert sorted(kept) == sorted(f"number {number}" for number in range(UPDATES))
        everything = engine.journal()
        assert [entry.seq for entry in everything] == list(range(1, len(everything) + 1))
        assert len(runs) >= UPDATES / 40, "the runs were to be short"
        sys.stdout.write(
            f"{UPDATES} updates in {len(runs)} runs; {caller.told_to_ask_again} asked again; "
            f"the longest took {caller.longest:.2f} s\n"
        )


async def test_a_draining_strategy_says_so_and_the_callers_ask_again_by_themselves(
    client: Client, store: SqlStore
) -> None:
    gate = Gate(store)
    async with running(client, gate, calm("draining"), registry()) as engine:
        await engine.apply(most_events=50)
        first, caller = await engine.run_id(), Caller(engine)
        while sum((await engine.events()).values()) < 34:
            await engine.say(StartPause(scope="channel/blog"))
        gate.close_gate()
        accepted = await _said_until_draining(engine)
        late = asyncio.create_task(caller.say(0))
        await eventually_async(lambda: caller.told_to_ask_again, what="an update is rejected")
        assert not late.done()
        gate.open_gate()
        assert await late == "action/post is paused until somebody resumes it"
        assert len(await asyncio.gather(*(update.result() for update in accepted))) == len(accepted)
        assert await engine.run_id() != first
        kept = {str(entry.data["pause"]["reason"]) for entry in engine.journal("pause.started")}  # type: ignore[call-overload,index]
        assert kept >= {f"early {number}" for number in range(len(accepted))} | {"number 0"}


async def _said_until_draining(engine: Engine) -> list[WorkflowUpdateHandle[str]]:
    """Say one thing after the other, without waiting for answers, until the strategy drains."""
    accepted: list[WorkflowUpdateHandle[str]] = []
    for number in range(10):
        pause = StartPause(scope="action/post", reason=f"early {number}")
        update = await engine.handle.start_update(
            StrategyWorkflow.command,
            Command(id=f"early-{number}", instruction=pause),
            wait_for_stage=WorkflowUpdateStage.ACCEPTED,
        )
        if update._known_outcome is not None:
            with pytest.raises(WorkflowUpdateFailedError) as refused:
                await update.result()
            assert _type_of(refused.value) == DRAINING
            return accepted
        accepted.append(update)
    raise AssertionError("the strategy never drained")


async def test_slots_come_on_time_while_a_run_drains(client: Client, store: SqlStore) -> None:
    platform = FakePlatform(["hang_before"], idempotent=False)
    beat = {"name": "beat", "channel": "blog", "schedule": {"every": "1s"}, "content": items("note")}
    plan = make_plan("slow", actions=[beat])
    async with running(client, store, plan, registry({"fake": platform})) as engine:
        await engine.apply(most_events=150)
        await called(platform.calls)
        await _say_until_draining(engine)
        first, drained_at = await engine.run_id(), datetime.now(UTC)

        def skipped_since() -> list[Entry]:
            return [entry for entry in engine.journal("slot.skipped") if entry.at > drained_at]

        await eventually_async(skipped_since, what="a slot came as it drained: its channel is paused")
        assert await engine.run_id() == first
        hanging = platform.calls[0][1]
        assert hanging not in platform.effects
        platform.release()
        await eventually_async(lambda: hanging in platform.effects, what="the call that hung was answered")
        await engine.say(EndPause(scope="channel/blog"))
        assert await engine.run_id() != first
        assert len(platform.effects) == len(set(platform.effects))


async def _say_until_draining(engine: Engine) -> None:
    for number in range(50):
        order = Command(id=str(number), instruction=StartPause(scope="channel/blog"))
        try:
            await engine.handle.execute_update(StrategyWorkflow.command, order)
        except WorkflowUpdateFailedError as error:
            if _type_of(error) == DRAINING:
                return
            raise
    raise AssertionError("the strategy never drained")


async def test_the_memory_goes_on_bit_by_bit(client: Client, store: SqlStore) -> None:
    async with running(client, store, calm("bits"), registry()) as engine:
        await engine.apply(most_events=50)
        first = await engine.run_id()
        while await engine.run_id() == first:
            await engine.say(StartPause(scope="action/post", until=datetime.now(UTC) + timedelta(days=2)))
        old = client.get_workflow_handle(engine.handle.id, run_id=first)
        handed = [event async for event in old.fetch_history_events()][-1]
        given = await anext(aiter(engine.handle.fetch_history_events()))
        left = handed.workflow_execution_continued_as_new_event_attributes.input.payloads
        right = given.workflow_execution_started_event_attributes.input.payloads
        assert [payload.data for payload in left] == [payload.data for payload in right]
        start = StrategyStart.model_validate_json(left[0].data)
        assert start.model_dump_json().encode() == left[0].data
        assert start.state is not None
        assert {entry.seq for entry in engine.journal()} >= set(range(1, start.state.seq + 1))
        assert start.most_events == 50
