"""The platform `site`: posts as Markdown files in a static site's folder, and an Atom feed beside them."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar

import structlog
from filelock import Timeout

from adapters.platforms.site.folder import PATIENCE, SiteFolder
from adapters.platforms.site.names import file_name
from adapters.platforms.site.page import Page, page_of, render
from adapters.platforms.site.settings import SiteSettings
from adapters.settings import of_account, problems
from adapters.tools import Tools
from engine.domain.errors import Effect, PublishError
from engine.domain.items import ContentItem
from engine.domain.ports import Capabilities, Published, Secrets
from engine.domain.publication import Post
from engine.domain.workspace import Account

T = TypeVar("T")

_MOST_CHARACTERS = 1_000_000
_PASSING = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EIO,
    errno.EBUSY,
    errno.EMFILE,
    errno.ENFILE,
    errno.EINTR,
    errno.ESTALE,
}
_MEANINGS = {
    errno.ENOENT: "is not there. Create it, or mend `folder` in the account.",
    errno.ENOTDIR: "is a file, not a folder. Mend `folder` in the account.",
    errno.ENOSPC: "lies on a full disk. Free some space.",
    errno.EDQUOT: "is over its quota. Free some space.",
    errno.EACCES: "may not be written by Drumbeat. Give its user the right to write there.",
    errno.EPERM: "may not be written by Drumbeat. Give its user the right to write there.",
    errno.EROFS: "is on a read-only disk. Mount it for writing.",
}

_log = structlog.get_logger(__name__)


class SiteAdapter:
    """Publishes into a static site. Looking for a post is exact, so a doubtful call is settled at once."""

    kind = "site"
    settings = SiteSettings
    secrets = ""
    # Two calls for one key, even at the same instant, leave one file: the folder is locked, nothing is overwritten.
    capabilities = Capabilities(
        exact_find=True, idempotent=True, settle=timedelta(0), timeout=timedelta(seconds=30)
    )

    def __init__(self, _tools: Tools) -> None:
        """Take the shared tools like every adapter; this one needs none of them."""
        self._turns: dict[str, asyncio.Lock] = {}

    def validate(self, account: Account, item: ContentItem | None) -> Sequence[str]:
        """Return what is wrong, one sentence each; does not look at the disk."""
        found = problems(SiteSettings, account.settings)
        if item is not None:
            if not item.title.strip() and not item.body.strip():
                found.append(f"The item {item.id!r} has neither title nor body; a post needs one of them.")
            if len(item.body) > _MOST_CHARACTERS:
                found.append(
                    f"The item {item.id!r} is longer than {_MOST_CHARACTERS:,} characters; shorten it."
                )
        return found

    async def publish(self, post: Post, secrets: Secrets) -> Published | None:  # noqa: ARG002 - it has none
        """Write the post, then the feed. A post of this key that is there already is returned as it stands.

        Raises PublishError: effect none before the post appears, maybe after it.
        """
        return await self._in_turn(self._publish, post)

    async def find(self, post: Post, secrets: Secrets) -> Published | None:  # noqa: ARG002 - it has none
        """Look for the post by its key and mend the feed; None means that it is not there."""
        return await self._in_turn(self._find, post)

    async def _in_turn(self, work: Callable[[Post], T], post: Post) -> T:
        """Do the work in a thread, one after the other for each folder, in the order in which they came.

        The folder's own lock is polled, and whoever waits for it keeps a thread: a dozen posts at once, as after a worker's
        death, would take all threads of the worker and wait for chance.
        """
        site = of_account(SiteSettings, post.account)
        turn = self._turns.setdefault(site.folder, asyncio.Lock())
        try:
            async with asyncio.timeout(PATIENCE):
                await turn.acquire()
        except TimeoutError:
            raise _failure(site, Timeout(site.folder), Effect.NONE) from None
        try:
            return await asyncio.to_thread(work, post)
        finally:
            turn.release()

    def _publish(self, post: Post) -> Published:
        site, name, effect = of_account(SiteSettings, post.account), file_name(post), Effect.NONE
        folder = SiteFolder(site)
        try:
            with folder.locked():
                there, page = folder.page(name)
                if not there:
                    folder.link(name, render(site, post))
                effect = Effect.MAYBE
                folder.settle()
                folder.heal_feed()
        except OSError as error:
            raise _failure(site, error, effect) from error
        return _published(site, post, page, name)

    def _find(self, post: Post) -> Published | None:
        site, name = of_account(SiteSettings, post.account), file_name(post)
        folder = SiteFolder(site)
        try:
            with folder.locked():
                there, page = folder.page(name)
                _heal_if_possible(folder)
        except OSError as error:
            raise _failure(site, error, Effect.NONE) from error
        return _published(site, post, page, name) if there else None


def _heal_if_possible(folder: SiteFolder) -> None:
    """A feed that cannot be written says nothing about the post; the next publish fails loudly if it stays so."""
    try:
        folder.heal_feed()
    except OSError as error:
        _log.warning("site.feed_not_written", reason=type(error).__name__, errno=error.errno)


def _published(site: SiteSettings, post: Post, stored: Page | None, name: str) -> Published:
    # A file that somebody made unreadable by hand is still the post: its name carries the key.
    page = stored or page_of(site, post)
    return Published(at=page.at, url=site.url(page.path), native_id=f"{site.content_dir}/{name}")


def _failure(site: SiteSettings, error: OSError, effect: Effect) -> PublishError:
    did = "nothing was posted" if effect is Effect.NONE else "the post was written, its feed may not be"
    if isinstance(error, Timeout):
        return PublishError(
            f"The site folder {site.folder} is in use by another process; {did}. It is tried again.",
            effect=effect,
            transient=True,
        )
    place = error.filename or site.folder
    meaning = _MEANINGS.get(error.errno or 0, f"cannot be used ({type(error).__name__}: {error.strerror}).")
    return PublishError(
        f"The site folder {site.folder}: {place} {meaning} {did.capitalize()}.",
        effect=effect,
        transient=error.errno in _PASSING,
    )
