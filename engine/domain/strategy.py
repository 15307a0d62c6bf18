"""The `Strategy` document: what a team wants, where, how often, with which numbers and which decisions.

Every list below may grow new optional fields in later versions of Drumbeat without breaking a plan of today.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, StringConstraints, model_validator

from engine.domain.base import Duration, Model, Name, PositiveDuration, Sentence, ZoneName, misfit
from engine.domain.rule import Rule
from engine.domain.schedule import Day, Schedule

PERIODS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=31)}


class ActivityKind(StrEnum):
    """The six kinds of activity, in their order of value: hear people before you speak to them."""

    LISTEN = "listen"
    READ = "read"
    SHARE = "share"
    CREATE = "create"
    COMMUNICATE = "communicate"
    CLOSE = "close"


class Objective(Model):
    """What the business wants, and what marketing does for it. Goals name the objective that they serve."""

    name: Name
    business: Sentence
    marketing: Sentence


class Evidence(Model):
    """Where a belief comes from, and how old it is."""

    source: Sentence
    date: date


class Audience(Model):
    """Who is spoken to, where they are, how they use the place, what they want to hear."""

    name: Name
    who: Sentence
    where: str = ""
    habits: str = ""
    wants: str = ""
    evidence: tuple[Evidence, ...] = ()


class Goal(Model):
    """A goal with its success sentence, its numbers and its dates (inclusive, in the strategy's zone)."""

    name: Name
    objective: Name | None = None
    success: str = Field(
        default="", description="What must happen for this to be a success, in one sentence."
    )
    metric: Name
    baseline: float
    target: float
    start: Day
    due: Day
    owner: Name | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.due <= self.start:
            raise misfit("due", f"a goal is due after it starts, but {self.due} is not after {self.start}; write a later day")
        if self.target == self.baseline:
            raise misfit("target", f"target and baseline are the same number, so there is nothing to reach; write a target apart from {self.baseline:g}")
        return self


class Cadence(Model):
    """How often a channel is fed: `at_least` and `at_most` so many activities in any one period.

    A day is 24 hours, a week 7 days, a month 31 days, so that once in every calendar month is never late.
    `tolerance` is added to the period before too few counts as slowing; default a tenth of the period.
    """

    at_least: Annotated[int, Field(ge=1, le=10000)] | None = None
    at_most: Annotated[int, Field(ge=1, le=10000)] | None = None
    per: Literal["day", "week", "month"]
    tolerance: Duration | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("a cadence needs at_least, at_most or both; write for example at_least: 1")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise misfit(
                "at_least", f"at_least {self.at_least} is more than at_most {self.at_most}; swap the two"
            )
        return self

    @cached_property
    def period(self) -> timedelta:
        """Return the length of one period."""
        return PERIODS[self.per]

    @cached_property
    def patience(self) -> timedelta:
        """Return the period with its tolerance: the longest window in which `at_least` must be met."""
        return self.period + (self.period / 10 if self.tolerance is None else self.tolerance)


class Silence(Model):
    """When a quiet channel counts as silent and as dormant, counted from its last activity.

    Defaults come from the cadence: silent after one and a half periods, dormant after four.
    """

    after: PositiveDuration | None = None
    dormant_after: PositiveDuration | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.after is not None and self.dormant_after is not None and self.dormant_after <= self.after:
            raise misfit(
                "dormant_after",
                "a channel is silent before it is dormant; write a dormant_after longer than after",
            )
        return self


class Effort(Model):
    """What a channel or an action costs."""

    hours_per_week: float | None = Field(default=None, ge=0, le=168)
    money_per_month: float | None = Field(default=None, ge=0)


class Channel(Model):
    """A place that the strategy feeds, through one account of the workspace."""

    name: Name
    title: str = ""
    account: Name
    purpose: str = ""
    audience: Name | None = None
    media: Literal["owned", "earned", "paid"] = "owned"
    priority: int = Field(default=1, ge=1)
    effort: Effort = Effort()
    cadence: Cadence | None = None
    silence: Silence = Silence()
    activity: Name | None = Field(
        default=None, description="The source that shows what was posted here, by whomever (kind feed)."
    )

    @cached_property
    def silent_after(self) -> timedelta | None:
        """Return the silence that the plan tolerates, or None when it declares neither cadence nor silence."""
        if self.silence.after is not None:
            return self.silence.after
        if self.cadence is None or self.cadence.at_least is None:
            return None
        return max(self.cadence.period * 1.5, self.cadence.patience)

    @cached_property
    def dormant_after(self) -> timedelta | None:
        """Return after how long without activity the channel counts as given up."""
        silent = self.silent_after
        if silent is None or self.silence.dormant_after is not None:
            return self.silence.dormant_after
        period = self.cadence.period if self.cadence else silent
        return max(period * 4, silent * 2)


class Metric(Model):
    """A number that is read from a source."""

    name: Name
    source: Name
    channel: Name | None = None
    unit: str = ""
    description: str = ""
    vanity: bool = False
    expect_every: PositiveDuration | None = Field(
        default=None, description="The longest time without a new sample before the metric counts as missing."
    )
    settings: dict[str, JsonValue] = Field(default_factory=dict)


class ContentItem(Model):
    """One piece of content. `id` is stable; a changed body is a new revision of the same item."""

    id: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    title: str = ""
    body: str = ""
    tags: tuple[str, ...] = ()
    link: str | None = None


class Content(Model):
    """Where an action's posts come from: a folder of Markdown files, or items written in the plan.

    Items are used once, in order; with `repeat` the one used longest ago comes again. `{date}`, `{time}` and
    `{number}` in a title or body become the slot's local date and time and the running number of the post.
    """

    folder: str | None = None
    items: tuple[ContentItem, ...] = ()
    repeat: bool = False

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.folder is None) == (not self.items):
            raise ValueError("content comes either from a folder or from items; write one of the two")
        return self


