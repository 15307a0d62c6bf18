"""Rules of a plan: which condition, on which subjects, for how long, and what follows."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from engine.domain.base import Duration, Model, Name, PositiveDuration, Sentence


class Severity(StrEnum):
    """How much an alert matters, from least to most."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Deadline(Model):
    """True once nothing has happened `since` for `period` + `grace`.

    `activity` is judged for each channel, `sample` for each metric, `reading` for each source. Without a
    period the plan's own numbers count: a channel's silence, a metric's `expect_every`, a source's staleness.
    """

    since: Literal["activity", "sample", "reading"] = Field(
        description="What must happen again and again: `activity` on a channel, a `sample` of a metric, a `reading` of a source."
    )
    period: PositiveDuration | None = Field(
        default=None, description="How long nothing may happen; by default what the plan says of the subject."
    )
    grace: Duration = Field(default=timedelta(0), description="Added to the period, however that came about.")


class CadenceBreach(Model):
    """True while a channel has fewer than `at_least`, or more than `at_most`, activities in its period."""

    breach: Literal["at_least", "at_most"] = Field(
        description="Which line of the channel's cadence is crossed: too few, or too many."
    )


class TaskTemplate(Model):
    """The task that a firing alert opens; one at a time for each rule and subject."""

    title: Sentence = Field(description="May name {subject}.")
    assignee: Name | None = Field(default=None, description="Who does it; by default the strategy's owner.")
    due_within: PositiveDuration = Field(
        default=timedelta(days=3), description="How long this person has, from the alert on."
    )
    close_on_resolve: bool = Field(
        default=True, description="Whether the task is closed when the alert ends by itself."
    )


class Rule(Model):
    """A condition and what follows from it. Its alerts are identified by rule and subject, never by a value."""

    name: Name = Field(description="The name of its alerts; like a rule of a pack, it replaces that one.")
    reason: Sentence = Field(description="Why this matters, for the person who gets the alert.")
    deadline: Deadline | None = Field(
        default=None,
        description="Condition: nothing has happened for too long. A rule has this or `cadence`.",
    )
    cadence: CadenceBreach | None = Field(
        default=None, description="Condition: too few or too many activities. A rule has this or `deadline`."
    )
    only: tuple[Name, ...] = Field(default=(), description="Names of the subjects to judge; default all.")
    for_: Duration = Field(
        default=timedelta(0),
        alias="for",
        description="How long the condition must hold before the alert fires.",
    )
    keep_firing_for: Duration = Field(
        default=timedelta(0), description="How long the condition must be false before the alert ends."
    )
    severity: Severity = Field(
        default=Severity.WARNING, description="How much it matters; an `info` alert asks nobody to act."
    )
    notify: tuple[Name, ...] = Field(
        default=(), description="Notifiers for this rule's alerts; by default those of the strategy."
    )
    task: TaskTemplate | None = Field(
        default=None, description="The task that a firing alert opens; by default none."
    )
    enabled: bool = Field(
        default=True, description="Whether the rule is judged; false switches off a rule of a pack."
    )

    @model_validator(mode="after")
    def _one_shape(self) -> Self:
        if (self.deadline is None) == (self.cadence is None):
            raise ValueError("a rule has exactly one condition; write either deadline or cadence")
        return self
