"""A channel: the place that is fed, what it promises, and when its silence counts."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from engine.domain.base import (
    Duration,
    Model,
    Name,
    PositiveDuration,
    format_duration,
    misfit,
)

PERIODS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=31)}


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


class Replies(Model):
    """Replies of others that wait for an answer: who counts them, and how many are too many."""

    metric: Name = Field(description="The metric that counts the replies here which nobody has answered.")
    limit: int = Field(default=10, ge=0, description="How many of them may wait before it is too much.")


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
    replies: Replies | None = Field(
        default=None, description="How replies of others are counted, and how many may wait for an answer."
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
