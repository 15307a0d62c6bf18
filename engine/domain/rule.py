"""Rules of a plan: which condition, on which subjects, for how long, and what follows."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from engine.domain.base import Duration, Model, Name, PositiveDuration, Sentence, misfit
from engine.domain.conditions import (
    CadenceBreach,
    Deadline,
    Duplicate,
    Expr,
    PaceBehind,
    Quiet,
    SubjectKind,
    Unjudged,
)


class Severity(StrEnum):
    """How much an alert matters, from least to most."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


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


class PauseEffect(Model):
    """While the alert fires, the channel is paused; what waits there waits until the alert ends."""

    approval: bool = Field(default=False, description="Whether a person must agree first, by a task.")
    at_most: PositiveDuration = Field(
        default=timedelta(days=7), description="The longest that such a pause may last."
    )


class AdjustEffect(Model):
    """While the alert fires, the channel has another cadence, inside the channel's own `adjustable` bounds."""

    at_least: int | None = Field(
        default=None, ge=1, le=1000, description="The fewest posts in a period meanwhile."
    )
    at_most: int | None = Field(
        default=None, ge=1, le=1000, description="The most posts in a period meanwhile."
    )
    approval: bool = Field(default=False, description="Whether a person must agree first, by a task.")

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("it changes nothing; write at_least, at_most or both")
        return self


class SeverityWhen(Model):
    """Another severity under a condition."""

    when: Expr = Field(description="The condition, in the language of rules.")
    severity: Severity = Field(description="How much it matters then.")


class Rule(Model):
    """A condition and what follows from it. Its alerts are identified by rule and subject, never by a value."""

    name: Name = Field(description="The name of its alerts; like a rule of a pack, it replaces that one.")
    reason: Sentence = Field(description="Why this matters, for the person who gets the alert.")
    deadline: Deadline | None = Field(
        default=None, description="Condition: nothing has happened for too long."
    )
    cadence: CadenceBreach | None = Field(
        default=None, description="Condition: too few or too many activities."
    )
    quiet: Quiet | None = Field(
        default=None, description="Condition: a channel is quiet against its own rhythm."
    )
    pace: PaceBehind | None = Field(default=None, description="Condition: a goal falls behind its curve.")
    duplicate: Duplicate | None = Field(
        default=None, description="Condition: nearly the same text stands on several channels."
    )
    expr: Expr | None = Field(
        default=None,
        description="Condition: an expression in the language of rules, about subjects `of` a kind.",
    )
    unjudged: Unjudged | None = Field(
        default=None, description="Condition: another rule cannot be judged, because its data is missing."
    )
    of: SubjectKind | None = Field(
        default=None, description="With `expr`: the kind of subject that is judged, each by itself."
    )
    only: tuple[Name, ...] = Field(default=(), description="Names of the subjects to judge; default all.")
    recover: Expr | None = Field(
        default=None,
        description="With `expr`: a firing alert ends only when this is true, so that it does not flap at one line.",
    )
    for_: Duration = Field(
        default=timedelta(0),
        alias="for",
        description="How long the condition must hold before the alert fires.",
    )
    keep_firing_for: Duration = Field(
        default=timedelta(0), description="How long the condition must be false before the alert ends."
    )
    no_data: Duration | None = Field(
        default=None,
        description="After how long without an answer, for want of data, an alert of its own (`<name>NoData`) fires; by default never.",
    )
    severity: Severity = Field(
        default=Severity.WARNING, description="How much it matters; an `info` alert asks nobody to act."
    )
    severities: tuple[SeverityWhen, ...] = Field(
        default=(), description="Other severities by condition; the first that is true counts."
    )
    inhibited_by: tuple[Name, ...] = Field(
        default=(),
        description="Rules that explain this one: while one fires for the same subject, or for what the subject rests on, nobody is told of this alert.",
    )
    annotations: dict[str, str] = Field(
        default_factory=dict, description="Texts for people and tools, such as a runbook's address."
    )
    notify: tuple[Name, ...] = Field(
        default=(), description="Notifiers for this rule's alerts; by default those of the strategy."
    )
    task: TaskTemplate | None = Field(
        default=None, description="The task that a firing alert opens; by default none."
    )
    review: Name | None = Field(default=None, description="The review that a firing alert calls.")
    pause: PauseEffect | None = Field(
        default=None, description="Pauses the channel while the alert fires; undone when it ends."
    )
    adjust: AdjustEffect | None = Field(
        default=None, description="Changes the channel's cadence while the alert fires; undone when it ends."
    )
    mode: Literal["active", "shadow"] = Field(
        default="active",
        description="`shadow`: its alerts are recorded, but nobody is told and nothing follows.",
    )
    budget: float | None = Field(
        default=None,
        gt=0,
        description="Alerts a week that are worth people's attention, over all its subjects.",
    )
    enabled: bool = Field(
        default=True, description="Whether the rule is judged; false switches off a rule of a pack."
    )

    @model_validator(mode="after")
    def _one_condition(self) -> Self:
        given = [name for name in CONDITIONS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"a rule has exactly one condition; write one of {', '.join(CONDITIONS)}")
        if (self.expr is None) != (self.of is None):
            raise misfit("of", "goes with `expr` and names what is judged; write for example of: channel")
        if self.recover is not None and self.expr is None:
            raise misfit("recover", "goes with `expr`; remove it, or use keep_firing_for")
        return self

    @property
    def is_evaluated(self) -> bool:
        """Return whether the rule is judged from facts by the evaluation, and not by the heart's own clocks."""
        return self.expr is not None or self.pace is not None or self.duplicate is not None

    @property
    def is_shadow(self) -> bool:
        """Return whether nobody is told of its alerts."""
        return self.mode == "shadow"


CONDITIONS = ("deadline", "cadence", "quiet", "pace", "duplicate", "expr", "unjudged")
