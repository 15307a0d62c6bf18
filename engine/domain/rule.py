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

    since: Literal["activity", "sample", "reading"]
    period: PositiveDuration | None = None
    grace: Duration = timedelta(0)


class CadenceBreach(Model):
    """True while a channel has fewer than `at_least`, or more than `at_most`, activities in its period."""

    breach: Literal["at_least", "at_most"]


class TaskTemplate(Model):
    """The task that a firing alert opens; one at a time for each rule and subject."""

    title: Sentence = Field(description="May name {subject}.")
    assignee: Name | None = None
    due_within: PositiveDuration = timedelta(days=3)
    close_on_resolve: bool = True


class Rule(Model):
    """A condition and what follows from it. Its alerts are identified by rule and subject, never by a value."""

    name: Name
    reason: Sentence = Field(description="Why this matters, for the person who gets the alert.")
    deadline: Deadline | None = None
    cadence: CadenceBreach | None = None
    only: tuple[Name, ...] = Field(default=(), description="Names of the subjects to judge; default all.")
    for_: Duration = Field(default=timedelta(0), alias="for")
    keep_firing_for: Duration = timedelta(0)
    severity: Severity = Severity.WARNING
    notify: tuple[Name, ...] = ()
    task: TaskTemplate | None = None
    enabled: bool = True

    @model_validator(mode="after")
    def _one_shape(self) -> Self:
        if (self.deadline is None) == (self.cadence is None):
            raise ValueError("a rule has exactly one condition; write either deadline or cadence")
        return self
