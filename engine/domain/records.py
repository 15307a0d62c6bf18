"""What the heart keeps about alerts, tasks, reviews, slots, channels and pauses; each is stored as it stands."""

from __future__ import annotations

from enum import StrEnum

from pydantic import JsonValue

from engine.domain.base import Instant, Model
from engine.domain.publication import Post
from engine.domain.rule import Severity


class AlertState(StrEnum):
    """inactive → pending → firing → recovering → resolved (which is inactive with a past)."""

    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"
    RECOVERING = "recovering"
    RESOLVED = "resolved"


class DataState(StrEnum):
    """Whether a rule could be judged at all. Unknown never fires and never resolves."""

    OK = "ok"
    UNKNOWN = "unknown"
    ERROR = "error"


class Alert(Model):
    """One alert; its identity is rule and subject, never a value. `episode` counts its firings."""

    rule: str
    subject: str
    severity: Severity
    state: AlertState = AlertState.INACTIVE
    data: DataState = DataState.OK
    because: str = ""
    evidence: dict[str, JsonValue] = {}
    pending_since: Instant | None = None
    fired_at: Instant | None = None
    recovering_since: Instant | None = None
    resolved_at: Instant | None = None
    acknowledged_by: str | None = None
    episode: int = 0
    shadow: bool = False  # nobody is told of it and nothing follows
    inhibited_by: str | None = None  # the alert that explains this one, while both fire
    silenced_by: str | None = None
    followed: bool = False  # whether its task was opened and its effects were done
    told_at: Instant | None = None
    tellings: int = 0

    @property
    def id(self) -> str:
        """Return `rule@subject`."""
        return f"{self.rule}@{self.subject}"


class TaskKind(StrEnum):
    """Why a person is asked."""

    APPROVE = "approve"  # a rule would change something by itself, and asks first
    REVISION = "revision"  # a rule says that the plan or the work must change
    POST = "post"  # a slot that only a person can do
    CONTENT = "content"  # a slot found nothing to post
    DECIDE = "decide"  # a slot is late, held or failed: post it or drop it
    VERIFY = "verify"  # a post may or may not be there: look


class TaskState(StrEnum):
    """open → (snoozed ⇄ open) → done or cancelled; `verifying` while a pasted link is being looked at."""

    OPEN = "open"
    SNOOZED = "snoozed"
    VERIFYING = "verifying"
    DONE = "done"
    CANCELLED = "cancelled"


class Task(Model):
    """Work for a person: what, why, who, until when."""

    id: str
    kind: TaskKind
    title: str
    why: str
    subject: str
    assignee: str | None = None
    state: TaskState = TaskState.OPEN
    opened_at: Instant
    due: Instant
    snoozed_until: Instant | None = None
    escalations: int = 0
    escalated_to: str | None = None
    cause: str | None = None  # the alert id or slot key that opened it
    link: str | None = None
    outcome: str | None = None
    closed_at: Instant | None = None
    closed_by: str | None = None


class ReviewDecision(StrEnum):
    """What a review may decide."""

    KEEP = "keep"
    CHANGE = "change"
    STOP = "stop"
    EXPERIMENT = "experiment"


class ReviewRecord(Model):
    """One review that was opened: its agenda, until when to decide, and the decision."""

    id: str
    name: str
    occasion: str
    opened_at: Instant
    decide_by: Instant
    agenda: tuple[str, ...] = ()
    attendees: tuple[str, ...] = ()
    overdue: bool = False
    decision: ReviewDecision | None = None
    note: str = ""
    decided_at: Instant | None = None
    decided_by: str | None = None


class SlotPhase(StrEnum):
    """Where an open slot stands; a closed slot is published, skipped, failed or unknown in the journal."""

    SHIFTED = "shifted"  # waits for the end of a blackout
    ASKED = "asked"  # waits for a person's decision or work
    PUBLISHING = "publishing"
    SETTLING = "settling"  # waits before looking whether it arrived
    FINDING = "finding"


class Slot(Model):
    """One slot of an action that has come and is not yet closed. `instant` is its place on the anchor grid.

    Until `under_way_until` a call about it may be under way in another worker: it is not given up before.
    """

    action: str
    channel: str
    instant: Instant
    due: Instant
    phase: SlotPhase
    post: Post | None = None
    sends: int = 0
    look_at: Instant | None = None
    under_way_until: Instant | None = None
    task: str | None = None

    @property
    def id(self) -> str:
        """Return `action@instant`, unique within the strategy."""
        return slot_id(self.action, self.instant)


def slot_id(action: str, instant: Instant) -> str:
    """Return the id of a slot: its action and its place on the grid, in UTC."""
    return f"{action}@{instant:%Y-%m-%dT%H:%M:%SZ}"


class Momentum(StrEnum):
    """How alive a channel is, against its declared cadence."""

    UNKNOWN = "unknown"
    STEADY = "steady"
    SLOWING = "slowing"
    SILENT = "silent"
    DORMANT = "dormant"


class Activity(Model):
    """Something that happened on a channel, whoever did it. `ref` is its link or id, which makes it one thing.

    `sketch` is a fingerprint of its text (`engine.domain.likeness`), by which repeated texts are recognised.
    """

    at: Instant
    ref: str
    title: str = ""
    sketch: str = ""


class Sample(Model):
    """One value of a metric. `at` is when it was true, `seen` when we learned it: later ones are corrections."""

    metric: str
    at: Instant
    value: float
    seen: Instant
    origin: str = ""


class Reading(Model):
    """What one source showed in one look: new activity per channel and samples, or the reason why not."""

    source: str
    at: Instant
    ok: bool
    error: str = ""
    activities: dict[str, tuple[Activity, ...]] = {}
    samples: tuple[Sample, ...] = ()


class Pause(Model):
    """A declared standstill. `scope` is `strategy`, `channel/<name>` or `action/<name>`; no end means open."""

    scope: str
    start: Instant
    end: Instant | None = None
    reason: str = ""
    by: str = ""
    over: bool = False


class Silencing(Model):
    """A declared silence: nobody is told of alerts that match, until its end. `*` at the end of a pattern matches all."""

    id: str
    rule: str = "*"
    subject: str = "*"
    start: Instant
    end: Instant
    reason: str = ""
    by: str = ""


class NoticeGroup(Model):
    """Alerts that are told together at `due`, through the same notifiers."""

    due: Instant
    alerts: tuple[str, ...]


class Adjusted(Model):
    """What a firing alert has changed by itself, or would change once a person agrees (`task`)."""

    channel: str
    at_least: int | None = None
    at_most: int | None = None
    pause_until: Instant | None = None
    task: str | None = None
