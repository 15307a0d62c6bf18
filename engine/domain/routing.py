"""Who is told of alerts, and when: grouping, waiting, repeating and the digest."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from engine.domain.base import Duration, Model, PositiveDuration
from engine.domain.rule import Severity
from engine.domain.schedule import Schedule


class Digest(Model):
    """Alerts that can wait are told together on a schedule."""

    schedule: Schedule = Field(
        description="When the digest goes out; nothing is sent when there is nothing to say."
    )
    severities: tuple[Severity, ...] = Field(
        default=(Severity.INFO,), description="Which alerts wait for it; by default only `info`."
    )


class Routing(Model):
    """How the alerts of a strategy reach people.

    Alerts of one group that fire within `group_wait` of its first are one message. While an alert fires and nobody has
    acknowledged it, it is told again every `repeat_every`. What is silenced or inhibited is told when that ends, if it
    still fires.
    """

    group_by: tuple[Literal["rule", "subject", "severity"], ...] = Field(
        default=(), description="What alerts must share to be told together; by default all are one group."
    )
    group_wait: Duration = Field(
        default=timedelta(0), description="How long the first alert of a group waits for others."
    )
    repeat_every: PositiveDuration | None = Field(
        default=None, description="How often an alert that still fires is told again; by default never."
    )
    resolved: bool = Field(default=True, description="Whether people are told that an alert has ended.")
    digest: Digest | None = Field(default=None, description="Alerts that wait and are told together.")
