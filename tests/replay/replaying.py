"""Replay a history as a worker of today would, and listen to what the workflow decides on the way."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter, ValidationError
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import (
    Interceptor,
    Replayer,
    StartActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)
from temporalio.workflow import ActivityHandle

from engine.runtime.worker import sandbox
from workflows.strategy import StrategyWorkflow

# What a workflow decided: the activity it asked for, and with what.
Decision = tuple[str, Any]


class Listener(Interceptor):
    """Keeps every decision of a replay."""

    def __init__(self) -> None:
        self.decisions: list[Decision] = []

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002 - the SDK's name
    ) -> type[WorkflowInboundInterceptor]:
        heard = self.decisions

        class Outbound(WorkflowOutboundInterceptor):
            def start_activity(self, input: StartActivityInput) -> ActivityHandle[Any]:  # noqa: A002
                argument = TypeAdapter(type(input.args[0])).dump_python(input.args[0], mode="json")
                heard.append(decision(input.activity, argument))
                return super().start_activity(input)

        class Inbound(WorkflowInboundInterceptor):
            def init(self, outbound: WorkflowOutboundInterceptor) -> None:
                super().init(Outbound(outbound))

        return Inbound


def decision(activity: str, argument: Any) -> Decision:
    """Return what was decided: of a record its entries, of anything else all of it, without the words.

    A later version may say it in other words, and its models may have grown.
    """
    return activity, _wordless(argument["entries"] if activity == "record" else argument)


def _wordless(value: Any) -> Any:
    """Leave out every text with a space in it: a sentence, not a name, a number or an instant."""
    if isinstance(value, dict):
        return {name: _wordless(each) for name, each in value.items() if not _is_sentence(each)}
    if isinstance(value, list):
        return [_wordless(each) for each in value if not _is_sentence(each)]
    return value


def _is_sentence(value: Any) -> bool:
    return isinstance(value, str) and " " in value


def holds(decided: Any, golden: Any) -> bool:
    """Return whether a decision is the golden one; it may have fields that the golden does not know."""
    if isinstance(decided, dict) and isinstance(golden, dict):
        return all(name in decided and holds(decided[name], each) for name, each in golden.items())
    if isinstance(decided, list | tuple) and isinstance(golden, list | tuple):
        return len(decided) == len(golden) and all(map(holds, decided, golden))
    return bool(decided == golden)


def golden_decisions(history: WorkflowHistory) -> list[Decision]:
    """Return the decisions that stand in a history, in its order."""
    return [
        decision(attributes.activity_type.name, json.loads(attributes.input.payloads[0].data))
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
        for attributes in [event.activity_task_scheduled_event_attributes]
    ]


async def replay(history: WorkflowHistory, workflow: type = StrategyWorkflow) -> list[Decision]:
    """Replay a history and return the decisions taken. Raises what the replay fails with."""
    listener = Listener()
    replayer = Replayer(
        workflows=[workflow],
        workflow_runner=sandbox(),
        data_converter=pydantic_data_converter,
        workflow_failure_exception_types=[ValidationError],
        interceptors=[listener],
    )
    await replayer.replay_workflow(history)
    return listener.decisions
