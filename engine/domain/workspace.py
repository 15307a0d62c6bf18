"""The `Workspace` document: the people, accounts, notifiers and sources that strategies share."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, JsonValue, StringConstraints

from engine.domain.base import Model, Name, PositiveDuration, Sentence, ZoneName

# `env:NAME` or `file:/path`: a reference, never the secret itself.
SecretRef = Annotated[str, StringConstraints(pattern=r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$")]


class Person(Model):
    """Somebody who owns strategies, does tasks or takes part in reviews."""

    name: Name
    title: str = ""
    email: str | None = None
    department: str = ""
    hours_per_week: float | None = Field(default=None, ge=0, le=168)
    notify: tuple[Name, ...] = Field(default=(), description="Notifiers that reach this person.")


class Account(Model):
    """A place where posts are made: a platform, its settings, and references to its secrets."""

    name: Name
    platform: Name = Field(description="The platform adapter, such as site or manual.")
    settings: dict[str, JsonValue] = Field(default_factory=dict)
    secrets: dict[str, SecretRef] = Field(default_factory=dict)


class NotifierConfig(Model):
    """A way to tell people something."""

    name: Name
    kind: Name = Field(description="The notifier adapter, such as log or apprise.")
    settings: dict[str, JsonValue] = Field(default_factory=dict)
    secrets: dict[str, SecretRef] = Field(default_factory=dict)


class SourceConfig(Model):
    """A place where numbers or activity are read."""

    name: Name
    kind: Name = Field(description="The source adapter, such as feed or csv.")
    every: PositiveDuration = Field(default=timedelta(hours=1), description="How often it is read.")
    settings: dict[str, JsonValue] = Field(default_factory=dict)
    secrets: dict[str, SecretRef] = Field(default_factory=dict)


class Capacity(Model):
    """What the team can spend in a week."""

    hours_per_week: float | None = Field(default=None, ge=0)


class Workspace(Model):
    """One team's shared ground."""

    api_version: Literal["drumbeat/v1"] = Field(alias="apiVersion")
    kind: Literal["Workspace"]
    name: Name
    title: str = ""
    description: str = ""
    timezone: ZoneName = "UTC"
    people: tuple[Person, ...] = ()
    accounts: tuple[Account, ...] = ()
    notifiers: tuple[NotifierConfig, ...] = ()
    sources: tuple[SourceConfig, ...] = ()
    capacity: Capacity = Capacity()
    house_rules: tuple[Sentence, ...] = ()
