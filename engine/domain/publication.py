"""Publishing once: the identity of a post, what is asked of a platform, and what came of it."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import Field, JsonValue

from engine.domain.base import Duration, Instant, Model
from engine.domain.channel import Channel
from engine.domain.items import ContentItem
from engine.domain.strategy import ActivityKind
from engine.domain.workspace import Account


class PublishStatus(StrEnum):
    """What came of one publish or find call.

    published  it is there, once
    asked      the platform is a person: a task must be opened
    refused    nothing happened and will not by repeating: the content or the account is wrong
    exhausted  nothing happened; the retries are used up
    maybe      it may have happened: look before anything else
    absent     looked, and it is provably not there: the same key may be sent again
    unsure     looked, and cannot tell: a person must
    """

    PUBLISHED = "published"
    ASKED = "asked"
    REFUSED = "refused"
    EXHAUSTED = "exhausted"
    MAYBE = "maybe"
    ABSENT = "absent"
    UNSURE = "unsure"


class PostState(StrEnum):
    """How far a post is, as rules see it.

    planned     its slot is to come
    publishing  it is being sent, or looked for after a doubtful call
    asked       a person is to post it, or to decide whether it is posted
    doubtful    it may or may not be there; a person must look
    failed      the platform refused it; a person decides
    published   it is there
    """

    PLANNED = "planned"
    PUBLISHING = "publishing"
    ASKED = "asked"
    DOUBTFUL = "doubtful"
    FAILED = "failed"
    PUBLISHED = "published"


class Post(Model):
    """One post for one slot: what a platform adapter is given.

    `key` is the idempotency key: strategy, action, slot in UTC and content revision; never a run or an attempt.
    `claimed_link` is the link that a person pasted, to be verified by `find`. `prepared` is what `prepare` left for
    `publish`, such as the ids of uploaded images; it lives within one activity and is never part of the history.
    """

    key: str
    strategy: str
    action: str
    kind: ActivityKind
    slot: Instant
    channel: Channel
    account: Account
    item: ContentItem
    claimed_link: str | None = None
    prepared: dict[str, JsonValue] = Field(default_factory=dict, exclude=True)


class PublishOutcome(Model):
    """The answer of the publish and find activities.

    `settle` is how long to wait before a doubt is looked into, `since` the instant (UTC) from which that counts: a strategy
    whose worker was killed may hear of the doubt seconds later. Without it the wait counts from when it hears.
    `under_way_until` is the instant (UTC) until which another worker may still be at its call: to look sooner, and to send
    again, does no harm on such a platform, but an absence before then is not the last word.
    """

    status: PublishStatus
    at: Instant | None = None
    url: str | None = None
    native_id: str | None = None
    message: str = ""
    settle: Duration = timedelta(0)
    since: Instant | None = None
    under_way_until: Instant | None = None


def post_name(action: str, item: str) -> str:
    """Return how rules call a post: by its action and the id of its item."""
    return f"{action}.{item}"


def content_revision(item: ContentItem) -> str:
    """Return the first ten hex digits of the content's sha256: a changed body or image is another revision."""
    images = (part for image in item.images for part in (image.sha256, image.alt))
    text = "\x1f".join((item.id, item.title, item.body, item.link or "", *images))
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def slot_key(strategy: str, action: str, slot: datetime, item: ContentItem) -> str:
    """Return the idempotency key of a post: `strategy/action/20260105T080000Z/revision`."""
    return f"{strategy}/{action}/{slot:%Y%m%dT%H%M%SZ}/{content_revision(item)}"
