"""What a strategy is for: objectives, audiences, goals with their numbers, and the assumptions behind them."""

from __future__ import annotations

from itertools import pairwise
from typing import Self

from pydantic import Field, model_validator

from engine.domain.base import (
    Model,
    Name,
    Sentence,
    misfit,
)
from engine.domain.conditions import Expr
from engine.domain.schedule import Day


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
