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
    ALERT_REBUILT = "alert.rebuilt"
    ALERT_ACKNOWLEDGED = "alert.acknowledged"
    ALERT_HELD = "alert.held"
    ALERT_TOLD = "alert.told"
    SILENCE_STARTED = "silence.started"
    SILENCE_ENDED = "silence.ended"
    ADJUSTMENT_MADE = "adjustment.made"
    ADJUSTMENT_UNDONE = "adjustment.undone"
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


MEANINGS: dict[EntryType, str] = {
    EntryType.STRATEGY_APPLIED: "A revision of the plan counts from now on.",
    EntryType.SLOT_HELD: "A slot fell into a blackout and moves to the first day after it.",
    EntryType.SLOT_ASKED: "A slot is late or in a blackout; a person decides whether it is posted.",
    EntryType.SLOT_PUBLISHED: "A post is there, once; with its link.",
    EntryType.SLOT_SKIPPED: "A slot passed without a post, with the reason.",
    EntryType.SLOT_FAILED: "A post did not go out and will not by repeating; a person is asked.",
    EntryType.SLOT_UNKNOWN: "A post may or may not be there and the platform cannot tell; a person looks.",
    EntryType.CHANNEL_STATE: "A channel's momentum turned: steady, slowing, silent or dormant.",
    EntryType.ACTIVITY_SEEN: "A source showed posts that were not known, by whomever they were made.",
    EntryType.SOURCE_STATE: "A source can no longer be read, or can be read again.",
    EntryType.ALERT_PENDING: "A rule is true and waits for its `for`; or is no longer true before it fired.",
    EntryType.ALERT_FIRING: "An alert fires; unless it is held back, people are told and its task opens.",
    EntryType.ALERT_RECOVERING: "A firing alert's condition is false and waits for `keep_firing_for`.",
    EntryType.ALERT_RESOLVED: "An alert has ended.",
    EntryType.ALERT_DATA: "What an alert is judged by has become unknown, or known again.",
    EntryType.ALERT_REBUILT: "A rule was edited; its alert goes on, with the clocks that history gives it under the new rule.",
    EntryType.ALERT_ACKNOWLEDGED: "Somebody has seen the alert and deals with it.",
    EntryType.ALERT_HELD: "Nobody is told of an alert: its cause fires beside it, or a silence covers it.",
    EntryType.ALERT_TOLD: "People are told of an alert, alone or with others of its group.",
    EntryType.SILENCE_STARTED: "Somebody silenced alerts until an end.",
    EntryType.SILENCE_ENDED: "A silence is over; what still fires is told.",
    EntryType.ADJUSTMENT_MADE: "A firing alert paused a channel or changed its cadence, as its rule says.",
    EntryType.ADJUSTMENT_UNDONE: "What an alert had changed was taken back with its end.",
    EntryType.TASK_OPENED: "A person is asked to do something: what, why, until when.",
    EntryType.TASK_UPDATED: "A task changed: it sleeps, woke, or its link is being verified.",
    EntryType.TASK_ESCALATED: "A task is overdue; the deputy or the owner is told.",
    EntryType.TASK_CLOSED: "A task ended, with its outcome.",
    EntryType.REVIEW_OPENED: "A review opened, with its agenda.",
    EntryType.REVIEW_OVERDUE: "A review was not decided in time.",
    EntryType.REVIEW_DECIDED: "A review was decided: keep, change, stop or experiment.",
    EntryType.PAUSE_STARTED: "Posting stopped and the momentum clocks stand still.",
    EntryType.PAUSE_ENDED: "A pause is over.",
    EntryType.NOTICE_FAILED: "A notification could not be delivered through one of its notifiers.",
}
