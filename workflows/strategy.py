"""The durable shell around the heart: one workflow for each strategy, alive for as long as the strategy is.

It sleeps until the heart's next instant, takes people's commands as updates, carries out effects as activities,
hands their results back, and continues as new at a quiet instant. Every decision is the heart's.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities import policies
    from activities.failures import root_message
    from activities.notify import NotifyActivities
    from activities.observe import ObserveActivities
    from activities.publish import PublishActivities
    from activities.record import RecordActivities
    from engine.domain.journal import Entry
    from engine.domain.lifecycle.commanding import refusal
    from engine.domain.lifecycle.state import State, new_state
    from engine.domain.lifecycle.step import step
    from engine.domain.messages import (
        Command,
        Commanded,
        Effect,
        Event,
        Find,
        Notify,
        NotifyFinished,
        Observe,
        Observed,
        PlanApplied,
        Publish,
        PublishFinished,
        Resumed,
        Tick,
    )
    from engine.domain.plan import Plan
    from engine.domain.publication import PublishOutcome, PublishStatus
    from engine.domain.records import Reading
    from engine.domain.shell import DRAINING, REFUSED, ApplyRequest, RecordRequest, StrategyStart
    from workflows.alarm import Alarm
    from workflows.summary import details

# A bounded history keeps an evicted strategy cheap to wake.
RENEW_AFTER = timedelta(days=1)
# Entries written by one record activity; keeps a long outage's journal below the server's payload limit.
BATCH = 200


@workflow.defn(name="StrategyWorkflow")
class StrategyWorkflow:
    """One strategy's whole life."""

    @workflow.init
    def __init__(self, start: StrategyStart) -> None:
        self._plan: Plan | None = start.plan
        self._state: State = start.state or new_state(start.strategy, workflow.now())
        self._began = workflow.now()
        self._alarm = Alarm()
        self._unrecorded: list[Entry] = []
        self._recorded = self._state.seq
        self._under_way: set[asyncio.Task[None]] = set()
        self._draining = False

    @workflow.run
    async def run(self, start: StrategyStart) -> None:
        """Live until it is time to continue as new."""
        recorder = asyncio.create_task(self._keep_recording())
        await workflow.wait_condition(lambda: self._plan is not None)
        if start.state is not None:
            self._advance(Resumed())
        while not self._time_to_renew():
            await workflow.wait_condition(lambda: self._alarm.rang() or self._time_to_renew())
            if self._alarm.rang():
                self._advance(Tick())
        await self._drain()
        recorder.cancel()
        workflow.continue_as_new(
            StrategyStart(strategy=self._state.strategy, plan=self._plan, state=self._state)
        )

    # --- what people say ---------------------------------------------------------------------------------

    @workflow.update
    async def apply(self, request: ApplyRequest) -> int:
        """Let a new revision count from now on. Returns the revision that counts, once it is on record."""
        if request.revision > self._state.revision:
            self._plan = request.plan
            self._advance(
                PlanApplied(revision=request.revision, author=request.author, reason=request.reason)
            )
        await self._on_record()
        return self._state.revision

    @apply.validator
    def _may_apply(self, request: ApplyRequest) -> None:  # noqa: ARG002 - a validator has its update's arguments
        self._refuse_while_draining()

    @workflow.update
    async def command(self, command: Command) -> str:
        """Carry out a person's command. Returns its answer, once it is on record."""
        answer = self._advance(Commanded(command=command))
        await self._on_record()
        return answer

    @command.validator
    def _may_command(self, command: Command) -> None:
        self._refuse_while_draining()
        if self._plan is None or not self._state.revision:
            raise ApplicationError("The strategy has no plan yet: apply one first.", type=REFUSED)
        reason = refusal(self._plan, self._state, command, workflow.now())
        if reason is not None:
            raise ApplicationError(reason, type=REFUSED)

    def _refuse_while_draining(self) -> None:
        if self._draining:
            raise ApplicationError("The strategy is just continuing as new: ask again.", type=DRAINING)

    # --- the heart and its effects -----------------------------------------------------------------------

    def _advance(self, event: Event) -> str:
        """Give the heart an event now, and start what it asks for. Returns the answer to a command."""
        if self._plan is None:
            return ""
        result = step(self._plan, self._state, event, workflow.now())
        self._state = result.state
        self._unrecorded += result.entries
        self._alarm.set(result.wake_at)
        for effect in result.effects:
            task = asyncio.create_task(self._carry_out(effect))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        if result.entries:
            workflow.set_current_details(details(self._plan, self._state, result.wake_at))
        return result.answer

    async def _carry_out(self, effect: Effect) -> None:
        match effect:
            case Publish() | Find():
                self._advance(PublishFinished(slot=effect.slot, outcome=await self._publish(effect)))
            case Observe():
                self._advance(await self._observe(effect))
            case Notify():
                finished = await self._notify(effect)
                if finished.failures:
                    self._advance(finished)

    async def _publish(self, effect: Publish | Find) -> PublishOutcome:
        looking = isinstance(effect, Find)
        try:
            if isinstance(effect, Find):
                return await workflow.execute_activity_method(
                    PublishActivities.find, effect, summary=f"look for {effect.slot}", **policies.FIND
                )
            return await workflow.execute_activity_method(
                PublishActivities.publish, effect, summary=f"publish {effect.slot}", **policies.PUBLISH
            )
        except ActivityError as error:
            # An activity that ended in "nothing happened" is exhausted; any other end is a doubt.
            harmless = not looking and isinstance(error.cause, ApplicationError)
            doubt = PublishStatus.UNSURE if looking else PublishStatus.MAYBE
            status = PublishStatus.EXHAUSTED if harmless else doubt
            return PublishOutcome(status=status, message=root_message(error))

    async def _observe(self, effect: Observe) -> Observed:
        names = [source.name for source in effect.sources]
        try:
            return await workflow.execute_activity_method(
                ObserveActivities.observe, effect, summary=f"read {', '.join(names)}", **policies.OBSERVE
            )
        except ActivityError as error:
            why = root_message(error)
            now = workflow.now()
            return Observed(
                readings=tuple(Reading(source=name, at=now, ok=False, error=why) for name in names)
            )

    async def _notify(self, effect: Notify) -> NotifyFinished:
        try:
            return await workflow.execute_activity_method(
                NotifyActivities.notify, effect, summary=effect.title, **policies.NOTIFY
            )
        except ActivityError as error:
            why = root_message(error)
            failures = {notifier.name: why for notifier in effect.notifiers}
            return NotifyFinished(notice=effect.notice, failures=failures)

    # --- the record --------------------------------------------------------------------------------------

    async def _keep_recording(self) -> None:
        """Write entries to the store in order, as many at once as there are."""
        while True:
            await workflow.wait_condition(lambda: bool(self._unrecorded))
            batch, self._unrecorded = tuple(self._unrecorded[:BATCH]), self._unrecorded[BATCH:]
            request = RecordRequest(strategy=self._state.strategy, entries=batch, state=self._state)
            await workflow.execute_activity_method(
                RecordActivities.record, request, summary=f"record {len(batch)}", **policies.RECORD
            )
            self._recorded = batch[-1].seq

    async def _on_record(self) -> None:
        """Wait until everything said so far stands in the journal."""
        seq = self._state.seq
        await workflow.wait_condition(lambda: self._recorded >= seq)

    # --- continuing as new -------------------------------------------------------------------------------

    def _time_to_renew(self) -> bool:
        """Return whether to continue as new: when the server suggests it, or daily at a quiet instant."""
        if workflow.info().is_continue_as_new_suggested():
            return True
        quiet = not self._under_way and not self._unrecorded and workflow.all_handlers_finished()
        return quiet and workflow.now() - self._began >= RENEW_AFTER

    async def _drain(self) -> None:
        """Accept nothing new, and let everything under way come to its end."""
        self._draining = True
        self._alarm.set(None)
        await workflow.wait_condition(
            lambda: (
                not self._under_way
                and workflow.all_handlers_finished()
                and not self._unrecorded
                and self._recorded >= self._state.seq
            )
        )
