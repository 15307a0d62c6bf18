"""One account's server: what is asked of it and what it answers, in the shapes of Mastodon's interface."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import Field

from adapters.accounts import Past, title_of
from adapters.api import Answer, Api, Seen
from adapters.media import read_image
from adapters.platforms.mastodon.text import text_of
from engine.domain.base import Instant
from engine.domain.items import Image
from engine.domain.likeness import sketch
from engine.domain.ports import Published
from engine.domain.records import Activity
from engine.domain.roles import Limits, Unit

# What Mastodon takes unless a server says otherwise.
LIMITS = Limits(unit=Unit.GRAPHEMES, text=500, link=23, images=4, image_bytes=16 << 20, alt=1500)
_PAGE = 40
_MOST_PAGES = 5
POST_NUMBERS = ("likes", "reposts", "replies", "quotes")
_NOT_FOUND = 404
_ACCEPTED = 202
_STILL_WORKING = 206
_OURS = re.compile(r"(?P<major>\d+)\.\d+")
_FIRST_PROVEN = 4
_UPLOAD_TYPE = "application/octet-stream"


class Status(Seen):
    """A post. Counts that a server does not tell are None."""

    id: str
    created_at: Instant
    url: str | None = None
    uri: str = ""
    content: str = ""
    in_reply_to_id: str | None = None
    reblog: dict[str, Any] | None = None
    favourites_count: int | None = None
    reblogs_count: int | None = None
    replies_count: int | None = None
    quotes_count: int | None = None

    @property
    def at(self) -> datetime:
        """Return when it was posted."""
        return self.created_at

    @property
    def published(self) -> Published:
        """Return the post as the engine knows it."""
        return Published(at=self.created_at, url=self.url or self.uri or None, native_id=self.id)

    @property
    def activity(self) -> Activity:
        """Return the post as something that happened."""
        text = text_of(self.content)
        ref = self.url or self.uri or self.id
        return Activity(at=self.created_at, ref=ref, title=title_of(text), sketch=sketch(text))

    @property
    def numbers(self) -> dict[str, float | None]:
        """Return what people did with the post."""
        counts = (self.favourites_count, self.reblogs_count, self.replies_count, self.quotes_count)
        return dict(zip(POST_NUMBERS, counts, strict=True))


class Person(Seen):
    """An account."""

    id: str
    followers_count: int | None = None
    following_count: int | None = None
    statuses_count: int | None = None

    @property
    def numbers(self) -> dict[str, float | None]:
        """Return the account's numbers."""
        return {
            "followers": self.followers_count,
            "follows": self.following_count,
            "posts": self.statuses_count,
        }


class _Media(Seen):
    id: str


class _StatusLimits(Seen):
    max_characters: int | None = None
    max_media_attachments: int | None = None
    characters_reserved_per_url: int | None = None


class _MediaLimits(Seen):
    supported_mime_types: tuple[str, ...] = ()
    image_size_limit: int | None = None
    description_limit: int | None = None


class _Configuration(Seen):
    statuses: _StatusLimits = _StatusLimits()
    media_attachments: _MediaLimits = _MediaLimits()


class Instance(Seen):
    """What a server says about itself."""

    version: str = ""
    configuration: _Configuration = Field(default=_Configuration())

    @property
    def is_mastodon(self) -> bool:
        """Tell whether this is Mastodon 4 or a fork of it, not a server that is only compatible with it."""
        found = _OURS.match(self.version)
        return bool(
            found and int(found["major"]) >= _FIRST_PROVEN and "compatible" not in self.version.lower()
        )

    @property
    def limits(self) -> Limits:
        """Return its limits, Mastodon's own where it does not say."""
        statuses, media = self.configuration.statuses, self.configuration.media_attachments
        said = {
            "text": statuses.max_characters,
            "link": statuses.characters_reserved_per_url,
            "images": statuses.max_media_attachments,
            "image_bytes": media.image_size_limit,
            "image_types": tuple(kind for kind in media.supported_mime_types if kind.startswith("image/")),
            "alt": media.description_limit,
        }
        return LIMITS.model_copy(update={name: value for name, value in said.items() if value})


class Upload(NamedTuple):
    """An uploaded image, and whether the server is done with it."""

    id: str
    ready: bool


class _Mention(Seen):
    """A notification that somebody mentioned the account; without `status` it is gone."""

    id: str
    created_at: Instant
    status: Status | None = None


