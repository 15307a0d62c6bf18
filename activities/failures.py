"""Every failure mapped once: from what an adapter raised to what the strategy learns of it."""

from __future__ import annotations

from datetime import timedelta

from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from engine.domain.errors import Effect, PublishError
from engine.domain.ports import Capabilities
from engine.domain.publication import PublishOutcome, PublishStatus

NOTHING_HAPPENED = "NothingHappened"
# An error page is no sentence; what goes into a history stays short.
LONGEST = 1000


def outcome_of(error: PublishError, capabilities: Capabilities) -> PublishOutcome:
    """Return what a failed publication means: nothing happened (for now or for good), or perhaps it did."""
    if error.effect is Effect.NONE:
        return nothing_happened(error)
    # `done` without an address is looked up like a `maybe`: the look brings the link.
    return doubtful(_words(error), capabilities)


def nothing_happened(error: PublishError) -> PublishOutcome:
    """Return what a failure without effect means: absent for now, `settle` being the platform's wish, or refused."""
    if not error.transient:
        return PublishOutcome(status=PublishStatus.REFUSED, message=_words(error))
    rest = error.retry_after or timedelta(0)
    return PublishOutcome(status=PublishStatus.ABSENT, message=_words(error), settle=rest)


def _words(error: PublishError) -> str:
    return shorten(f"{error} ({error.raw})" if error.raw else str(error), LONGEST)


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
    return shorten(str(error), LONGEST) or type(error).__name__


def shorten(text: str, most: int) -> str:
    """Cut a text that somebody else wrote, so that it fits into histories and on pages."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
