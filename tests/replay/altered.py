"""Workflows as nobody must release them: altered without a thought for the strategies that run."""

from __future__ import annotations

from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from engine.domain.lifecycle.step import Step
    from engine.domain.plan import Plan
    from engine.domain.shell import StrategyStart

from workflows.strategy import StrategyWorkflow


@workflow.defn(name="StrategyWorkflow")
class Reordered(StrategyWorkflow):
    """Sets the timer after the effects instead of before them."""

    @workflow.init
    def __init__(self, start: StrategyStart) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: StrategyStart) -> None:
        await super().run(start)

    def _take(self, plan: Plan, result: Step) -> None:
        super()._take(plan, Step(**{**vars(result), "wake_at": self._alarm.at}))
        self._begin(self._set_alarm(result.wake_at))

    async def _set_alarm(self, at: datetime | None) -> None:
        self._alarm.set(at)


@workflow.defn(name="StrategyWorkflow")
class Hesitant(StrategyWorkflow):
    """Issues the same commands, but dates what it decided a minute later."""

    @workflow.init
    def __init__(self, start: StrategyStart) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: StrategyStart) -> None:
        await super().run(start)

    def _take(self, plan: Plan, result: Step) -> None:
        later = [entry.model_copy(update={"at": entry.at + timedelta(minutes=1)}) for entry in result.entries]
        super()._take(plan, Step(**{**vars(result), "entries": tuple(later)}))
