"""What people say to a strategy: when it answers, what it refuses, and that nothing they say can break it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from adapters.fake import FakePlatform
from engine.domain.errors import CommandRefusedError, DrumbeatError
from engine.domain.lifecycle import commanding, publishing
from engine.domain.messages import EndPause, StartPause
from engine.domain.plan import Plan
from engine.domain.rebuilt import Rebuilt
from engine.domain.records import Alert, AlertState
from engine.domain.rule import Severity
from engine.domain.shell import DEFECT, REFUSED, ApplyRequest, workflow_id
from engine.runtime import operations, rebuilding
from engine.store import SqlStore
from tests.support import eventually_async
from tests.workflows.engine import Gate, all_done, journaled, long_ago, one_post, running
from tests.workflows.lives import items, make_plan, registry
from workflows.strategy import StrategyWorkflow

pytestmark = [
    pytest.mark.server,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("server"),
]
CHANNEL = StartPause(scope="channel/blog", reason="a test")


def calm(name: str, **more: Any) -> Plan:
    """Return a strategy that has nothing to do for months."""
    action = {
        "name": "post",
        "channel": "blog",
        "schedule": {"cron": "0 9 29 2 *"},
        "content": items("note"),
    }
    # Without rules: those that rest on facts are judged again and again.
    return make_plan(name, actions=[action], **({"packs": []} | more))


async def test_a_command_is_answered_only_once_it_is_on_record(client: Client, store: SqlStore) -> None:
    gate = Gate(store)
    async with running(client, gate, calm("recorded"), registry()) as engine:
        await engine.apply()
        gate.close_gate()
        answer = asyncio.create_task(engine.say(CHANNEL))
        await eventually_async(lambda: gate.waiting, what="the record is asked for")
        assert not answer.done()
        assert not engine.journal("pause.started")
        gate.open_gate()
        assert await answer == "channel/blog is paused until somebody resumes it"
        assert len(engine.journal("pause.started")) == 1


async def test_a_command_that_makes_no_sense_now_is_refused_with_the_hearts_sentence(
    client: Client, store: SqlStore
) -> None:
    async with running(client, store, calm("refused"), registry()) as engine:
        await engine.apply()
        before = await engine.events()
        with pytest.raises(
            CommandRefusedError, match="channel/blog is not paused, so there is nothing to resume"
        ):
            await engine.say(EndPause(scope="channel/blog"))
        with pytest.raises(CommandRefusedError, match="The plan has no channel named blig; it has: blog"):
            await engine.say(StartPause(scope="channel/blig"))
        assert await engine.events() == before, "a refusal leaves nothing behind"


async def test_a_command_said_twice_acts_once_also_across_continue_as_new(
    client: Client, store: SqlStore
) -> None:
    async with running(client, store, calm("twice"), registry()) as engine:
        await engine.apply(most_events=60)
        first = await engine.run_id()
        said = await engine.say(CHANNEL, identity="the-same")
        assert await engine.say(CHANNEL, identity="the-same") == said
        for number in range(12):
            scope = StartPause(scope="action/post", reason=str(number))
            await engine.say(scope)
        assert await engine.run_id() != first
        assert await engine.say(CHANNEL, identity="the-same") == said
        about_channel = [
            entry for entry in engine.journal("pause.started") if entry.subject == "channel/blog"
        ]
        assert len(about_channel) == 1


async def test_more_commands_at_once_than_the_server_takes_are_all_carried_out(
    client: Client, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[int] = []

    def pause(attempt: int) -> float:
        refused.append(attempt)
        return 0.05

    monkeypatch.setattr(operations, "_pause", pause)
    gate = Gate(store)
    async with running(client, gate, calm("crowd"), registry()) as engine:
        await engine.apply()
        gate.close_gate()
        crowd = [
            asyncio.create_task(engine.say(StartPause(scope="action/post", reason=f"person {number}")))
            for number in range(14)
        ]
        await eventually_async(lambda: refused, within=30, what="the server takes no more")
        assert not any(person.done() for person in crowd)
        gate.open_gate()
        await all_done(*crowd)
        assert len(engine.journal("pause.started")) == 14


@pytest.mark.parametrize(
    ("update", "argument"),
    [
        ("command", {"id": 1}),
        ("command", {"id": "x", "instruction": {"type": "dance"}}),
        ("command", "pause"),
        ("apply", {"plan": {"workspace": {}}, "revision": 2}),
        ("apply", None),
    ],
)
async def test_a_malformed_argument_fails_its_update_and_not_the_strategy(
    client: Client, store: SqlStore, update: str, argument: object
) -> None:
    async with running(client, store, calm("malformed"), registry()) as engine:
        await engine.apply()
        with pytest.raises(WorkflowUpdateFailedError):
            await engine.handle.execute_update(update, argument)
        assert "paused" in await engine.say(CHANNEL)


async def test_a_memory_that_this_version_cannot_read_waits_for_one_that_can(
    client: Client, store: SqlStore
) -> None:
    async with running(client, store, calm("unreadable"), registry()) as engine:
        of_tomorrow = {"strategy": engine.plan.id, "state": {"mood": "odd"}}
        identity = workflow_id(engine.plan.id)
        handle = await client.start_workflow(
            "StrategyWorkflow", of_tomorrow, id=identity, task_queue=engine.settings.task_queue
        )
        await _task_failed(handle)
        assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING


async def test_a_command_that_breaks_the_heart_fails_alone(
    client: Client, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(client, store, calm("defect"), registry()) as engine:
        await engine.apply()
        with monkeypatch.context() as patch:
            patch.setattr(commanding, "obey", lambda *_: 1 / 0)
            with pytest.raises(
                DrumbeatError, match=r"Drumbeat itself broke on this .ZeroDivisionError.*Nothing was changed"
            ):
                await engine.say(CHANNEL)
        assert "paused" in await engine.say(CHANNEL)
        assert DEFECT != REFUSED


async def test_a_heart_that_breaks_on_an_answer_loses_nothing_until_it_is_mended(
    client: Client, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = FakePlatform(["hang_before"])
    async with running(client, store, one_post("mended"), registry({"fake": platform})) as engine:
        await engine.apply()
        await eventually_async(lambda: platform.calls, what="the post is on its way")
        with monkeypatch.context() as patch:
            patch.setattr(publishing, "finished", lambda *_: 1 / 0)
            platform.release()
            await _task_failed(engine.handle)
        entry = await journaled(engine, "slot.published")
        assert entry.data["key"] == platform.effects[0]
        assert len(platform.effects) == 1


async def _task_failed(handle: object) -> None:
    async def failing() -> bool:
        description = await handle.describe()  # type: ignore[attr-defined]
        return bool(description.raw_description.pending_workflow_task.attempt > 1)

    for _ in range(400):
        if await failing():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the workflow task did not fail")


async def test_an_older_revision_changes_nothing_and_a_newer_one_keeps_the_past(
    client: Client, store: SqlStore
) -> None:
    async with running(client, store, calm("revised"), registry()) as engine:
        await engine.apply()
        await engine.say(CHANNEL)
        assert await engine.apply(calm("revised", title="A better title")) == 2
        state, seq = engine.state(), len(engine.journal())
        assert (state.revision, [pause.scope for pause in state.pauses]) == (2, ["channel/blog"])
        assert state.started_at == engine.journal("strategy.applied")[0].at
        old = ApplyRequest(plan=calm("revised"), revision=1)
        assert await engine.handle.execute_update(StrategyWorkflow.apply, old) == 2
        assert len(engine.journal()) == seq
        assert [entry.seq for entry in engine.journal()] == list(range(1, seq + 1))


async def test_a_plan_of_another_strategy_is_refused(client: Client, store: SqlStore) -> None:
    async with running(client, store, calm("mine"), registry()) as engine:
        await engine.apply()
        with pytest.raises(WorkflowUpdateFailedError) as caught:
            await engine.handle.execute_update(
                StrategyWorkflow.apply, ApplyRequest(plan=calm("yours"), revision=2)
            )
        assert isinstance(caught.value.cause, ApplicationError)
        assert caught.value.cause.type == REFUSED


async def test_an_edited_rule_comes_with_the_state_that_history_gives_its_alert(
    client: Client, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = {
        "name": "Fed",
        "reason": "It is fed.",
        "of": "channel",
        "expr": "channel.posts_7d > 9",
        "keep_firing_for": "30d",
    }
    fired = Alert(
        rule="Fed",
        subject="channel/blog",
        severity=Severity.WARNING,
        state=AlertState.FIRING,
        fired_at=long_ago(),
    )
    monkeypatch.setattr(rebuilding, "from_store", lambda *_: Rebuilt(alerts=(fired,)))
    async with running(client, store, calm("edited"), registry()) as engine:
        await engine.apply()
        edited = calm("edited", rules=[rule])
        await operations.apply_one(client, engine.settings, store, edited, "ana", "stricter")
        (entry,) = engine.journal("alert.firing")
        alert = engine.state().alerts[fired.id]
        assert (entry.subject, alert.fired_at, alert.episode) == ("channel/blog", fired.fired_at, 1)
