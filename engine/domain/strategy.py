"""The `Strategy` document: what a team wants, where, how often, with which numbers and which decisions.

Every list below may grow new optional fields in later versions of Drumbeat without breaking a plan of today.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, StringConstraints, model_validator

from engine.domain.base import (
    Duration,
    Model,
    Name,
    PositiveDuration,
    Sentence,
    ZoneName,
    format_duration,
    misfit,
)
from engine.domain.conditions import Expr
from engine.domain.override import Override
from engine.domain.routing import Routing
from engine.domain.rule import Rule
from engine.domain.schedule import Day, Schedule
from engine.domain.signal import Signal

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

    name: Name = Field(
        description="How goals refer to this objective; strategies share one by the same name."
    )
    business: Sentence = Field(description="What the business wants, in one sentence.")
    marketing: Sentence = Field(description="What marketing does for it, in one sentence.")


class Evidence(Model):
    """Where a belief comes from, and how old it is."""

    source: Sentence = Field(description="Where it comes from: a survey, talks, numbers.")
    date: Day = Field(description="The day it was gathered.")


class Audience(Model):
    """Who is spoken to, where they are, how they use the place, what they want to hear."""

    name: Name = Field(description="How channels refer to this audience.")
    who: Sentence = Field(description="Who they are.")
    where: str = Field(default="", description="Where they can be met.")
    habits: str = Field(default="", description="How they use the place.")
    wants: str = Field(default="", description="What they want to hear.")
    evidence: tuple[Evidence, ...] = Field(
        default=(), description="What these beliefs rest on; after a year it counts as stale."
    )


class Assumption(Model):
    """A belief with a number on which the plan rests, such as "a blog post brings 40 visits".

    `holds` is tested again and again: true is held, false is broken, unknown is not yet testable.
    """

    name: Name = Field(description="How alerts and tasks refer to this assumption.")
    says: Sentence = Field(description="What is believed, in one sentence with its number.")
    holds: Expr = Field(
        description="The condition under which it holds, in the language of rules; it reads the strategy's facts and signals."
    )


class Checkpoint(Model):
    """A day by which the goal's metric is to have reached a value on its way."""

    day: Day = Field(description="The last day on which the value is to be reached.")
    value: float = Field(description="The value to have reached by then.")


class Goal(Model):
    """A goal with its success sentence, its numbers and its dates (inclusive, in the strategy's zone)."""

    name: Name = Field(description="How the goal is called in status and reports.")
    objective: Name | None = Field(default=None, description="The objective that it serves.")
    success: str = Field(
        default="", description="What must happen for this to be a success, in one sentence."
    )
    metric: Name = Field(description="The metric that shows how far it is.")
    baseline: float = Field(description="The metric's value at the start.")
    target: float = Field(description="The value to reach; below the baseline for a number that is to fall.")
    start: Day = Field(description="The first day.")
    due: Day = Field(description="The last day by which the target is reached.")
    checkpoints: tuple[Checkpoint, ...] = Field(
        default=(),
        description="Values on the way, in order of their days; between them the planned curve is straight.",
    )
    owner: Name | None = Field(default=None, description="Who answers for it.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.due <= self.start:
            raise misfit(
                "due",
                f"a goal is due after it starts, but {self.due} is not after {self.start}; write a later day",
            )
        if self.target == self.baseline:
            raise misfit(
                "target",
                f"target and baseline are the same number, so there is nothing to reach; write a target apart from {self.baseline:g}",
            )
        days = [self.start, *(point.day for point in self.checkpoints), self.due]
        if any(later <= earlier for earlier, later in pairwise(days)):
            raise misfit(
                "checkpoints",
                "checkpoints lie between start and due, the earliest first; write their days in that order",
            )
        return self


class Cadence(Model):
    """How often a channel is fed: `at_least` and `at_most` so many activities in any one period.

    A day is 24 hours, a week 7 days, a month 31 days, so that once in every calendar month is never late.
    `tolerance` is added to the period before too few counts as slowing; default a tenth of the period. An alert
    about too many ends a tenth of the period after there are few enough again.
    """

    at_least: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        default=None, description="The fewest activities in any one period."
    )
    at_most: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        default=None, description="The most activities in any one period."
    )
    per: Literal["day", "week", "month"] = Field(
        description="The period: a day of 24 hours, a week of 7 days, a month of 31 days."
    )
    tolerance: Duration | None = Field(
        default=None,
        description="Added to the period before too few counts as slowing; by default a tenth of the period.",
    )

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

    after: PositiveDuration | None = Field(
        default=None,
        description="How long without activity counts as silent; by default one and a half periods of the cadence.",
    )
    dormant_after: PositiveDuration | None = Field(
        default=None,
        description="How long without activity counts as given up; by default four periods (without a cadence four times `after`), at least twice `after`.",
    )

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

    hours_per_week: float | None = Field(default=None, ge=0, le=168, description="Hours of work in a week.")
    money_per_month: float | None = Field(
        default=None, ge=0, description="Money in a month, in the team's currency."
    )


