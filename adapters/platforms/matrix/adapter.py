"""The platform `matrix`: messages into a room, each of which carries the key of its post."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import unquote

from adapters.api import Api
from adapters.platforms.matrix.messages import MOST_BYTES, Room, encryption_refused, text_of, weight
from adapters.platforms.matrix.settings import MatrixSettings
from adapters.settings import of_account, problems
from adapters.tools import Tools
from engine.domain.errors import Effect, PublishError, Trouble
from engine.domain.items import ContentItem
from engine.domain.ports import Capabilities, Published, Role, Secrets
from engine.domain.publication import Post
from engine.domain.records import Activity
from engine.domain.roles import Measured
from engine.domain.workspace import Account

# Clocks of servers differ; the key tells our message from every other, so this may be wide.
_SKEW = timedelta(hours=1)
_HISTORY = timedelta(days=365)
_CLAIMED = re.compile(r"https://matrix\.to/#/(?P<room>![^/?]+)/(?P<event>\$[^/?]+)")


class MatrixAdapter:
    """Says things in a room. The same transaction of the same token is one message; the key in it finds it again."""

    kind = "matrix"
    settings = MatrixSettings
    secrets = "`access_token`, of an account that is in the room"
    capabilities = Capabilities(
        exact_find=True,
        idempotent=True,
        settle=timedelta(seconds=1),
        timeout=timedelta(seconds=38),
        roles=frozenset({Role.PREPARE, Role.METRICS, Role.HISTORY}),
    )
    post_metrics = ()
    account_metrics = ("members",)

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def validate(self, account: Account, item: ContentItem | None) -> Sequence[str]:
        """Return what is wrong, one sentence each; pure."""
        found = problems(MatrixSettings, account.settings)
        if "access_token" not in account.secrets:
            found.append(
                "The secret `access_token` is missing: a reference to a token of the account, such as env:MATRIX_TOKEN."
            )
        return found if item is None else [*found, *_item_problems(item)]

    async def prepare(self, post: Post, secrets: Secrets) -> Post:
        """See that the room is not encrypted. Raises PublishError, effect none."""
        if await self._room(post.account, secrets).encrypted():
            raise encryption_refused(of_account(MatrixSettings, post.account).room)
        return post

    async def publish(self, post: Post, secrets: Secrets) -> Published | None:
        """Say it once. The same post again is the same message. Raises PublishError.

        When it was said is read from the server afterwards. Where that fails the effect is `done`: a look tells the rest.
        """
        room = self._room(post.account, secrets)
        identity = await room.send(post)
        try:
            event = await room.event(identity)
        except PublishError as error:
            raise _said(str(error), error) from None
        if event is None:
            raise _said("The homeserver does not show it (yet).")
        return room.published(event)

    async def find(self, post: Post, secrets: Secrets) -> Published | None:
        """Look for the message with the post's key, or for a pasted link. Raises PublishError, effect none."""
        room = self._room(post.account, secrets)
        if post.claimed_link:
            event = await room.event(_claimed(post))
            return room.published(event) if event else None
        past = await room.past(post.slot - _SKEW)
        for event in past.shown:
            if event.key() == post.key:
                return room.published(event)
        if not past.whole:
            raise PublishError(
                f"The post is not among the newest {len(past.shown)} messages of the account in the room, and there are "
                "more since its slot. Look there yourself.",
                effect=Effect.NONE,
            )
        return None

    async def measure(self, account: Account, post: Published | None, secrets: Secrets) -> Measured:
        """Read how many are in the room; a message has no numbers. Raises PublishError, effect none."""
        room = self._room(account, secrets)
        values: dict[str, float | None] = {} if post else {"members": await room.members()}
        return Measured(as_of=self._tools.clock.now(), values=values)

    async def history(self, account: Account, newest: int, secrets: Secrets) -> Sequence[Activity]:
        """Return what the account said in the room in the last year, newest first. Raises PublishError."""
        room = self._room(account, secrets)
        past = await room.past(self._tools.clock.now() - _HISTORY, newest)
        return [room.activity(event) for event in past.shown[:newest]]

    def _room(self, account: Account, secrets: Secrets) -> Room:
        settings = of_account(MatrixSettings, account)
        api = Api(self._tools, "Matrix", account, settings.homeserver, secrets)
        return Room(api, settings, secrets.get("access_token", "").strip())


def _said(why: str, cause: PublishError | None = None) -> PublishError:
    return PublishError(
        f"The message was said, but when is not known: {why}",
        effect=Effect.DONE,
        transient=True,
        trouble=cause.trouble if cause else Trouble.BROKEN,
        retry_after=cause.retry_after if cause else None,
        raw=cause.raw if cause else "",
    )


def _item_problems(item: ContentItem) -> list[str]:
    found = []
    if not text_of(item):
        found.append(f"The item {item.id!r} has no title, body or link; there is nothing to say.")
    if item.images:
        found.append(
            f"The item {item.id!r} has images, which are not sent here; give this channel a variant without."
        )
    heavy = weight(item)
    if heavy > MOST_BYTES:
        found.append(
            f"The text of {item.id!r} takes {heavy:,} bytes as text and HTML, and {MOST_BYTES:,} are taken; shorten it."
        )
    return found


def _claimed(post: Post) -> str:
    """Return the event in the link that a person pasted; it must be in the account's room."""
    found = _CLAIMED.fullmatch(unquote((post.claimed_link or "").strip()).partition("?")[0])
    if found is None or found["room"] != of_account(MatrixSettings, post.account).room:
        raise PublishError(
            "The pasted link is not the address of a message in the account's room. Paste what *Share* gives for the "
            "message, https://matrix.to/#/!…/$….",
            effect=Effect.NONE,
            trouble=Trouble.ABSENT,
        )
    return found["event"]
