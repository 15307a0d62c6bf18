"""What is sent into a room, and the room as it is read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from pydantic import Field

from adapters.accounts import Past, title_of
from adapters.api import Answer, Api, Seen
from adapters.keys import digest
from adapters.markup import html_of
from adapters.platforms.matrix.settings import MatrixSettings
from engine.domain.base import to_utc
from engine.domain.errors import Effect, PublishError, Trouble
from engine.domain.items import ContentItem
from engine.domain.likeness import sketch
from engine.domain.ports import Published
from engine.domain.publication import Post
from engine.domain.records import Activity

# Where a message carries the post's key, so that it is found again whatever its text.
KEY = "drumbeat.key"
MESSAGE = "m.room.message"
# An event has 65,536 bytes in all; the server adds its own parts.
MOST_BYTES = 60_000
_PAGE = 100
_MOST_PAGES = 20
_NOT_FOUND = 404


class Event(Seen):
    """An event of a room."""

    event_id: str
    origin_server_ts: int
    sender: str = ""
    type: str = ""
    content: dict[str, Any] = {}

    @property
    def at(self) -> datetime:
        """Return when the server took it."""
        try:
            return to_utc(datetime.fromtimestamp(self.origin_server_ts / 1000, UTC))
        except (ValueError, OverflowError, OSError):
            return datetime.fromtimestamp(0, UTC)

    def key(self) -> object:
        """Return the key that the message carries."""
        return self.content.get(KEY)


class _Sent(Seen):
    event_id: str


class _Page(Seen):
    chunk: list[Event]
    end: str | None = None


class _Me(Seen):
    user_id: str


class _Encryption(Seen):
    algorithm: str


class _Members(Seen):
    joined: dict[str, Any] = Field(default_factory=dict)


def text_of(item: ContentItem) -> str:
    """Return the text as it is sent, in Markdown: title, body and link, each once."""
    title, body, link = item.title.strip(), item.body.strip(), (item.link or "").strip()
    heading = f"**{title}**" if title and body else title
    return "\n\n".join(part for part in (heading, body, "" if link in body else f"<{link}>") if part)


def content_of(item: ContentItem, key: str, *, notice: bool) -> dict[str, str]:
    """Return the content of the message: as text, as HTML, and with the post's key."""
    text = text_of(item)
    return {
        "msgtype": "m.notice" if notice else "m.text",
        "body": text,
        "format": "org.matrix.custom.html",
        "formatted_body": html_of(text),
        KEY: key,
    }


def weight(item: ContentItem) -> int:
    """Return how many bytes the message takes on the wire."""
    return len(
        json.dumps(content_of(item, "k" * 200, notice=True), ensure_ascii=False).encode(errors="replace")
    )


class Room:
    """One room, for one account. Every method is one request, or a bounded number of reads. Raises PublishError."""

    def __init__(self, api: Api, settings: MatrixSettings, token: str) -> None:
        self._api, self._settings = api, settings
        self._headers = {"Authorization": f"Bearer {token}"}
        self._path = f"/_matrix/client/v3/rooms/{quote(settings.room, safe='')}"

    async def send(self, post: Post) -> str:
        """Say it, once, and return the event's id: the same for the same transaction of the same token."""
        content = content_of(post.item, post.key, notice=self._settings.notice)
        answer = await self._api.send(
            "PUT",
            f"{self._path}/send/{MESSAGE}/{digest(post.key)}",
            mutates=True,
            headers=self._headers,
            json=content,
        )
        return answer.read(_Sent).event_id

    async def event(self, identity: str) -> Event | None:
        """Return an event of the room, or None when it is not there."""
        answer = await self._get(f"{self._path}/event/{quote(identity, safe='')}", accept={_NOT_FOUND})
        return None if answer.status == _NOT_FOUND else answer.read(Event)

    async def encrypted(self) -> bool:
        """Tell whether what is said here must be encrypted."""
        answer = await self._get(f"{self._path}/state/m.room.encryption", accept={_NOT_FOUND})
        return answer.status != _NOT_FOUND and bool(answer.read(_Encryption).algorithm)

    async def members(self) -> int:
        """Return how many people are in the room."""
        return len((await self._get(f"{self._path}/joined_members")).read(_Members).joined)

    async def me(self) -> str:
        """Return whose token it is."""
        return (await self._get("/_matrix/client/v3/account/whoami")).read(_Me).user_id

    async def past(self, since: datetime, newest: int | None = None) -> Past[Event]:
        """Return our own messages since then, 2,000 at most, or until the newest so many are found."""
        mine = json.dumps({"types": [MESSAGE], "senders": [await self.me()]})
        query = {"dir": "b", "limit": str(_PAGE), "filter": mine}
        found = dict[str, Event]()
        for _ in range(_MOST_PAGES):
            page = (await self._get(f"{self._path}/messages", query)).read(_Page)
            found.update((event.event_id, event) for event in page.chunk if event.at >= since)
            passed = any(event.at < since for event in page.chunk)
            if passed or not page.end or (newest is not None and len(found) >= newest):
                return Past(tuple(found.values()), whole=True)
            query["from"] = page.end
        return Past(tuple(found.values()), whole=False)

    def published(self, event: Event) -> Published:
        """Return an event as the engine knows it."""
        link = (
            f"https://matrix.to/#/{quote(self._settings.room, safe='!:')}/{quote(event.event_id, safe='$:')}"
        )
        return Published(at=event.at, url=link, native_id=event.event_id)

    def activity(self, event: Event) -> Activity:
        """Return an event as something that happened."""
        text = str(event.content.get("body", ""))
        return Activity(
            at=event.at, ref=str(self.published(event).url), title=title_of(text), sketch=sketch(text)
        )

    async def _get(
        self, path: str, query: dict[str, str] | None = None, accept: set[int] | None = None
    ) -> Answer:
        return await self._api.send(
            "GET", path, mutates=False, accept=accept or set(), headers=self._headers, params=query
        )


def encryption_refused(room: str) -> PublishError:
    """Return the error for a room in which we would be the only one to speak in the open."""
    return PublishError(
        f"The room {room} is encrypted, and Drumbeat does not encrypt. Nothing was posted. "
        "Give the account a room without encryption.",
        effect=Effect.NONE,
        trouble=Trouble.FORBIDDEN,
    )