class Bounds(Model):
    """How far a rule may change a channel's cadence by itself: from and to, both included."""

    at_least: tuple[int, int] | None = Field(
        default=None, description="The lowest and the highest `at_least` that a rule may set."
    )
    at_most: tuple[int, int] | None = Field(
        default=None, description="The lowest and the highest `at_most` that a rule may set."
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for name in ("at_least", "at_most"):
            given = getattr(self, name)
            if given is not None and not 1 <= given[0] <= given[1]:
                raise misfit(name, "it goes from the lower to the higher number; write for example [1, 3]")
        return self


class Channel(Model):
    """A place that the strategy feeds, through one account of the workspace."""

    name: Name = Field(description="How actions, metrics and commands refer to this channel.")
    title: str = Field(default="", description="Its name for people.")
    account: Name = Field(description="The account of the workspace through which it is fed.")
    purpose: str = Field(default="", description="What it is for, in one sentence.")
    audience: Name | None = Field(default=None, description="To whom it speaks.")
    media: Literal["owned", "earned", "paid"] = Field(
        default="owned", description="Whether the place is our own, earned or paid for."
    )
    priority: int = Field(
        default=1, ge=1, description="Which channel comes first when time is short; 1 is first."
    )
    effort: Effort = Field(default=Effort(), description="What it costs.")
    cadence: Cadence | None = Field(default=None, description="How often it promises to be fed.")
    silence: Silence = Field(
        default=Silence(),
        description="When it counts as silent and as dormant; by default this follows from the cadence.",
    )
    adjustable: Bounds = Field(
        default=Bounds(),
        description="How far rules may change its cadence by themselves; by default not at all.",
    )
    activity: Name | None = Field(
        default=None, description="The source that shows what was posted here, by whomever (kind feed)."
    )

    @model_validator(mode="after")
    def _silent_before_dormant(self) -> Self:
        silent, dormant = self.silent_after, self.silence.dormant_after
        if self.silence.after is None and silent is not None and dormant is not None and dormant <= silent:
            raise misfit(
                "silence.dormant_after",
                f"by its cadence the channel is silent after {format_duration(silent)}, so it cannot be dormant after "
                f"{format_duration(dormant)}; write a dormant_after longer than {format_duration(silent)}, or silence.after",
            )
        return self

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

    name: Name = Field(description="How goals and rules refer to this metric.")
    source: Name = Field(description="The source that it is read from.")
    channel: Name | None = Field(default=None, description="The channel that it is about.")
    unit: str = Field(default="", description="What is counted, such as readers.")
    description: str = Field(default="", description="What the number means, in one sentence.")
    vanity: bool = Field(default=False, description="Whether it can rise while the business stands still.")
    expect_every: PositiveDuration | None = Field(
        default=None, description="The longest time without a new sample before the metric counts as missing."
    )
    settings: dict[str, JsonValue] = Field(
        default_factory=dict,
        description="Which number of the source it is: `measure` in a feed, `column` in a table if that is called otherwise.",
    )


class Image(Model):
    """An image of a post, with the words for those who do not see it.

    Only its place and its words are written in a plan; the rest is filled in when the plan is read. The plan never
    carries the bytes: they are read where the worker runs, and must be those that were read with the plan.
    """

    file: Annotated[str, StringConstraints(min_length=1, max_length=1000)] = Field(
        description="The image's file, relative to the file that names it."
    )
    alt: str = Field(
        default="", max_length=5000, description="What the image shows, for those who do not see it."
    )
    type: str = Field(default="", description="Its media type, filled in when the plan is read.")
    bytes: int = Field(default=0, ge=0, description="Its size, filled in when the plan is read.")
    sha256: str = Field(default="", description="Its digest, filled in when the plan is read.")


class Variant(Model):
    """How an item reads on one channel; what is left out is as in the item itself."""

    title: str | None = Field(default=None, description="The title there.")
    body: str | None = Field(default=None, description="The text there, in Markdown.")
    tags: tuple[str, ...] | None = Field(default=None, description="The tags there.")
    link: str | None = Field(default=None, description="The address that the post points to there.")
    images: tuple[Image, ...] | None = Field(default=None, description="The images there.")


class ContentItem(Model):
    """One piece of content. `id` is stable; a changed body is a new revision of the same item."""

    id: Annotated[str, StringConstraints(min_length=1, max_length=200)] = Field(
        description="What identifies the item; the same one is not used twice unless content repeats. By default the name of its file."
    )
    title: str = Field(default="", description="The title of the post.")
    body: str = Field(default="", description="The text of the post, in Markdown.")
    tags: tuple[str, ...] = Field(default=(), description="Tags of the post, where the platform knows such.")
    link: str | None = Field(default=None, description="An address that the post points to.")
    images: tuple[Image, ...] = Field(default=(), description="Images of the post, in their order.")
    variants: dict[Name, Variant] = Field(
        default_factory=dict, description="How the item reads on a channel, by the channel's name."
    )

    def on(self, channel: str) -> ContentItem:
        """Return the item as this channel gets it: its variant laid over it, without the variants themselves."""
        variant = self.variants.get(channel)
        changes = variant.model_dump(exclude_none=True, exclude={"images"}) if variant else {}
        if variant and variant.images is not None:
            changes["images"] = variant.images
        return self.model_copy(update={**changes, "variants": {}})


class Content(Model):
    """Where an action's posts come from: a folder of Markdown files, or items written in the plan.

    Items are used once, in order; with `repeat` the one used longest ago comes again. `{date}`, `{time}` and
    `{number}` in a title or body become the slot's local date and time and the running number of the post.
    """

    folder: str | None = Field(
        default=None,
        description="A folder of Markdown files, one for each post, used in the order of their names; relative to this file.",
    )
    items: tuple[ContentItem, ...] = Field(default=(), description="Items written in the plan.")
    repeat: bool = Field(
        default=False, description="Whether used items come again, the one used longest ago first."
    )

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.folder is None) == (not self.items):
            raise ValueError("content comes either from a folder or from items; write one of the two")
        return self


