"""The conditions of rules: ready shapes that the heart or the evaluation knows, and free expressions."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from engine.domain.base import Duration, Model, PositiveDuration, misfit

# A text in the language of `rules.language`; checked against the facts of its subject before anything runs.
Expr = Annotated[str, StringConstraints(min_length=1, max_length=4096, strip_whitespace=True)]
SubjectKind = Literal[
    "strategy", "channel", "goal", "metric", "source", "person", "post", "task", "assumption"
]


class Deadline(Model):
    """True once nothing has happened `since` for `period` + `grace`.

    `activity` is judged for each channel, `sample` for each metric, `reading` for each source, `slot` for each
    action, `judgement` for the strategy. Without a period the plan's own numbers count: a channel's silence, a metric's
    `expect_every`, a source's staleness, an action's misfire grace, three rounds of `judge_every`.
    """

    since: Literal["activity", "sample", "reading", "slot", "judgement"] = Field(
        description="What must happen again and again: `activity` on a channel, a `sample` of a metric, a `reading` of a source; the outcome of an action's due `slot`; or a `judgement` of the rules that rest on facts."
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


class Quiet(Model):
    """True once a channel is quiet against its own rhythm; for channels whose plan declares no silence.

    The instant follows from the channel's past posts (`engine.domain.quiet`); nobody has to poll for it.
    """

    also_declared: bool = Field(
        default=False,
        description="Whether channels with a declared cadence or silence are judged by their rhythm as well.",
    )


class PaceBehind(Model):
    """True while a goal is no longer on pace, and both windows say that it falls further behind its planned curve.

    A window agrees when the way made in it is less than `below` of the way planned for it. One bad week inside a good
    quarter, or an old gap that is just being closed, is no reason to call anybody.
    """

    below: float = Field(
        default=0.7,
        gt=0,
        lt=1,
        description="Share of the planned way that counts as too little, such as 0.7.",
    )
    windows: tuple[PositiveDuration, PositiveDuration] = Field(
        default=(timedelta(days=28), timedelta(days=7)),
        description="The long and the short window that must agree.",
    )

    @model_validator(mode="after")
    def _ordered(self) -> PaceBehind:
        if self.windows[0] <= self.windows[1]:
            raise misfit("windows", "the first window is the long one; write for example [28d, 7d]")
        return self


class Duplicate(Model):
    """True while a channel shows nearly the same text as another channel of the strategy within the window."""

    similarity: float = Field(
        default=0.85,
        ge=0.5,
        le=1,
        description="From which likeness on, 0.5 to 1, two texts count as the same.",
    )
    within: PositiveDuration = Field(
        default=timedelta(days=7), description="How near in time the two posts must be."
    )
    share: float = Field(
        default=0.5, gt=0, le=1, description="Which share of the channel's posts must be repeated elsewhere."
    )
    posts: int = Field(default=3, ge=1, le=100, description="How many of its newest posts are looked at.")


class Unjudged(Model):
    """True while another rule cannot be judged of the same subject, because its data is missing."""

    rule: str = Field(description="The name of the other rule.")
