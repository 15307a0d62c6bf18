"""The facts that rules may name, by the kind of subject that a rule judges.

What the plan says is derived from the models of `engine.domain`; what is observed or computed is declared here. A fact
that nobody has measured yet is unknown; it is never zero by default.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from engine.domain.aims import Assumption, Goal
from engine.domain.channel import Cadence, Channel, Effort, Replies
from engine.domain.goals import Pace
from engine.domain.items import ContentItem
from engine.domain.publication import PostState
from engine.domain.records import Momentum, Task
from engine.domain.strategy import Metric, Strategy
from engine.domain.workspace import Person
from rules.language.deriving import derived, enum_of
from rules.language.schema import Field, Schema
from rules.language.types import BOOL, DURATION, INSTANT, INT, NUMBER, STRING, Type

COMMON = (
    Field("now", INSTANT, "The instant for which the rule is evaluated."),
    *derived(Strategy, "strategy", "name", "title", "owner", "deputy", "packs"),
    Field("strategy.timezone", STRING, "The zone of its schedules and dates: its own or the workspace's."),
    Field("strategy.started_at", INSTANT, "When it began to run."),
    Field("strategy.revision", INT, "The number of the plan's revision that runs."),
    Field("strategy.revised_at", INSTANT, "When that revision was applied."),
    Field("strategy.paused", BOOL, "Whether the whole strategy stands still."),
    Field("strategy.open_tasks", INT, "Tasks that are open or snoozed."),
    Field("strategy.overdue_tasks", INT, "Open tasks past their due instant."),
    Field("strategy.firing_alerts", INT, "Alerts that are firing."),
    Field("strategy.last_review_at", INSTANT, "When a review was last decided."),
    Field("strategy.last_created_at", INSTANT, "When a slot of an action of kind `create` was last done."),
    Field("strategy.last_listened_at", INSTANT, "When a slot of an action of kind `listen` was last done."),
    Field("strategy.hours_planned", NUMBER, "Hours a week that channels and actions cost by plan."),
    Field("strategy.hours_available", NUMBER, "Hours a week that the workspace has."),
)

CHANNEL = (
    *derived(
        Channel, "channel", "name", "title", "account", "purpose", "audience", "media", "priority", "activity"
    ),
    *derived(Effort, "channel.effort", "hours_per_week", "money_per_month"),
    *derived(Cadence, "channel.cadence", "at_least", "at_most", "per"),
    *derived(Replies, "channel.replies", "metric", "limit"),
    Field("channel.cadence.period", DURATION, "The length of one period of the cadence."),
    Field("channel.silent_after", DURATION, "The silence that the plan tolerates."),
    Field("channel.dormant_after", DURATION, "The silence after which the channel counts as given up."),
    Field("channel.momentum", enum_of(Momentum, without=("unknown",)), "How alive it is, by its cadence."),
    Field("channel.watched_since", INSTANT, "Since when its activity is seen."),
    Field("channel.last_post_at", INSTANT, "When something was last posted, by whomever."),
    Field("channel.silent_for", DURATION, "How long nothing was posted; pauses do not count."),
    Field("channel.usual_gap", DURATION, "The median of its last gaps between days with posts."),
    Field("channel.quiet_probability", NUMBER, "How probable it is that the silence is harmful, 0 to 1."),
    Field("channel.quiet", BOOL, "Whether it is quiet against its own rhythm."),
    Field("channel.posts_in_period", INT, "Posts within the newest period of the cadence."),
    Field("channel.posts_7d", INT, "Posts within the last 7 days."),
    Field("channel.posts_28d", INT, "Posts within the last 28 days."),
    Field("channel.posts_previous_28d", INT, "Posts within the 28 days before those."),
    Field("channel.duplicate_share", NUMBER, "Share of its newest posts that are nearly the same elsewhere."),
    Field(
        "channel.open_replies",
        NUMBER,
        "Replies that wait for an answer; unknown when they were last counted three rounds ago.",
    ),
    Field("channel.paused", BOOL, "Whether it stands still, itself or with its strategy."),
    Field("channel.next_slot_at", INSTANT, "The next slot of its actions."),
    Field("channel.slots_ahead", INT, "Slots within the next 14 days."),
    Field("channel.content_ready", INT, "Items that are ready to be posted."),
    Field("channel.credential_expires_at", INSTANT, "When the account's credential expires."),
)

GOAL = (
    *derived(Goal, "goal", "name", "objective", "success", "metric", "baseline", "target", "owner"),
    Field("goal.starts_at", INSTANT, "The first instant of its first local day."),
    Field("goal.due_at", INSTANT, "The last instant of its last local day."),
    Field("goal.value", NUMBER, "The newest value of its metric, in the metric's unit."),
    Field("goal.planned", NUMBER, "The value that its planned curve has now."),
    Field("goal.progress", NUMBER, "Share of the way from baseline to target that is done."),
    Field("goal.elapsed", NUMBER, "Share of the time from start to due that is over."),
    Field("goal.pace", enum_of(Pace, without=("no data",)), "How it stands against its planned curve."),
    Field("goal.checkpoint_missed", BOOL, "Whether the newest checkpoint that has passed was not reached."),
    Field("goal.forecast", NUMBER, "The value that is expected on its due date."),
    Field("goal.probability", NUMBER, "How probable it is that it will be met, 0 to 1."),
)

METRIC = (
    *derived(Metric, "metric", "name", "source", "channel", "unit", "vanity", "expect_every"),
    Field("metric.watched_since", INSTANT, "Since when it is part of the plan."),
    Field("metric.value", NUMBER, "The newest value."),
    Field("metric.at", INSTANT, "When the newest value was true."),
    Field("metric.change_7d", NUMBER, "The newest value minus the one 7 days before."),
    Field("metric.change_28d", NUMBER, "The newest value minus the one 28 days before."),
    Field("metric.samples_28d", INT, "Values within the last 28 days."),
    Field("metric.goals", INT, "Goals that rest on it."),
    Field("metric.informs", INT, "Goals, signals, channels and own rules that rest on it."),
)

POST = (
    *derived(ContentItem, "post", "id", "title", "body", "tags", "link"),
    Field("post.channel", STRING, "The channel on which it is."),
    Field("post.at", INSTANT, "When it was posted (in the last 90 days) or is due (in the next 14)."),
    Field("post.length", INT, "Characters of its body."),
    Field("post.status", enum_of(PostState), "How far it is; known as long as `post.at` is."),
    Field("post.similarity", NUMBER, "How near the nearest text on another channel is, 0 to 1."),
    Field("post.same_on", INT, "Other channels that have nearly the same text."),
)

TASK = (
    *derived(
        Task,
        "task",
        *("id", "kind", "title", "subject", "assignee", "state", "opened_at", "due", "snoozed_until"),
        *("escalations", "closed_at", "closed_by"),
    ),
)

PERSON = (
    *derived(Person, "person", "name", "title", "department", "hours_per_week"),
    Field(
        "person.hours_planned", NUMBER, "Hours a week that the plans of all strategies ask of this person."
    ),
    Field("person.open_tasks", INT, "Tasks that are open."),
    Field("person.overdue_tasks", INT, "Open tasks past their due instant."),
)

SOURCE = (
    Field("source.name", STRING, "Its name."),
    Field("source.every", DURATION, "How often it is read."),
    Field("source.read_at", INSTANT, "When it last answered."),
    Field("source.asked_at", INSTANT, "When it was last asked."),
    Field("source.failing", BOOL, "Whether the newest attempt failed."),
)

ASSUMPTION = (
    *derived(Assumption, "assumption", "name", "says"),
    Field("assumption.holds", BOOL, "Whether it holds; unknown while it cannot be tested yet."),
)

SUBJECTS: dict[str, tuple[Field, ...]] = {
    "strategy": (),
    "channel": CHANNEL,
    "goal": GOAL,
    "metric": METRIC,
    "post": POST,
    "task": TASK,
    "person": PERSON,
    "source": SOURCE,
    "assumption": ASSUMPTION,
}


@cache
def schema_for(subject: str) -> Schema:
    """Return the facts of a rule that judges such subjects: `now`, the strategy's and the subject's own.

    Raises KeyError when there is no such kind of subject.
    """
    return Schema((*COMMON, *SUBJECTS[subject]))


def with_signals(schema: Schema, signals: Iterable[tuple[str, Type, str]]) -> Schema:
    """Return the schema with `signal.<name>` for each signal: its name, type and meaning."""
    return schema.extended(Field(f"signal.{name}", type_, doc) for name, type_, doc in signals)
