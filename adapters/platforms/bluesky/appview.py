"""The AppView: the server that counts likes and followers, and shows what an account has posted, by whatever means."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from adapters.api import Seen
from adapters.platforms.bluesky.records import web_address
from adapters.platforms.bluesky.xrpc import Xrpc
from engine.domain.base import to_utc
from engine.domain.likeness import sketch
from engine.domain.records import Activity

_MOST_PAGES, _PAGE = 10, 100
_MOST_TITLE = 300
# What we call a number, and what it is called there.
_ACCOUNT = {"followers": "followersCount", "follows": "followsCount", "posts": "postsCount"}
_POST = {"likes": "likeCount", "reposts": "repostCount", "replies": "replyCount", "quotes": "quoteCount"}
ACCOUNT_NUMBERS, POST_NUMBERS = tuple(_ACCOUNT), tuple(_POST)
Numbers = dict[str, float | None]


class Deed(StrEnum):
    """What somebody does with an account: posts, replies (to others or in a thread), reposts of others."""

    POST = "posts"
    REPLY = "replies"
    REPOST = "reposts"


class _PostView(Seen):
    uri: str
    indexedAt: str  # noqa: N815 - the names of the protocol
    record: dict[str, Any] = {}
    likeCount: int | None = None  # noqa: N815
    repostCount: int | None = None  # noqa: N815
    replyCount: int | None = None  # noqa: N815
    quoteCount: int | None = None  # noqa: N815


class _Profile(Seen):
    did: str
    followersCount: int | None = None  # noqa: N815
    followsCount: int | None = None  # noqa: N815
    postsCount: int | None = None  # noqa: N815


class _Reason(Seen):
    uri: str = ""
    indexedAt: str | None = None  # noqa: N815


class _Entry(Seen):
    post: _PostView
    reason: _Reason | None = None


class _Feed(Seen):
    feed: list[_Entry]
    cursor: str | None = None


class _Posts(Seen):
    posts: list[_PostView]


@dataclass(frozen=True)
class Shown:
    """Something that the account did: when (UTC), its public link, its first words, for a post its numbers; `sketch` tells repetitions."""

    deed: Deed
    at: datetime
    url: str
    title: str
    numbers: Numbers
    sketch: str = ""

    def activity(self) -> Activity:
        """Return it as something that happened."""
        return Activity(at=self.at, ref=self.url, title=self.title, sketch=self.sketch)


@dataclass(frozen=True)
class Past:
    """What the account did, newest first. `whole`: nothing since the asked instant is missing."""

    shown: tuple[Shown, ...]
    whole: bool


class AppView:
    """Reads what everybody may see; every method raises PublishError, effect none."""

    def __init__(self, xrpc: Xrpc) -> None:
        self._xrpc = xrpc

    async def account(self, actor: str) -> Numbers:
        """Return the account's numbers; None for one that is not told."""
        answer = await self._xrpc.get("app.bsky.actor.getProfile", [("actor", actor)])
        profile = answer.read(_Profile)
        return {name: getattr(profile, field) for name, field in _ACCOUNT.items()}

    async def post(self, uri: str) -> Numbers:
        """Return the numbers of a post; all None when it is not (yet or any more) known."""
        answer = await self._xrpc.get("app.bsky.feed.getPosts", [("uris", uri)])
        found = [post for post in answer.read(_Posts).posts if post.uri == uri]
        return _numbers(found[0]) if found else dict.fromkeys(_POST)

    async def past(
        self, actor: str, deeds: Collection[str], *, newest: int = 0, since: datetime | None = None
    ) -> Past:
        """Return what the account did: at least its `newest` deeds and all `since` then, out of a thousand entries."""
        kind = "posts_with_replies" if Deed.REPLY in deeds else "posts_no_replies"
        found: dict[str, Shown] = {}
        whole, cursor = since is None, ""
        for _ in range(_MOST_PAGES):
            params = [("actor", actor), ("filter", kind), ("limit", str(_PAGE))]
            params += [("cursor", cursor)] if cursor else []
            page = (await self._xrpc.get("app.bsky.feed.getAuthorFeed", params)).read(_Feed)
            shown = [each for each in map(_shown, page.feed) if each is not None]
            found.update((each.url, each) for each in shown if each.deed in deeds)
            cursor = page.cursor or ""
            ended = not cursor or not page.feed
            whole = whole or ended or (since is not None and any(each.at < since for each in shown))
            if ended or (whole and len(found) >= newest):
                break
        return Past(tuple(sorted(found.values(), key=lambda each: each.at, reverse=True)), whole)


def _shown(entry: _Entry) -> Shown | None:
    """Return what an entry shows; None when it has no readable date."""
    post = entry.post
    url, title = _link(post.uri), _title(post.record)
    text = sketch(str(post.record.get("text", "")))
    if entry.reason is not None and entry.reason.indexedAt is not None:
        at = _instant(entry.reason.indexedAt)
        return Shown(Deed.REPOST, at, f"{url}#{entry.reason.uri}", title, {}, text) if at else None
    at = _when(post)
    deed = Deed.REPLY if post.record.get("reply") else Deed.POST
    return Shown(deed, at, url, title, _numbers(post), text) if at else None


def _numbers(post: _PostView) -> Numbers:
    return {name: getattr(post, field) for name, field in _POST.items()}


def _when(post: _PostView) -> datetime | None:
    """Return the earlier of when a post says it was written and when it was seen first, which is how they are sorted.

    Texts brought along from elsewhere keep their old date; a date in the future counts for nothing.
    """
    dates = [_instant(post.indexedAt), _instant(post.record.get("createdAt"))]
    return min((at for at in dates if at is not None), default=None)


def _instant(value: object) -> datetime | None:
    try:
        return to_utc(datetime.fromisoformat(str(value)))
    except (ValueError, OverflowError):
        return None


def _link(uri: str) -> str:
    did, _, rest = uri.removeprefix("at://").partition("/")
    return web_address(did, rest.rpartition("/")[2])


def _title(record: dict[str, Any]) -> str:
    return " ".join(str(record.get("text", "")).split())[:_MOST_TITLE]
