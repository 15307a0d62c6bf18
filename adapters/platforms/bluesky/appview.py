"""The AppView: the server that counts likes and followers, and shows what an account has posted, by whatever means."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from adapters.accounts import Numbers, Past, title_of
from adapters.api import Seen
from adapters.platforms.bluesky.records import web_address
from adapters.platforms.bluesky.xrpc import Xrpc, code_of, refusal
from engine.domain.base import to_utc
from engine.domain.likeness import sketch
from engine.domain.records import Activity

_MOST_PAGES, _PAGE = 10, 100
# Conversations that are looked into to count the replies that wait; of an account with more nobody can tell.
_MOST_THREADS, _DEPTH = 50, 10
_BAD_REQUEST = 400
# What we call a number, and what it is called there.
_ACCOUNT = {"followers": "followersCount", "follows": "followsCount", "posts": "postsCount"}
_POST = {"likes": "likeCount", "reposts": "repostCount", "replies": "replyCount", "quotes": "quoteCount"}
ACCOUNT_NUMBERS, POST_NUMBERS = tuple(_ACCOUNT), tuple(_POST)


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


class _Node(Seen):
    """A post in a conversation, with what was replied to it; without `post` one that is gone or hidden."""

    post: _PostView | None = None
    replies: list[_Node] | None = None


class _Thread(Seen):
    thread: _Node


@dataclass(frozen=True)
class Shown:
    """Something that the account did: when (UTC), its public link, its first words, for a post its numbers.

    `sketch` tells repetitions; `uri` is the post's own name, `parent` that of the post which it answers.
    """

    deed: Deed
    at: datetime
    url: str
    title: str
    numbers: Numbers
    sketch: str = ""
    uri: str = ""
    parent: str = ""

    @property
    def activity(self) -> Activity:
        """Return it as something that happened."""
        return Activity(at=self.at, ref=self.url, title=self.title, sketch=self.sketch)


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
    ) -> Past[Shown]:
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

    async def open_replies(self, actor: str, since: datetime) -> float | None:
        """Return how many replies to the account's posts since then it has not answered.

        None when that cannot be told: there is more than can be read, or a post does not say how often it was replied to.
        """
        past = await self.past(actor, (Deed.POST, Deed.REPLY), since=since)
        own = [each for each in past.shown if each.at >= since]
        answered = {each.parent for each in own}
        waiting, read, looks = set[str](), set[str](), 0
        # The oldest first: a conversation is read from its beginning, with all that we said in it.
        for post in reversed(own):
            replies = post.numbers["replies"]
            if not past.whole or replies is None or looks == _MOST_THREADS:
                return None
            if replies and post.uri not in read:
                looks += 1
                for parent, reply in await self._thread(post.uri):
                    read.add(parent)
                    if _did(parent) == _did(post.uri) != _did(reply):
                        waiting.add(reply)
        return float(len(waiting - answered)) if past.whole else None

    async def _thread(self, uri: str) -> list[tuple[str, str]]:
        """Return every reply beneath a post, as the names of what it answers and of itself."""
        asked = [("uri", uri), ("depth", str(_DEPTH)), ("parentHeight", "0")]
        answer = await self._xrpc.get("app.bsky.feed.getPostThread", asked, accept={_BAD_REQUEST})
        if answer.status == _BAD_REQUEST:
            if code_of(answer) == "NotFound":
                return []
            raise refusal(answer)
        found, nodes = list[tuple[str, str]](), [answer.read(_Thread).thread]
        while nodes:
            node = nodes.pop()
            replies = [each for each in node.replies or () if each.post is not None]
            nodes += replies
            found += [(node.post.uri, each.post.uri) for each in replies if node.post and each.post]
        return found


def _did(uri: str) -> str:
    return uri.removeprefix("at://").partition("/")[0]


def _shown(entry: _Entry) -> Shown | None:
    """Return what an entry shows; None when it has no readable date."""
    post = entry.post
    words = str(post.record.get("text", ""))
    url, title, text = _link(post.uri), title_of(words), sketch(words)
    if entry.reason is not None and entry.reason.indexedAt is not None:
        at = _instant(entry.reason.indexedAt)
        return Shown(Deed.REPOST, at, f"{url}#{entry.reason.uri}", title, {}, text) if at else None
    at = _when(post)
    reply = post.record.get("reply")
    deed = Deed.REPLY if reply else Deed.POST
    parent = _parent(reply)
    return Shown(deed, at, url, title, _numbers(post), text, post.uri, parent) if at else None


def _parent(reply: Any) -> str:
    parent = reply.get("parent") if isinstance(reply, dict) else None
    return str(parent.get("uri", "")) if isinstance(parent, dict) else ""


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
