"""What a platform may do beside publishing: one small Protocol for each role.

A platform says in `Capabilities.roles` which roles it has; the registry refuses one that does not keep the Protocol of
a role it names. Nobody asks whether a method is there: `preparer(platform)` gives the platform as one that prepares
posts, or None.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol, runtime_checkable

from pydantic import Field

from engine.domain.base import Instant, Model
from engine.domain.items import ContentItem
from engine.domain.ports import Accepted, Platform, Published, Role, Secrets
from engine.domain.publication import Post
from engine.domain.records import Activity
from engine.domain.storage import Credential
from engine.domain.workspace import Account


class Unit(StrEnum):
    """How a platform counts the length of a text.

    characters  code points
    graphemes   what a reader takes for one character, such as a family emoji
    bytes       bytes of UTF-8
    weighted    as X does: most scripts count 1, Chinese, Japanese, Korean and emoji 2, a link 23
    """

    CHARACTERS = "characters"
    GRAPHEMES = "graphemes"
    BYTES = "bytes"
    WEIGHTED = "weighted"


class Limits(Model):
    """What a server takes; None where it sets no limit or does not say.

    `text` and `title` are in `unit`, `text_bytes` in bytes of UTF-8 beside it. `link`: every link in a text counts so
    many units, whatever its length. `images` is the most in one post (0: it takes none), `image_types` the media
    types it takes (none given: any), `alt` the longest words for an image, in code points.
    """

    unit: Unit = Unit.CHARACTERS
    text: int | None = Field(default=None, ge=0)
    text_bytes: int | None = Field(default=None, ge=0)
    title: int | None = Field(default=None, ge=0)
    link: int | None = Field(default=None, ge=0)
    images: int | None = Field(default=None, ge=0)
    image_bytes: int | None = Field(default=None, ge=0)
    image_types: tuple[str, ...] = ()
    alt: int | None = Field(default=None, ge=0)


class Measured(Model):
    """Numbers of a post or an account as of an instant (UTC). None: the platform does not say; never 0 for that."""

    as_of: Instant
    values: dict[str, float | None]


@runtime_checkable
class Limited(Protocol):
    """Role LIMITS: its limits differ from server to server, or it can at least say them."""

    def limits(self, account: Account) -> Limits:
        """Return what is known without asking; pure. `validate` judges by these."""
        ...

    async def probe(self, account: Account, secrets: Secrets) -> Limits:
        """Ask the server once what it takes now. Raises PublishError, effect none."""
        ...

    def exceeds(self, account: Account, item: ContentItem, limits: Limits) -> Sequence[str]:
        """Return what of the item, as it would be sent, goes beyond the limits, one sentence each; pure."""
        ...


@runtime_checkable
class Preparer(Protocol):
    """Role PREPARE: something must be there before the post, such as its images."""

    async def prepare(self, post: Post, secrets: Secrets) -> Post:
        """Return the post with `prepared` filled. Nothing that people see; may be repeated without harm.

        Raises PublishError, effect none.
        """
        ...


@runtime_checkable
class Checker(Protocol):
    """Role CHECK: the platform accepts a post and works on it before people see it."""

    async def check(self, post: Post, native_id: str, secrets: Secrets) -> Published | Accepted | None:
        """Look how far an accepted post is; None when the platform threw it away. Raises PublishError, effect none."""
        ...


@runtime_checkable
class Refresher(Protocol):
    """Role REFRESH: the account's secrets are exchanged for a credential that expires.

    The engine calls it for one account at a time, keeps what it returns before anybody uses it, and gives it to every
    other call as part of `secrets`. It calls again when the credential expires, or was refused as `credential`.
    """

    async def refresh(self, account: Account, secrets: Secrets, kept: Credential | None) -> Credential:
        """Return a new credential. A value left out or empty stays as it was kept. Raises PublishError, effect none."""
        ...


@runtime_checkable
class Meter(Protocol):
    """Role METRICS: it shows numbers of posts and accounts."""

    post_metrics: Sequence[str]
    account_metrics: Sequence[str]

    async def measure(self, account: Account, post: Published | None, secrets: Secrets) -> Measured:
        """Read the numbers of a post, or without one those of the account. Raises PublishError, effect none."""
        ...


@runtime_checkable
class Historian(Protocol):
    """Role HISTORY: it shows what was posted through the account, by whomever."""

    async def history(self, account: Account, newest: int, secrets: Secrets) -> Sequence[Activity]:
        """Return the newest posts of the account, newest first. Raises PublishError, effect none."""
        ...


PROTOCOLS: dict[Role, type] = {
    Role.LIMITS: Limited,
    Role.PREPARE: Preparer,
    Role.CHECK: Checker,
    Role.REFRESH: Refresher,
    Role.METRICS: Meter,
    Role.HISTORY: Historian,
}


def limited(platform: Platform) -> Limited | None:
    """Return the platform as one that says its limits, or None when it does not have this role."""
    return platform if _has(platform, Role.LIMITS) and isinstance(platform, Limited) else None


def preparer(platform: Platform) -> Preparer | None:
    """Return the platform as one that prepares posts, or None when it does not have this role."""
    return platform if _has(platform, Role.PREPARE) and isinstance(platform, Preparer) else None


def checker(platform: Platform) -> Checker | None:
    """Return the platform as one that accepts posts first, or None when it does not have this role."""
    return platform if _has(platform, Role.CHECK) and isinstance(platform, Checker) else None


def refresher(platform: Platform) -> Refresher | None:
    """Return the platform as one whose credentials expire, or None when it does not have this role."""
    return platform if _has(platform, Role.REFRESH) and isinstance(platform, Refresher) else None


def meter(platform: Platform) -> Meter | None:
    """Return the platform as one that shows numbers, or None when it does not have this role."""
    return platform if _has(platform, Role.METRICS) and isinstance(platform, Meter) else None


def historian(platform: Platform) -> Historian | None:
    """Return the platform as one that shows what was posted, or None when it does not have this role."""
    return platform if _has(platform, Role.HISTORY) and isinstance(platform, Historian) else None


def _has(platform: Platform, role: Role) -> bool:
    return role in platform.capabilities.roles
