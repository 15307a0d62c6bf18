"""The journal: what happened in a strategy's life, in order, in words and in data."""

from __future__ import annotations

from enum import StrEnum

from pydantic import JsonValue

from engine.domain.base import Instant, Model


class EntryType(StrEnum):
    """Every kind of journal entry; `docs/reference/journal.md` explains each."""

    STRATEGY_APPLIED = "strategy.applied"
    SLOT_HELD = "slot.held"
    SLOT_ASKED = "slot.asked"
    SLOT_PUBLISHED = "slot.published"
    SLOT_SKIPPED = "slot.skipped"
    SLOT_FAILED = "slot.failed"
    SLOT_UNKNOWN = "slot.unknown"
    CHANNEL_STATE = "channel.state"
    ACTIVITY_SEEN = "activity.seen"
    SOURCE_STATE = "source.state"
    ALERT_PENDING = "alert.pending"
    ALERT_FIRING = "alert.firing"
    ALERT_RECOVERING = "alert.recovering"
    ALERT_RESOLVED = "alert.resolved"
    ALERT_DATA = "alert.data"
    ALERT_ACKNOWLEDGED = "alert.acknowledged"
    TASK_OPENED = "task.opened"
    TASK_UPDATED = "task.updated"
    TASK_ESCALATED = "task.escalated"
    TASK_CLOSED = "task.closed"
    REVIEW_OPENED = "review.opened"
    REVIEW_OVERDUE = "review.overdue"
    REVIEW_DECIDED = "review.decided"
    PAUSE_STARTED = "pause.started"
    PAUSE_ENDED = "pause.ended"
    NOTICE_FAILED = "notice.failed"


class Entry(Model):
    """One line of the journal. `seq` counts from 1 within the strategy and never repeats.

    `at` is the instant at which it became true (UTC), which after an outage may lie before the instant at
    which it was written. `subject` names what it is about, such as `channel/blog`. `data` holds the full
    record (alert, task, review, slot …) as it stands after the entry.
    """

    seq: int
    at: Instant
    type: EntryType
    subject: str
    summary: str
    data: dict[str, JsonValue] = {}
