"""A change to single fields of a rule that comes with a pack."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.domain.base import Duration, Model, Name
from engine.domain.rule import Rule, Severity, TaskTemplate


class Override(Model):
    """Fields that are given replace those of the pack's rule of that name; the others stay."""

    name: Name = Field(description="The name of the pack's rule.")
    enabled: bool | None = Field(default=None, description="Whether the rule is judged.")
    mode: Literal["active", "shadow"] | None = Field(default=None, description="`active` or `shadow`.")
    only: tuple[Name, ...] | None = Field(default=None, description="Names of the subjects to judge.")
    for_: Duration | None = Field(
        default=None, alias="for", description="How long the condition must hold before the alert fires."
    )
    keep_firing_for: Duration | None = Field(
        default=None, description="How long the condition must be false before the alert ends."
    )
    severity: Severity | None = Field(default=None, description="How much it matters.")
    notify: tuple[Name, ...] | None = Field(default=None, description="Notifiers for the rule's alerts.")
    task: TaskTemplate | None = Field(default=None, description="The task that a firing alert opens.")
    budget: float | None = Field(
        default=None, gt=0, description="Alerts a week that are worth people's attention."
    )

    def applied_to(self, rule: Rule) -> Rule:
        """Return the rule with the given fields replaced."""
        given = {name: getattr(self, name) for name in self.model_fields_set if name != "name"}
        return rule.model_copy(update={name: value for name, value in given.items() if value is not None})
