"""The platform `mastodon`: posts on Mastodon, and on servers that speak its interface."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, TypeVar

from adapters.api import Api
from adapters.http import url_problem
from adapters.keys import digest
from adapters.measures import exceeded
from adapters.platforms.mastodon.server import LIMITS, POST_NUMBERS, MastodonServer, Status
from adapters.platforms.mastodon.settings import MastodonSettings
from adapters.platforms.mastodon.text import countable, likeness, status_text, text_of
from adapters.settings import of_account, problems
from adapters.tools import Tools
from engine.domain.errors import Effect, PublishError, Trouble
from engine.domain.items import ContentItem, Image
from engine.domain.ports import Capabilities, Published, Role, Secrets
from engine.domain.publication import Post
from engine.domain.records import Activity
from engine.domain.roles import Limits, Measured
from engine.domain.workspace import Account

K = TypeVar("K")

# Clocks of servers differ; a post that bears an earlier time than this before its slot is another one.
_SKEW = timedelta(seconds=30)
_HISTORY = timedelta(days=365)
_MOST_REMEMBERED = 1000
_MEDIA_REST = timedelta(seconds=2)
_CLAIMED = re.compile(r"https?://(?P<host>[^/]+)/(?:@[^/]+|users/[^/]+/statuses|web/statuses)/(?P<id>\w+)")


class MastodonAdapter:
    """Posts with a key that Mastodon remembers for an hour; looks for a post by its text among the account's own."""

    kind = "mastodon"
    settings = MastodonSettings
    secrets = "`access_token`, with the rights read and write"
    # Where a look proves nothing (a server that is only compatible), `find` raises instead of telling an absence.
    capabilities = Capabilities(
        exact_find=True,
        settle=timedelta(seconds=3),
        timeout=timedelta(seconds=10),
        roles=frozenset({Role.LIMITS, Role.PREPARE, Role.METRICS, Role.HISTORY}),
    )
    post_metrics = POST_NUMBERS
    account_metrics = ("followers", "follows", "posts")

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        # Images that are uploaded and not yet attached, by account, post and image, so that a second try goes on.
        self._uploads: dict[tuple[str, str, str], str] = {}
        # Which post was which, by server and id: so that another slot with the same text is not taken for it.
        self._made: dict[tuple[str, str], str] = {}

    def validate(self, account: Account, item: ContentItem | None) -> Sequence[str]:
        """Return what is wrong, one sentence each; pure."""
        found = problems(MastodonSettings, account.settings)
        if "access_token" not in account.secrets:
            found.append(
                "The secret `access_token` is missing: a reference to a token with the rights read and write, such as "
                "env:MASTODON_TOKEN."
            )
        return found if item is None else [*found, *self.exceeds(account, item, LIMITS)]

    def limits(self, account: Account) -> Limits:  # noqa: ARG002 - they differ by server, which `probe` asks
        """Return Mastodon's own limits; a server may have others."""
        return LIMITS

    async def probe(self, account: Account, secrets: Secrets) -> Limits:
        """Ask the server for its limits. Raises PublishError, effect none."""
        return (await self._server(account, secrets).instance()).limits

    def exceeds(self, account: Account, item: ContentItem, limits: Limits) -> Sequence[str]:  # noqa: ARG002
        """Return what of the item the server would refuse, one sentence each; pure."""
        text, found = status_text(item), list[str]()
        if not text and not item.images:
            found.append(f"The item {item.id!r} has no title, text, link or image; there is nothing to post.")
        link = (item.link or "").strip()
        if link and (url_problem(link) or len(link.split()) > 1):
            found.append(
                f"The link of {item.id!r} {url_problem(link) or 'holds white space'}; write a whole web address."
            )
        return [*found, *exceeded(item, countable(text), limits)]

    async def prepare(self, post: Post, secrets: Secrets) -> Post:
        """Upload the images, which nobody sees before the post. Raises PublishError, effect none.

        While the server still works on one the error is transient, and the next call goes on with what is there.
        """
        server = self._server(post.account, secrets)
        media = [await self._upload(server, post, image) for image in post.item.images]
        return post.model_copy(update={"prepared": {"media": media}})

    async def publish(self, post: Post, secrets: Secrets) -> Published | None:
        """Post it once. Within an hour Mastodon answers the same key with the same post. Raises PublishError."""
        settings = of_account(MastodonSettings, post.account)
        if post.item.images and not post.prepared:
            raise PublishError(
                "The post has images and was not prepared; it would go out without them. This call posted nothing.",
                effect=Effect.NONE,
            )
        status: dict[str, Any] = {
            "status": status_text(post.item),
            "visibility": settings.visibility,
            "media_ids": post.prepared.get("media", []),
            **({"language": settings.language} if settings.language else {}),
        }
        made = await self._server(post.account, secrets).create(status, digest(post.key))
        for kept in [kept for kept in self._uploads if kept[1] == post.key]:
            del self._uploads[kept]
        return self._noted(post, made)

    async def find(self, post: Post, secrets: Secrets) -> Published | None:
        """Look for the post's text among what the account posted since the slot, or for a pasted link.

        None means: not there, on a server where that is certain. Raises PublishError, effect none, also where it is
        not certain.
        """
        server = self._server(post.account, secrets)
        if post.claimed_link:
            return await _claimed(server, post)
        past = await server.past((await server.me()).id, post.slot - _SKEW)
        wanted = likeness(status_text(post.item))
        for status in past.shown:
            others = (
                self._made.get((of_account(MastodonSettings, post.account).server, status.id), post.key)
                != post.key
            )
            if not others and likeness(text_of(status.content)) == wanted:
                return self._noted(post, status)
        if not past.whole:
            raise _uncertain(f"the newest {len(past.shown)} posts since its slot are not all")
        if past.shown and not (await server.instance()).is_mastodon:
            raise _uncertain(
                "the server is no Mastodon but only speaks its language, and may have changed the text"
            )
        return None

    async def measure(self, account: Account, post: Published | None, secrets: Secrets) -> Measured:
        """Read the numbers of a post, or of the account. Raises PublishError, effect none."""
        server = self._server(account, secrets)
        if post is None:
            values = (await server.me()).numbers
        else:
            status = await server.status(post.native_id) if post.native_id else None
            values = status.numbers if status else dict.fromkeys(self.post_metrics)
        return Measured(as_of=self._tools.clock.now(), values=values)

    async def history(self, account: Account, newest: int, secrets: Secrets) -> Sequence[Activity]:
        """Return the account's newest posts (no replies, no boosts) of the last year, newest first."""
        server = self._server(account, secrets)
        since = self._tools.clock.now() - _HISTORY
        past = await server.past((await server.me()).id, since, replies=False)
        return [status.activity for status in past.shown[:newest]]

    def _noted(self, post: Post, status: Status) -> Published:
        _remember(self._made, (of_account(MastodonSettings, post.account).server, status.id), post.key)
        return status.published

    async def _upload(self, server: MastodonServer, post: Post, image: Image) -> str:
        place = (post.account.name, post.key, f"{image.sha256 or image.file}/{image.alt}")
        known = self._uploads.get(place)
        upload = await server.uploaded(known) if known else None
        if upload is None:
            upload = await server.upload(image)
            _remember(self._uploads, place, upload.id)
        if not upload.ready:
            raise PublishError(
                "The server still works on an image; it is asked again. This call posted nothing.",
                effect=Effect.NONE,
                transient=True,
                trouble=Trouble.BROKEN,
                retry_after=_MEDIA_REST,
            )
        return upload.id

    def _server(self, account: Account, secrets: Secrets) -> MastodonServer:
        settings = of_account(MastodonSettings, account)
        api = Api(self._tools, "Mastodon", account, settings.server, secrets)
        return MastodonServer(api, secrets.get("access_token", "").strip())


def _remember(kept: dict[K, str], name: K, value: str) -> None:
    """Keep a value, and only the newest of all."""
    kept[name] = value
    while len(kept) > _MOST_REMEMBERED:
        del kept[next(iter(kept))]


def _uncertain(why: str) -> PublishError:
    return PublishError(
        f"The post was not found among the account's own, but {why}. Look at the account yourself.",
        effect=Effect.NONE,
    )


async def _claimed(server: MastodonServer, post: Post) -> Published | None:
    """Return the post behind a link that a person pasted; it must be on the account's server."""
    host = of_account(MastodonSettings, post.account).server.partition("://")[2]
    found = _CLAIMED.fullmatch((post.claimed_link or "").strip().partition("?")[0].rstrip("/"))
    if found is None or found["host"].lower() != host.lower():
        raise PublishError(
            f"The pasted link is not the address of a post at {host}. Paste the address of the post itself.",
            effect=Effect.NONE,
            trouble=Trouble.ABSENT,
        )
    status = await server.status(found["id"])
    return status.published if status else None