class Action(Model):
    """Scheduled work on a channel: each slot of the schedule takes the next item of the content."""

    name: Name
    channel: Name
    kind: ActivityKind = ActivityKind.CREATE
    description: str = ""
    schedule: Schedule
    content: Content
    assignee: Name | None = None
    due_within: PositiveDuration = Field(
        default=timedelta(days=1), description="How long a person has for a slot that needs one."
    )


class Review(Model):
    """A meeting in which the strategy is kept, changed or stopped: on a calendar or at checkpoints."""

    name: Name
    schedule: Schedule | None = None
    checkpoints: tuple[PositiveDuration, ...] = Field(
        default=(), description="Ages of the strategy at which a review opens, such as 90d, 180d, 365d."
    )
    attendees: tuple[Name, ...] = ()
    decide_within: PositiveDuration = timedelta(days=7)

    @model_validator(mode="after")
    def _has_a_date(self) -> Self:
        if self.schedule is None and not self.checkpoints:
            raise ValueError(
                "a review has no date; write a schedule, checkpoints such as [90d, 180d], or both"
            )
        return self


class Strategy(Model):
    """One strategy: the document that a team lives by."""

    api_version: Literal["drumbeat/v1"] = Field(alias="apiVersion")
    kind: Literal["Strategy"]
    name: Name
    workspace: Name
    title: str = ""
    description: str = ""
    timezone: ZoneName | None = None
    owner: Name | None = None
    deputy: Name | None = None
    notify: tuple[Name, ...] = Field(default=(), description="Notifiers for everything that needs a person.")
    objectives: tuple[Objective, ...] = ()
    audiences: tuple[Audience, ...] = ()
    goals: tuple[Goal, ...] = ()
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]
    metrics: tuple[Metric, ...] = ()
    actions: tuple[Action, ...] = ()
    packs: tuple[Name, ...] = Field(default=("momentum",), description="Rule packs that watch this strategy.")
    rules: tuple[Rule, ...] = Field(
        default=(), description="Own rules; one named like a pack's rule replaces it."
    )
    reviews: tuple[Review, ...] = ()