class MastodonServer:
    """Every method is one request or a bounded number of reads, and raises PublishError when that fails."""

    def __init__(self, api: Api, token: str) -> None:
        self._api = api
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def instance(self) -> Instance:
        """Return what the server says about itself; an empty one where it does not know the question."""
        answer = await self._get("/api/v2/instance", accept={_NOT_FOUND})
        return Instance() if answer.status == _NOT_FOUND else answer.read(Instance)

    async def me(self) -> Person:
        """Return the account of the token."""
        return (await self._get("/api/v1/accounts/verify_credentials")).read(Person)

    async def person(self, name: str) -> Person:
        """Return an account of the server by its name."""
        return (await self._get("/api/v1/accounts/lookup", {"acct": name})).read(Person)

    async def status(self, identity: str) -> Status | None:
        """Return a post, or None when it is not there."""
        answer = await self._get(f"/api/v1/statuses/{identity}", accept={_NOT_FOUND})
        return None if answer.status == _NOT_FOUND else answer.read(Status)

    async def past(self, person: str, since: datetime, *, replies: bool = True) -> Past[Status]:
        """Return an account's own posts since then, without what it boosted; 200 at most."""
        query = {"limit": str(_PAGE), "exclude_reblogs": "true", "exclude_replies": str(not replies).lower()}
        found = dict[str, Status]()
        for _ in range(_MOST_PAGES):
            page = (await self._get(f"/api/v1/accounts/{person}/statuses", query)).read_list(Status)
            fresh = (each for each in page if each.created_at >= since and each.reblog is None)
            found.update((status.id, status) for status in fresh)
            if not page or page[-1].created_at < since:
                return Past(tuple(found.values()), whole=True)
            query["max_id"] = page[-1].id
        return Past(tuple(found.values()), whole=False)

    async def open_replies(self, person: str, since: datetime) -> float | None:
        """Return how many posts since then that mention the account it has not replied to.

        Of several in a row the last one counts. None when that cannot be told: there is no token of
        this account, or there is more than is read.
        """
        if not self._headers or (await self.me()).id != person:
            return None
        mentions, past = await self._mentions(since), await self.past(person, since)
        if not (mentions.whole and past.whole):
            return None
        answered = {status.in_reply_to_id for status in (*past.shown, *mentions.shown)}
        return float(sum(status.id not in answered for status in mentions.shown))

    async def _mentions(self, since: datetime) -> Past[Status]:
        query = {"limit": str(_PAGE), "types[]": "mention"}
        found = dict[str, Status]()
        for _ in range(_MOST_PAGES):
            page = (await self._get("/api/v1/notifications", query)).read_list(_Mention)
            fresh = (each.status for each in page if each.created_at >= since and each.status is not None)
            found.update((status.id, status) for status in fresh)
            if not page or page[-1].created_at < since:
                return Past(tuple(found.values()), whole=True)
            query["max_id"] = page[-1].id
        return Past(tuple(found.values()), whole=False)

    async def create(self, status: dict[str, Any], key: str) -> Status:
        """Post it, once. The server remembers the key for an hour and answers with the same post."""
        headers = {**self._headers, "Idempotency-Key": key}
        answer = await self._api.send("POST", "/api/v1/statuses", mutates=True, headers=headers, json=status)
        return answer.read(Status)

    async def upload(self, image: Image) -> Upload:
        """Upload an image with its words, which nobody sees yet."""
        content = await read_image(image)
        answer = await self._api.send(
            "POST",
            "/api/v2/media",
            mutates=False,
            headers=self._headers,
            files={"file": (_file_name(image), content, image.type or _UPLOAD_TYPE)},
            data={"description": image.alt} if image.alt else {},
        )
        return Upload(answer.read(_Media).id, ready=answer.status != _ACCEPTED)

    async def uploaded(self, identity: str) -> Upload | None:
        """Look how far an upload is; None when it is not there (any more)."""
        answer = await self._get(f"/api/v1/media/{identity}", accept={_NOT_FOUND})
        return (
            None if answer.status == _NOT_FOUND else Upload(identity, ready=answer.status != _STILL_WORKING)
        )

    async def _get(
        self, path: str, query: dict[str, str] | None = None, accept: set[int] | None = None
    ) -> Answer:
        return await self._api.send(
            "GET", path, mutates=False, accept=accept or set(), headers=self._headers, params=query
        )


def _file_name(image: Image) -> str:
    """Return a file name that says nothing about our machine."""
    return f"image.{image.type.rpartition('/')[2] or 'bin'}"
