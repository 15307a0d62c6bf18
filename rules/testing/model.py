"""The form of a rule test: what happens, and which alerts, tasks and messages there must be, when."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, Self

from pydantic import Field, JsonValue, model_validator

from engine.domain.base import Model, Name, PositiveDuration, Sentence
from engine.domain.rule import Severity

Moment = str
AlertExpectation = Literal["none", "pending", "firing", "recovering", "resolved", "unknown"]


class MadePost(Model):
    """A post that somebody makes on a channel."""

    at: Moment = Field(description="When: a distance from the start such as 3d, or a time.")
    title: str = Field(default="", description="Its title.")
    text: str = Field(default="", description="Its text; nearly the same texts are recognised by it.")


class Expectation(Model):
    """What must be so at an instant; exactly one of `alert`, `task`, `told` and `review`.

    `state: none` says that there is no such alert; of a rule that was never judged, or only without data, it proves
    nothing, and the test fails for that.
    """

    at: Moment = Field(description="When: a distance from the start such as 3d, or a time.")
    alert: Name | None = Field(default=None, description="The rule whose alert is looked at.")
    of: str | None = Field(
        default=None,
        description="The alert's subject, such as channel/blog; not needed when it has only one.",
    )
    state: AlertExpectation = Field(
        default="firing",
        description="The alert's state. `none`: neither pending nor firing; `unknown`: it cannot be told for want of data.",
    )
    severity: Severity | None = Field(default=None, description="How much the alert matters.")
    because: str | None = Field(default=None, description="A part of the sentence that says why.")
    task: str | None = Field(default=None, description="A part of the title of a task that is open.")
    assignee: Name | None = Field(default=None, description="Who does that task.")
    told: str | None = Field(
        default=None, description="A part of a message that people have got by then, since the check before."
    )
    review: Name | None = Field(default=None, description="A review that is open.")
    paused: str | None = Field(
        default=None, description="What stands still, such as channel/blog; undone when the alert ends."
    )
    absent: bool = Field(
        default=False, description="With task, told, review or paused: there must be none such."
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        kinds = ("alert", "task", "told", "review", "paused")
        given = [name for name in kinds if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"a check looks at one thing; write exactly one of {', '.join(kinds)}")
        return self


class RuleTest(Model):
    """One test: from `start` on, series and posts happen, and what is expected is looked at in order of time."""

    name: Sentence = Field(description="What it shows, in a sentence.")
    start: Moment = Field(default="2026-01-05", description="When the plan begins: a date or a time.")
    every: PositiveDuration = Field(
        default=timedelta(days=1), description="The time between two steps of a series."
    )
    series: dict[Name, str] = Field(
        default_factory=dict, description="Values of metrics, by name, in promtool's notation."
    )
    posts: dict[Name, str | tuple[Moment | MadePost, ...]] = Field(
        default_factory=dict,
        description="Posts on channels, by name: how many at each step, in the same notation, or a list of times and posts.",
    )
    silent_from: dict[Name, Moment] = Field(
        default_factory=dict, description="From when on a channel's own actions post nothing."
    )
    expect: tuple[Expectation, ...] = Field(min_length=1, description="What must be so, and when.")


class RuleTests(Model):
    """A document of tests for the rules of one plan, of an excerpt of one, or of a pack."""

    api_version: Literal["drumbeat/v1"] = Field(
        alias="apiVersion", description="The version of the document; always `drumbeat/v1`."
    )
    kind: Literal["RuleTest"] = Field(description="What this document is; always `RuleTest`.")
    plan: str | None = Field(
        default=None, description="The plan's file or folder, relative to this file; may hold one strategy."
    )
    pack: Name | None = Field(default=None, description="A rule pack, as the excerpt's only pack.")
    strategy: dict[str, JsonValue] | None = Field(
        default=None,
        description="Instead of `plan`: an excerpt of a strategy, such as its channels, metrics, goals and rules. Accounts and sources need not be named.",
    )
    tests: tuple[RuleTest, ...] = Field(min_length=1, description="The tests.")

    @model_validator(mode="after")
    def _one_plan(self) -> Self:
        if (self.plan is None) == (self.strategy is None):
            raise ValueError("the tests need a plan; write either plan: <path> or strategy: with an excerpt")
        if self.pack is not None and self.plan is not None:
            raise ValueError("a plan names its packs itself; remove `pack`, or write an excerpt")
        return self
