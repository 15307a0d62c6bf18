"""The `Strategy` document: what a team wants, where, how often, with which numbers and which decisions.

Every list below may grow new optional fields in later versions of Drumbeat without breaking a plan of today.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, model_validator

from engine.domain.aims import Assumption, Audience, Goal, Objective
from engine.domain.base import (
    Model,
    Name,
    PositiveDuration,
    ZoneName,
)
from engine.domain.channel import Channel
from engine.domain.items import Content
from engine.domain.override import Override
from engine.domain.routing import Routing
from engine.domain.rule import Rule
from engine.domain.schedule import Schedule
from engine.domain.signal import Signal


class ActivityKind(StrEnum):
    """The six kinds of activity, in their order of value: hear people before you speak to them."""

    LISTEN = "listen"
    READ = "read"
    SHARE = "share"
    CREATE = "create"
    COMMUNICATE = "communicate"
    CLOSE = "close"


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
        description="Which number of the source it is: `measure` in a feed, `column` in a table if that is called otherwise, `query` in Prometheus or a database, `value` in a JSON document.",
    )


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
    judge_every: PositiveDuration | None = Field(
        default=None,
        description="How often rules are evaluated that rest on facts; by default as often as the busiest source is read, between 1h and 6h. What the clock alone decides is known at its instant.",
    )
    routing: Routing = Field(default=Routing(), description="How people are told of alerts.")
    reviews: tuple[Review, ...] = Field(default=(), description="When people look back and decide.")
