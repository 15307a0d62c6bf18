"""The platform `bluesky`: posts and threads in an account's repository on a server of the AT Protocol."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from adapters.api import Seen
from adapters.platforms.bluesky.appview import ACCOUNT_NUMBERS, POST_NUMBERS, AppView, Deed
from adapters.platforms.bluesky.judging import LIMITS, account_problems, item_problems
from adapters.platforms.bluesky.records import handles_of, place_of, records_of
from adapters.platforms.bluesky.repository import Repository
from adapters.platforms.bluesky.session import logged_in, renewed, session_of
from adapters.platforms.bluesky.settings import BlueskySettings
from adapters.platforms.bluesky.tid import record_key
from adapters.platforms.bluesky.xrpc import Xrpc
from adapters.settings import of_account
from adapters.tools import Tools
from engine.domain.errors import Effect, PublishError, Trouble
from engine.domain.items import ContentItem
from engine.domain.ports import Capabilities, Published, Role, Secrets
from engine.domain.publication import Post
from engine.domain.records import Activity
from engine.domain.roles import Limits, Measured
from engine.domain.storage import Credential
from engine.domain.workspace import Account


class _Described(Seen):
    did: str


class BlueskyAdapter:
    """Publishes records whose keys follow from the post's key, so the server itself refuses to have one twice."""

    kind = "bluesky"
    settings = BlueskySettings
    secrets = "`app_password`, an app password of the account"
    capabilities = Capabilities(
        exact_find=True,
        idempotent=True,
        settle=timedelta(seconds=1),
        roles=frozenset({Role.LIMITS, Role.PREPARE, Role.REFRESH, Role.METRICS, Role.HISTORY}),
    )
    post_metrics = POST_NUMBERS
    account_metrics = ACCOUNT_NUMBERS

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def validate(self, account: Account, item: ContentItem | None) -> Sequence[str]:
        """Return what is wrong, one sentence each; pure."""
        found = account_problems(account)
        return found if item is None else [*found, *item_problems(account, item, LIMITS)]

    def limits(self, account: Account) -> Limits:  # noqa: ARG002 - they are the network's
        """Return the network's limits, which are the same on every server."""
        return LIMITS

    async def probe(self, account: Account, secrets: Secrets) -> Limits:
        """Ask whether a server of the network is there; its limits are the network's. Raises PublishError."""
        xrpc = Xrpc(self._tools, account, of_account(BlueskySettings, account).service, secrets)
        (await xrpc.get("com.atproto.server.describeServer", [])).read(_Described)
        return LIMITS

    def exceeds(self, account: Account, item: ContentItem, limits: Limits) -> Sequence[str]:
        """Return what of the item goes beyond the limits, one sentence each; pure."""
        return item_problems(account, item, limits)

    async def refresh(self, account: Account, secrets: Secrets, kept: Credential | None) -> Credential:
        """Return a new session: the successor of the kept one, else one for the app password. Raises PublishError."""
        settings = of_account(BlueskySettings, account)
        hidden = {**secrets, **(kept.values if kept else {})}
        xrpc = Xrpc(self._tools, account, settings.service, hidden)
        successor = await renewed(xrpc, kept) if kept else None
        if successor is not None:
            return successor
        return await logged_in(xrpc, account, settings, secrets)

    async def prepare(self, post: Post, secrets: Secrets) -> Post:
        """Look up who is mentioned and upload the images; nobody sees either. Raises PublishError, effect none.

        A handle that the network does not know stays plain text.
        """
        settings, repository = (
            of_account(BlueskySettings, post.account),
            self._repository(post.account, secrets),
        )
        dids = {handle: await repository.did_of(handle) for handle in handles_of(post.item, settings)}
        images = [await repository.upload(image) for image in post.item.images]
        known = {handle: did for handle, did in dids.items() if did}
        return post.model_copy(update={"prepared": {"mentions": known, "images": images}})

    async def publish(self, post: Post, secrets: Secrets) -> Published | None:
        """Write the post's record, or all records of its thread in one call. What is there already stays as it is.

        Raises PublishError.
        """
        settings, repository = (
            of_account(BlueskySettings, post.account),
            self._repository(post.account, secrets),
        )
        if not post.prepared and (post.item.images or handles_of(post.item, settings)):
            raise PublishError(
                "The post has images or mentions and was not prepared; it would go out without them. "
                "Nothing was posted.",
                effect=Effect.NONE,
            )
        return await repository.create(records_of(post, settings, repository.did))

    async def find(self, post: Post, secrets: Secrets) -> Published | None:
        """Look for the record with the post's own key, or for the one behind a pasted link. Raises PublishError."""
        repository = self._repository(post.account, secrets)
        claimed = _claimed(post, repository.did) if post.claimed_link else ""
        return await repository.look(claimed or record_key(post.key, post.slot))

    async def measure(self, account: Account, post: Published | None, secrets: Secrets) -> Measured:
        """Read the numbers of a post or of the account from the AppView. Raises PublishError, effect none."""
        settings = of_account(BlueskySettings, account)
        view = self._view(account, settings, secrets)
        if post is None:
            values = await view.account(settings.handle)
        else:
            values = await view.post(post.native_id) if post.native_id else dict.fromkeys(POST_NUMBERS)
        return Measured(as_of=self._tools.clock.now(), values=values)

    async def history(self, account: Account, newest: int, secrets: Secrets) -> Sequence[Activity]:
        """Return the account's newest posts (no replies, no reposts) from the AppView. Raises PublishError."""
        settings = of_account(BlueskySettings, account)
        past = await self._view(account, settings, secrets).past(settings.handle, {Deed.POST}, newest=newest)
        return [each.activity for each in past.shown[:newest]]

    def _repository(self, account: Account, secrets: Secrets) -> Repository:
        session = session_of(account, secrets)
        return Repository(Xrpc(self._tools, account, session.server, secrets), session)

    def _view(self, account: Account, settings: BlueskySettings, secrets: Secrets) -> AppView:
        return AppView(Xrpc(self._tools, account, settings.appview, secrets))


def _claimed(post: Post, did: str) -> str:
    """Return the record key in the link that a person pasted; it must be of a post of this account."""
    handle = of_account(BlueskySettings, post.account).handle
    found = place_of(post.claimed_link or "")
    if found is None or found.who not in {did, handle}:
        raise PublishError(
            f"The pasted link is not the address of a post of {handle} on Bluesky. "
            "Paste the address of the post itself.",
            effect=Effect.NONE,
            trouble=Trouble.ABSENT,
        )
    return found.rkey