class Action(Model):
    """Scheduled work on a channel: each slot of the schedule takes the next item of the content."""

    name: Name = Field(description="How the journal and commands refer to this action.")
    channel: Name = Field(description="The channel that it feeds.")
    kind: ActivityKind = Field(
        default=ActivityKind.CREATE, description="The kind of activity; `listen` comes before `create`."
    )
    description: str = Field(default="", description="What it is, for people.")
    schedule: Schedule = Field(description="When it is done.")
    content: Content = Field(description="What is posted, or what a person is asked to do.")
    assignee: Name | None = Field(
        default=None, description="Who does what a person must do; by default the strategy's owner."
    )
    due_within: PositiveDuration = Field(
        default=timedelta(days=1), description="How long a person has for a slot that needs one."
    )


class Review(Model):
    """A meeting in which the strategy is kept, changed or stopped: on a calendar or at checkpoints."""

    name: Name = Field(description="How the journal and commands refer to this review.")
    schedule: Schedule | None = Field(default=None, description="When it opens, again and again.")
    checkpoints: tuple[PositiveDuration, ...] = Field(
        default=(), description="Ages of the strategy at which a review opens, such as 90d, 180d, 365d."
    )
    attendees: tuple[Name, ...] = Field(default=(), description="Who takes part and is told when it opens.")
    decide_within: PositiveDuration = Field(
        default=timedelta(days=7),
        description="How long the decision may take before the review counts as overdue.",
    )

    @model_validator(mode="after")
    def _has_a_date(self) -> Self:
        if self.schedule is None and not self.checkpoints:
            raise ValueError(
                "a review has no date; write a schedule, checkpoints such as [90d, 180d], or both"
            )
        return self


class Strategy(Model):
    """One strategy: the document that a team lives by."""

    api_version: Literal["drumbeat/v1"] = Field(
        alias="apiVersion", description="The version of the document; always `drumbeat/v1`."
    )
    kind: Literal["Strategy"] = Field(description="What this document is; always `Strategy`.")
    name: Name = Field(description="How commands refer to this strategy; its full name is `workspace/name`.")
    workspace: Name = Field(description="The workspace whose people, accounts and sources it uses.")
    title: str = Field(default="", description="Its name for people.")
    description: str = Field(default="", description="What it is, for people.")
    timezone: ZoneName | None = Field(
        default=None, description="The IANA zone of its schedules and days; by default the workspace's."
    )
    owner: Name | None = Field(default=None, description="Who answers for it and gets its tasks.")
    deputy: Name | None = Field(default=None, description="Who is told first when a task is overdue.")
    notify: tuple[Name, ...] = Field(default=(), description="Notifiers for everything that needs a person.")
    objectives: tuple[Objective, ...] = Field(default=(), description="What it is for.")
    audiences: tuple[Audience, ...] = Field(default=(), description="To whom it speaks.")
    goals: tuple[Goal, ...] = Field(default=(), description="How far it is to bring us, by when.")
    assumptions: tuple[Assumption, ...] = Field(
        default=(), description="Beliefs with numbers on which the plan rests; tested as results come."
    )
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)] = Field(
        description="The places that it feeds; at least one."
    )
    metrics: tuple[Metric, ...] = Field(default=(), description="The numbers that are read.")
    actions: tuple[Action, ...] = Field(default=(), description="The work that is scheduled.")
    packs: tuple[Name, ...] = Field(
        default=("momentum", "goals", "hygiene"), description="Rule packs that watch this strategy."
    )
    signals: tuple[Signal, ...] = Field(
        default=(), description="Numbers from windows over samples and posts, for its rules."
    )
    rules: tuple[Rule, ...] = Field(
        default=(), description="Own rules; one named like a pack's rule replaces it."
    )
    overrides: tuple[Override, ...] = Field(
        default=(), description="Single fields of a pack's rules, changed by the rule's name."
    )
    judge_every: PositiveDuration = Field(
        default=timedelta(hours=1),
        description="How often rules are evaluated that rest on facts; what the clock alone decides is known at its instant.",
    )
    routing: Routing = Field(default=Routing(), description="How people are told of alerts.")
    reviews: tuple[Review, ...] = Field(default=(), description="When people look back and decide.")
