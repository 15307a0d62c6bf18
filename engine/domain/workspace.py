"""The `Workspace` document: the people, accounts, notifiers and sources that strategies share."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, JsonValue, StringConstraints

from engine.domain.base import Model, Name, PositiveDuration, Sentence, ZoneName
from engine.domain.schedule import Day

# `env:NAME` or `file:/path`: a reference, never the secret itself.
SecretRef = Annotated[str, StringConstraints(pattern=r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$")]


_SHORTEST = timedelta(seconds=1)


def _not_incessant(every: timedelta) -> timedelta:
    if every < _SHORTEST:
        raise ValueError("the shortest `every` of a source is 1s; write for example 5m")
    return every


class Person(Model):
    """Somebody who owns strategies, does tasks or takes part in reviews."""

    name: Name = Field(description="How plans refer to this person.")
    title: str = Field(default="", description="Who it is, for people: a name, a role.")
    email: str | None = Field(default=None, description="Where this person gets mail.")
    department: str = Field(
        default="", description="The part of the organisation, such as marketing or sales."
    )
    hours_per_week: float | None = Field(
        default=None, ge=0, le=168, description="Hours that this person can give in a week, 0 to 168."
    )
    notify: tuple[Name, ...] = Field(default=(), description="Notifiers that reach this person.")


class Account(Model):
    """A place where posts are made: a platform, its settings, and references to its secrets."""

    name: Name = Field(description="How channels refer to this account.")
    platform: Name = Field(description="The platform adapter, such as site or manual.")
    settings: dict[str, JsonValue] = Field(
        default_factory=dict,
        description="What the platform's adapter needs to know; docs/reference/adapters.md lists them. `folder` is meant relative to this file.",
    )
    secrets: dict[str, SecretRef] = Field(
        default_factory=dict,
        description="References to secrets by the name that the adapter asks for: `env:NAME` or `file:/path`, never the secret itself.",
    )
    credential_expires: Day | None = Field(
        default=None,
        description="The last day on which the account's credential works, so that it is renewed before.",
    )


class NotifierConfig(Model):
    """A way to tell people something."""

    name: Name = Field(description="How people and strategies refer to this notifier.")
    kind: Name = Field(description="The notifier adapter, such as log or apprise.")
    settings: dict[str, JsonValue] = Field(
        default_factory=dict, description="What the notifier's adapter needs to know."
    )
    secrets: dict[str, SecretRef] = Field(
        default_factory=dict,
        description="References to secrets, such as `url: env:CHAT_URL`, never the secret itself.",
    )


class SourceConfig(Model):
    """A place where numbers or activity are read."""

    name: Name = Field(description="How metrics and channels refer to this source.")
    kind: Name = Field(description="The source adapter, such as feed or csv.")
    every: Annotated[PositiveDuration, AfterValidator(_not_incessant)] = Field(
        default=timedelta(hours=1), description="How often it is read; 1s is the shortest."
    )
    settings: dict[str, JsonValue] = Field(
        default_factory=dict,
        description="What the source's adapter needs to know, such as `url` or `file`, which is meant relative to this file.",
    )
    secrets: dict[str, SecretRef] = Field(
        default_factory=dict,
        description="References to secrets, such as `url: env:FEED_URL`, never the secret itself.",
    )


class Capacity(Model):
    """What the team can spend in a week."""

    hours_per_week: float | None = Field(
        default=None, ge=0, description="Hours that the whole team can give in a week."
    )


class Workspace(Model):
    """One team's shared ground."""

    api_version: Literal["drumbeat/v1"] = Field(
        alias="apiVersion", description="The version of the document; always `drumbeat/v1`."
    )
    kind: Literal["Workspace"] = Field(description="What this document is; always `Workspace`.")
    name: Name = Field(
        description="How strategies refer to this workspace; the first half of every strategy's full name."
    )
    title: str = Field(default="", description="Its name for people.")
    description: str = Field(default="", description="What it is, for people.")
    timezone: ZoneName = Field(
        default="UTC",
        description="The IANA zone in which schedules and days are meant, such as Europe/Berlin.",
    )
    people: tuple[Person, ...] = Field(default=(), description="Who takes part.")
    accounts: tuple[Account, ...] = Field(default=(), description="Where posts are made.")
    notifiers: tuple[NotifierConfig, ...] = Field(default=(), description="How people are told.")
    sources: tuple[SourceConfig, ...] = Field(default=(), description="Where numbers and activity are read.")
    capacity: Capacity = Field(default=Capacity(), description="What the team can give.")
    house_rules: tuple[Sentence, ...] = Field(
        default=(), description="Rules for every post and answer, a sentence each."
    )
