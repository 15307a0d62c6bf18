"""What is written into the account's repository: the records of a post, or of all posts of a thread."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

from adapters.platforms.bluesky.cid import record_cid
from adapters.platforms.bluesky.settings import BlueskySettings
from adapters.platforms.bluesky.text import RichText, plain, rich_text
from adapters.platforms.bluesky.thread import fits, split
from adapters.platforms.bluesky.tid import record_key
from engine.domain.items import ContentItem
from engine.domain.publication import Post

COLLECTION = "app.bsky.feed.post"
WEB = "https://bsky.app"
_PLACE = re.compile(
    r"(?:at://|https?://[^/]+/profile/)(?P<who>[^/]+)/(?:post|app\.bsky\.feed\.post)/(?P<rkey>[\w.~:-]+)"
)


class Place(NamedTuple):
    """Where a post is: whose it is, by handle or DID, and its record key."""

    who: str
    rkey: str


@dataclass(frozen=True)
class Record:
    """One record: its key in the collection, its content, and its own address."""

    rkey: str
    value: dict[str, Any]
    uri: str


def parts_of(item: ContentItem, settings: BlueskySettings) -> tuple[RichText, ...]:
    """Return the texts of the posts that the item becomes: one, or several where threads are wanted."""
    whole = rich_text(item.body if item.body.strip() else item.title)
    link = (item.link or "").strip()
    # A post shows its images or the card of a link, not both; so the address stands in the text.
    if link and item.images and all(span.to != link for span in whole.spans):
        whole = whole.ending_in(link)
    if settings.long_posts == "refuse" or fits(whole.text):
        return (whole,)
    return split(whole)


def tags_of(item: ContentItem) -> tuple[str, ...]:
    """Return the item's tags as Bluesky keeps them beside the text: one line each, without the sign, each once."""
    named = (" ".join(plain(tag).split()).lstrip("#\uff03") for tag in item.tags)
    return tuple(dict.fromkeys(tag for tag in named if tag))


def handles_of(item: ContentItem, settings: BlueskySettings) -> tuple[str, ...]:
    """Return the handles that the item mentions, each once."""
    return tuple(dict.fromkeys(handle for part in parts_of(item, settings) for handle in part.handles))


def records_of(post: Post, settings: BlueskySettings, did: str) -> tuple[Record, ...]:
    """Return the post's records, always the same ones for the same post: a thread's, each answering the one before.

    What was prepared: `mentions`, DIDs by handle, and `images`, the uploaded images as a record shows them.
    """
    mentions = cast("dict[str, str]", post.prepared.get("mentions", {}))
    images = cast("list[dict[str, Any]]", post.prepared.get("images", []))
    made: list[Record] = []
    for index, part in enumerate(parts_of(post.item, settings)):
        value: dict[str, Any] = {
            "$type": COLLECTION,
            "text": part.text,
            "createdAt": instant(post.slot),
            **_optional("facets", part.facets(mentions)),
            **_optional("langs", list(settings.languages)),
        }
        if made:
            value["reply"] = {"root": _reference(made[0]), "parent": _reference(made[-1])}
        else:
            value |= {**_optional("tags", list(tags_of(post.item))), **dict(_embed(post.item, images))}
        rkey = record_key(post.key, post.slot, index)
        made.append(Record(rkey, value, f"at://{did}/{COLLECTION}/{rkey}"))
    return tuple(made)


def instant(at: datetime) -> str:
    """Write an instant as the network does: `2026-01-05T08:00:00.000Z`."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"


def web_address(did: str, rkey: str) -> str:
    """Return where people read a post; by DID, because a handle may change."""
    return f"{WEB}/profile/{did}/post/{rkey}"


def place_of(link: str) -> Place | None:
    """Return the post that a link from an app, or an at:// address, leads to; None when it leads elsewhere."""
    found = _PLACE.fullmatch(link.strip().partition("?")[0].rstrip("/"))
    if found is None:
        return None
    who = found["who"]
    return Place(who if who.startswith("did:") else who.lower(), found["rkey"])


def uri_of(link: str) -> str | None:
    """Return the at:// address of the post that a link with a DID leads to."""
    place = place_of(link)
    if place is None or not place.who.startswith("did:"):
        return None
    return f"at://{place.who}/{COLLECTION}/{place.rkey}"


def _optional(name: str, value: list[Any]) -> dict[str, list[Any]]:
    return {name: value} if value else {}


def _reference(record: Record) -> dict[str, str]:
    return {"uri": record.uri, "cid": record_cid(record.value)}


def _embed(item: ContentItem, images: Sequence[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    link = (item.link or "").strip()
    if images:
        yield "embed", {"$type": "app.bsky.embed.images", "images": list(images)}
    elif link:
        card = {"uri": link, "title": _card_title(item, link), "description": ""}
        yield "embed", {"$type": "app.bsky.embed.external", "external": card}


def _card_title(item: ContentItem, link: str) -> str:
    return " ".join(plain(item.title).split()) or urlsplit(link).netloc
