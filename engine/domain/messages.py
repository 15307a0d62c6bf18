"""What goes into the heart (events, commands) and what it asks of the world (effects)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from engine.domain.base import Instant, Model, Name
from engine.domain.judgement import Circumstances, Judgement
from engine.domain.publication import Post, PublishOutcome
from engine.domain.rebuilt import Rebuilt
from engine.domain.records import Alert, Reading, ReviewDecision
from engine.domain.rule import Severity
from engine.domain.strategy import Metric
from engine.domain.workspace import NotifierConfig, SourceConfig

Scope = Annotated[str, Field(pattern=r"^(strategy|channel/[A-Za-z][\w-]*|action/[A-Za-z][\w-]*)$")]


# --- commands: what people tell a strategy -------------------------------------------------------------------


class CompleteTask(Model):
    """A task is done; `link` shows the post for a task of kind post, `outcome` says how it ended."""

    type: Literal["complete_task"] = "complete_task"
    task: str
    link: str | None = None
    outcome: str = ""


class SnoozeTask(Model):
    """A task sleeps until then; its due date moves with it."""

    type: Literal["snooze_task"] = "snooze_task"
    task: str
    until: Instant


class DecideSlot(Model):
    """What becomes of a slot that asks: post it now, drop it, or say that it was posted (with its link)."""

    type: Literal["decide_slot"] = "decide_slot"
    task: str
    decision: Literal["post", "drop", "posted"]
    link: str | None = None


class AcknowledgeAlert(Model):
    """Somebody has seen the alert and deals with it."""

    type: Literal["acknowledge_alert"] = "acknowledge_alert"
    alert: str


class StartSilence(Model):
    """Tell nobody of these alerts until then; what they are is recorded all the same.

    `rule` and `subject` may end in `*`. Alerts that still fire when the silence ends are told then.
    """

    type: Literal["start_silence"] = "start_silence"
    rule: str = "*"
    subject: str = "*"
    until: Instant
    reason: str = ""


class EndSilence(Model):
    """End a silence before its time."""

    type: Literal["end_silence"] = "end_silence"
    silence: str


class StartPause(Model):
    """Stop posting and stop the momentum clocks, until an instant or until resumed."""

    type: Literal["start_pause"] = "start_pause"
    scope: Scope = "strategy"
    until: Instant | None = None
    reason: str = ""


class EndPause(Model):
    """Go on before the pause would end by itself."""

    type: Literal["end_pause"] = "end_pause"
    scope: Scope = "strategy"


class DecideReview(Model):
    """What the review decided, in a word and in a sentence."""

    type: Literal["decide_review"] = "decide_review"
    review: str
    decision: ReviewDecision
    note: str = ""


Instruction = Annotated[
    CompleteTask
    | SnoozeTask
    | DecideSlot
    | AcknowledgeAlert
    | StartSilence
    | EndSilence
    | StartPause
    | EndPause
    | DecideReview,
    Field(discriminator="type"),
]


class Command(Model):
    """An instruction with its id, which makes repeating it harmless, and the person who gave it."""

    id: str
    by: str = ""
    instruction: Instruction


# --- events: what the heart is told --------------------------------------------------------------------------


class Tick(Model):
    """Time has passed."""

    type: Literal["tick"] = "tick"


class PlanApplied(Model):
    """A new revision of the plan counts from now on; it is the plan given to the same step.

    `rebuilt` says how the alerts stand whose rules it has edited.
    """

    type: Literal["plan_applied"] = "plan_applied"
    revision: int
    author: str = ""
    reason: str = ""
    rebuilt: Rebuilt = Rebuilt()


class PublishFinished(Model):
    """The publish or find activity of a slot has ended."""

    type: Literal["publish_finished"] = "publish_finished"
    slot: str
    outcome: PublishOutcome


class Observed(Model):
    """Sources have been read, and rules were judged for `judged_at`, if that was asked.

    Of the judgements only those are here that can change something: what is true or cannot be told, and whatever the
    rules say of alerts that are not calm.
    """

    type: Literal["observed"] = "observed"
    readings: tuple[Reading, ...] = ()
    judgements: tuple[Judgement, ...] = ()
    judged_at: Instant | None = None


class NotifyFinished(Model):
    """A notification could not be delivered through one of its notifiers."""

    type: Literal["notify_finished"] = "notify_finished"
    notice: str
    failures: dict[str, str] = {}


class Commanded(Model):
    """A person's command; it was validated and is now carried out."""

    type: Literal["commanded"] = "commanded"
    command: Command


class Resumed(Model):
    """The strategy goes on from a stored state; calls that were under way then have lost their answers."""

    type: Literal["resumed"] = "resumed"


Event = Annotated[
    Tick | PlanApplied | PublishFinished | Observed | NotifyFinished | Commanded | Resumed,
    Field(discriminator="type"),
]


# --- effects: what the heart asks of the world ---------------------------------------------------------------


class Publish(Model):
    """Send a post: exactly one mutation. `known_absent` says that a person looked and it is not there."""

    type: Literal["publish"] = "publish"
    slot: str
    post: Post
    known_absent: bool = False


class Find(Model):
    """Look whether a post is there; never changes anything."""

    type: Literal["find"] = "find"
    slot: str
    post: Post


class Observe(Model):
    """Read these sources: `channels` maps a source to the channels whose activity it shows.

    `newest` says of how many of a channel's newest activities the heart must hear, where its cadence counts many.
    With `judge` the rules are evaluated as well, after the reading; then `sources` may be empty.
    """

    type: Literal["observe"] = "observe"
    strategy: str
    sources: tuple[SourceConfig, ...]
    channels: dict[Name, tuple[Name, ...]] = {}
    newest: dict[Name, int] = {}
    metrics: tuple[Metric, ...] = ()
    judge: Circumstances | None = None


class Notify(Model):
    """Tell people something, once; `notice` is its identity. `alerts` are those that it is about, as they stand."""

    type: Literal["notify"] = "notify"
    notice: str
    strategy: str
    severity: Severity
    title: str
    body: str
    notifiers: tuple[NotifierConfig, ...]
    alerts: tuple[Alert, ...] = ()


Effect = Annotated[Publish | Find | Observe | Notify, Field(discriminator="type")]
