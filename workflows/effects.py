"""What the heart asks of the world, carried out as activities; every end of one becomes an event for the heart."""

from __future__ import annotations

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

from activities import policies
from activities.failures import NOTHING_HAPPENED, root_message
from activities.notify import NotifyActivities
from activities.observe import ObserveActivities
from activities.publish import PublishActivities
from engine.domain.messages import (
    Effect,
    Find,
    Notify,
    NotifyFinished,
    Observe,
    Observed,
    Publish,
    PublishFinished,
)
from engine.domain.publication import PublishOutcome, PublishStatus
from engine.domain.records import Reading
from workflows.summary import short

Answer = PublishFinished | Observed | NotifyFinished


async def carry_out(effect: Effect) -> Answer | None:
    """Carry out one effect and return the event that answers it, or None when there is nothing to tell."""
    match effect:
        case Publish():
            return PublishFinished(slot=effect.slot, outcome=await _publish(effect))
        case Find():
            return PublishFinished(slot=effect.slot, outcome=await _find(effect))
        case Observe():
            return await _observe(effect)
        case Notify():
            finished = await _notify(effect)
            return finished if finished.failures else None


async def _publish(effect: Publish) -> PublishOutcome:
    try:
        return await workflow.execute_activity_method(
            PublishActivities.publish, effect, summary=short(f"publish {effect.slot}"), **policies.PUBLISH
        )
    except ActivityError as error:
        # Only an attempt that said so itself did nothing. Any other end is a doubt: a worker that died, a time
        # that ran out, a database that broke between the post and its entry in the ledger.
        cause = error.cause
        harmless = isinstance(cause, ApplicationError) and cause.type == NOTHING_HAPPENED
        status = PublishStatus.EXHAUSTED if harmless else PublishStatus.MAYBE
        return PublishOutcome(status=status, message=root_message(error))


async def _find(effect: Find) -> PublishOutcome:
    try:
        return await workflow.execute_activity_method(
            PublishActivities.find, effect, summary=short(f"look for {effect.slot}"), **policies.FIND
        )
    except ActivityError as error:
        return PublishOutcome(status=PublishStatus.UNSURE, message=root_message(error))


async def _observe(effect: Observe) -> Observed:
    names = [source.name for source in effect.sources]
    parts = [f"read {', '.join(names)}"] if names else []
    summary = ", ".join([*parts, *(["judge rules"] if effect.judge else [])])
    try:
        return await workflow.execute_activity_method(
            ObserveActivities.observe, effect, summary=short(summary), **policies.OBSERVE
        )
    except ActivityError as error:
        why, now = root_message(error), workflow.now()
        return Observed(readings=tuple(Reading(source=name, at=now, ok=False, error=why) for name in names))


async def _notify(effect: Notify) -> NotifyFinished:
    try:
        return await workflow.execute_activity_method(
            NotifyActivities.notify, effect, summary=short(effect.title), **policies.NOTIFY
        )
    except ActivityError as error:
        why = root_message(error)
        failures = {notifier.name: why for notifier in effect.notifiers}
        return NotifyFinished(notice=effect.notice, failures=failures)
