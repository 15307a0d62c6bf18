"""Signals: one number from a window over samples or posts, which rules read as `signal.<name>`."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from engine.domain.base import Duration, Model, Name, PositiveDuration, misfit


class SignalFunction(StrEnum):
    """What is made of the values in the window."""

    SUM = "sum"
    MEAN = "mean"
    MIN = "min"
    MAX = "max"
    RATE = "rate"
    CHANGE = "change"
    COUNT = "count"
    COUNT_DISTINCT = "count_distinct"
    SHARE = "share"
    PERCENTILE = "percentile"


OF_POSTS = (
    SignalFunction.COUNT,
    SignalFunction.COUNT_DISTINCT,
    SignalFunction.RATE,
    SignalFunction.SHARE,
)


class Signal(Model):
    """A window over the samples of a metric or the posts of a channel.

    With `each` it is a signal of the very subject that a rule judges; with `metric` or `channel` always of that one.
    The window ends `ago` before the evaluation and holds its end but not its beginning. With fewer than `min_samples`
    values in it the signal is unknown, never zero; only a count of posts on a channel that is read is known to be zero.

    rate: change per day for samples (newest minus oldest, by the time between them), posts per day for posts.
    change: newest minus oldest value. count_distinct: different values, or for posts different days of the strategy's
    zone. share: of the samples those above `above`, or for posts the channel's part of all posts of the strategy.
    """

    name: Name = Field(description="How rules read it: `signal.<name>`.")
    description: str = Field(default="", description="What the number means, in one sentence.")
    metric: Name | None = Field(default=None, description="The metric whose samples are looked at.")
    channel: Name | None = Field(default=None, description="The channel whose posts are looked at.")
    each: Literal["metric", "channel"] | None = Field(
        default=None, description="Instead: the metric, or channel, that the rule judges."
    )
    function: SignalFunction = Field(description="What is made of the values.")
    window: PositiveDuration = Field(description="How far back it looks.")
    ago: Duration = Field(default=timedelta(0), description="How long before now the window ends.")
    min_samples: int = Field(
        default=1, ge=1, le=100_000, description="With fewer values in the window it is unknown."
    )
    above: float | None = Field(
        default=None, description="For `share` of samples: the line above which a sample counts."
    )
    percentile: float | None = Field(
        default=None, ge=0, le=100, description="For `percentile`: which one, 0 to 100."
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if sum(origin is not None for origin in (self.metric, self.channel, self.each)) != 1:
            raise ValueError("a signal has one origin; write either metric, channel or each")
        if (self.percentile is None) == (self.function is SignalFunction.PERCENTILE):
            raise misfit("percentile", "goes with `function: percentile`; write for example percentile: 90")
        if self.of_posts and self.function not in OF_POSTS:
            raise misfit("function", f"posts have no {self.function}; write {', '.join(OF_POSTS)}")
        if not self.of_posts and self.function is SignalFunction.SHARE and self.above is None:
            raise misfit("above", "a share of samples needs a line; write for example above: 100")
        return self

    @property
    def of_posts(self) -> bool:
        """Return whether it looks at posts; otherwise at samples."""
        return self.channel is not None or self.each == "channel"
