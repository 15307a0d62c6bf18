"""The durable shell around the heart: one workflow for each strategy, alive for as long as the strategy is.

It sleeps until the heart's next instant, takes people's commands as updates, carries out effects as activities,
hands their results back, and continues as new at a quiet instant. Every decision is the heart's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from engine.domain.lifecycle.commanding import refusal
    from engine.domain.lifecycle.state import State, new_state
    from engine.domain.lifecycle.step import Step, step
    from engine.domain.messages import (
        Command,
        Commanded,
        Effect,
        Event,
        PlanApplied,
        Publish,
        Resumed,
        Tick,
    )
    from engine.domain.plan import Plan
    from engine.domain.shell import DEFECT, DRAINING, REFUSED, ApplyRequest, StrategyStart
    from workflows.alarm import Alarm
    from workflows.effects import carry_out
    from workflows.recorder import Recorder
    from workflows.summary import details

# A bounded history keeps an evicted strategy cheap to wake.
RENEW_AFTER = timedelta(days=1)


class HeartError(RuntimeError):
    """The heart broke on an event. The task is tried again until a mended version runs; nothing is lost meanwhile."""


@workflow.defn(name="StrategyWorkflow")
class StrategyWorkflow:
    """One strategy's whole life."""

    @workflow.init
    def __init__(self, start: StrategyStart) -> None:
        self._plan: Plan | None = start.plan
        self._state: State = start.state or new_state(start.strategy, workflow.now())
        self._most_events = start.most_events
        self._began = workflow.now()
        self._alarm = Alarm()
        self._recorder = Recorder(self._state)
        self._under_way: set[asyncio.Task[None]] = set()
        self._defect: BaseException | None = None
        self._draining = False

    @workflow.run
    async def run(self, start: StrategyStart) -> None:
        """Live until it is time to continue as new."""
        recording = self._begin(self._recorder.keep_writing())
        await workflow.wait_condition(lambda: self._plan is not None)
        if start.state is not None:
            self._advance(Resumed())
        while not (self._draining and self._at_rest()):
            await workflow.wait_condition(self._has_something_to_do)
            self._raise_defect()
            if self._alarm.rang() and not self._must_hold_still():
                self._advance(Tick())
            self._draining = self._draining or self._time_to_renew()
        recording.cancel()
        workflow.continue_as_new(
            StrategyStart(
                strategy=self._state.strategy,
                plan=self._plan,
                state=self._state,
                most_events=self._most_events,
            )
        )

    # --- what people say ---------------------------------------------------------------------------------

    @workflow.update
    async def apply(self, request: ApplyRequest) -> int:
        """Let a new revision count from now on. Returns the revision that counts, once it is on record."""
        if request.revision > self._state.revision:
            event = PlanApplied(
                revision=request.revision,
                author=request.author,
                reason=request.reason,
                rebuilt=request.rebuilt,
            )
            self._obey(request.plan, event)
        await self._recorder.written()
        return self._state.revision

    @apply.validator
    def _may_apply(self, request: ApplyRequest) -> None:
        self._refuse_while_draining()
        if request.plan.id != self._state.strategy:
            raise ApplicationError(
                f"This is {self._state.strategy}; a plan of {request.plan.id} cannot be applied to it.",
                type=REFUSED,
            )

    @workflow.update
    async def command(self, command: Command) -> str:
        """Carry out a person's command. Returns its answer, once it is on record."""
        result = self._obey(self._planned(), Commanded(command=command))
        await self._recorder.written()
        if result.refused:
            # Time went on between the look and the deed, and took away what the command was about.
            raise ApplicationError(result.refused, type=REFUSED)
        return result.answer

    @command.validator
    def _may_command(self, command: Command) -> None:
        self._refuse_while_draining()
        reason = refusal(self._planned(), self._state, command, workflow.now())
        if reason is not None:
            raise ApplicationError(reason, type=REFUSED)

    def _refuse_while_draining(self) -> None:
        if self._draining:
            raise ApplicationError("The strategy is just continuing as new: ask again.", type=DRAINING)

    def _planned(self) -> Plan:
        if self._plan is None or not self._state.revision:
            raise ApplicationError("The strategy has no plan yet: apply one first.", type=REFUSED)
        return self._plan

    # --- the heart and its effects -----------------------------------------------------------------------

    def _obey(self, plan: Plan, event: PlanApplied | Commanded) -> Step:
        """Do what a person said. A heart that breaks on it fails that update alone: nothing has changed."""
        try:
            result = step(plan, self._state, event, workflow.now())
        except Exception as error:
            workflow.logger.exception("the heart broke on an update")
            said = f"Drumbeat itself broke on this ({type(error).__name__}: {error}). Nothing was changed; please report it."
            raise ApplicationError(said, type=DEFECT) from error
        self._plan = plan
        self._take(plan, result)
        return result

    def _advance(self, event: Event) -> None:
        """Give the heart an event now."""
        if self._plan is None:
            return
        try:
            result = step(self._plan, self._state, event, workflow.now())
        except Exception as error:
            raise HeartError(f"the heart broke on {event.type}: {error}") from error
        self._take(self._plan, result)

    def _take(self, plan: Plan, result: Step) -> None:
        """Keep what a step came to, and start what it asks for."""
        # Must stand in the store at once, also without a word in the journal: a post that is about to be made
        # (who takes over must look for it), and numbers, which people read there.
        news = result.state.metrics != self._state.metrics
        publishes = any(isinstance(effect, Publish) for effect in result.effects)
        self._state = result.state
        self._recorder.take(plan, result.state, result.entries, and_state=news or publishes)
        self._alarm.set(result.wake_at)
        for effect in result.effects:
            task = self._begin(self._carry_out(effect))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        if result.entries:
            workflow.set_current_details(details(plan, self._state, result.wake_at))

    async def _carry_out(self, effect: Effect) -> None:
        answer = await carry_out(effect)
        if answer is not None:
            self._advance(answer)

    # --- what runs beside --------------------------------------------------------------------------------

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start work beside the main loop, which is told when the work breaks."""
        task = asyncio.create_task(work)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            self._defect = self._defect or task.exception()

    def _raise_defect(self) -> None:
        """Fail the workflow task, so that the server tries it again until it succeeds under a mended version."""
        if self._defect is not None:
            raise HeartError(str(self._defect)) from self._defect

    def _has_something_to_do(self) -> bool:
        if self._defect is not None or (self._alarm.rang() and not self._must_hold_still()):
            return True
        return self._at_rest() if self._draining else self._time_to_renew()

    # --- continuing as new -------------------------------------------------------------------------------

    def _at_rest(self) -> bool:
        """Return whether nothing is under way and everything said is on record."""
        return not self._under_way and self._recorder.is_idle() and workflow.all_handlers_finished()

    def _time_to_renew(self) -> bool:
        """Return whether to continue as new: when the history has grown long, or daily at a quiet instant."""
        info = workflow.info()
        if info.is_continue_as_new_suggested() or info.get_current_history_length() >= self._most_events:
            return True
        return workflow.now() - self._began >= RENEW_AFTER and self._at_rest()

    def _must_hold_still(self) -> bool:
        """Return whether even time must wait: a strategy that never rests would grow beyond the server's limits.

        Until then slots come while the run drains, so that a slow platform does not hold up the others.
        """
        return self._draining and workflow.info().is_continue_as_new_suggested()
