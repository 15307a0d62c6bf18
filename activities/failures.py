"""Every failure mapped once: from what an adapter raised to what the strategy learns of it."""

from __future__ import annotations

from datetime import timedelta

from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from engine.domain.errors import Effect, PublishError
from engine.domain.ports import Capabilities
from engine.domain.publication import PublishOutcome, PublishStatus

NOTHING_HAPPENED = "NothingHappened"


def outcome_of(error: PublishError, capabilities: Capabilities) -> PublishOutcome:
    """Return what a failed publication means: nothing happened (for now or for good), or perhaps it did."""
    message = f"{error} ({error.raw})" if error.raw else str(error)
    if error.effect is Effect.NONE:
        status = PublishStatus.ABSENT if error.transient else PublishStatus.REFUSED
        return PublishOutcome(status=status, message=message)
    # `done` without an address is looked up like a `maybe`: the look brings the link.
    return doubtful(message, capabilities)


def doubtful(message: str, capabilities: Capabilities) -> PublishOutcome:
    """Return the outcome of a call whose effect nobody knows yet."""
    return PublishOutcome(status=PublishStatus.MAYBE, message=message, settle=capabilities.settle)


def try_again(message: str, after: timedelta | None = None) -> ApplicationError:
    """Return the error that makes Temporal repeat the activity: it changed nothing. Not an alarm for the log."""
    return ApplicationError(
        message, type=NOTHING_HAPPENED, next_retry_delay=after, category=ApplicationErrorCategory.BENIGN
    )


def root_message(error: BaseException) -> str:
    """Return the innermost message of a chain of Temporal failures, for people."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error) or type(error).__name__
