"""The platform `manual`: a person posts, pastes the link, and the link is looked at."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from adapters.http import FetchError, Page, safe_url, status_error, url_problem
from adapters.settings import of_account, problems
from adapters.tools import Tools
from engine.domain.base import Model
from engine.domain.errors import Effect, PublishError
from engine.domain.items import ContentItem
from engine.domain.ports import Capabilities, Published, Secrets
from engine.domain.publication import Post
from engine.domain.workspace import Account

_ABSENT = {404, 410}
_NO_GET = {405, 501}
_HOST = re.compile(r"[^\s/:@?#\\\[\]]+")


def _bare_host(text: str) -> str:
    host = text.strip().lower().rstrip(".")
    if not _HOST.fullmatch(host):
        raise ValueError("it must be a host alone, such as instagram.com")
    return host


class ManualSettings(Model):
    """Where a person posts, and how the link is verified."""

    place: str = Field(
        min_length=1, max_length=2000, description="where to post, as a sentence or an address."
    )
    host: Annotated[str, AfterValidator(_bare_host)] | None = Field(
        default=None,
        description="the host that pasted links must lead to, such as instagram.com; by default any.",
    )
    verify: bool = Field(
        default=True,
        description="whether the page behind a pasted link is opened; false where programs are kept out.",
    )


class ManualAdapter:
    """A place without an interface for programs: `publish` asks a person, `find` verifies the link they pasted."""

    kind = "manual"
    settings = ManualSettings
    secrets = ""
    capabilities = Capabilities(human=True, settle=timedelta(0), timeout=timedelta(seconds=45))

    def __init__(self, tools: Tools) -> None:
        self._http, self._clock = tools.http, tools.clock

    def validate(self, account: Account, item: ContentItem | None) -> Sequence[str]:
        """Return what is wrong, one sentence each; pure."""
        found = problems(ManualSettings, account.settings)
        if item is not None and not (item.title.strip() or item.body.strip() or item.link):
            found.append(
                f"The item {item.id!r} has no title, body or link; a person would not know what to post."
            )
        return found

    async def publish(self, post: Post, secrets: Secrets) -> Published | None:  # noqa: ARG002 - it has none
        """Return None: a person must do it. Raises PublishError, effect none, when the settings are wrong."""
        of_account(ManualSettings, post.account)
        return None

    async def find(self, post: Post, secrets: Secrets) -> Published | None:  # noqa: ARG002 - it has none
        """Open the pasted link: None without one or when nothing is there, else the post, at the time of this look.

        Raises PublishError, effect none: transient when the network failed, else with what is wrong with the link.
        """
        settings, link = of_account(ManualSettings, post.account), (post.claimed_link or "").strip()
        if not link:
            return None
        problem = url_problem(link)
        if problem:
            raise _unverified(f"The pasted link {problem}. Paste the address of the post itself.")
        _check_host(settings, link)
        if settings.verify:
            page = await self._open(link)
            if page.status in _ABSENT:
                return None
            wrong = status_error(page)
            if wrong:
                raise _unverified(str(wrong), transient=wrong.transient)
            _check_host(settings, page.url)
        return Published(at=self._clock.now(), url=link)

    async def _open(self, link: str) -> Page:
        try:
            page = await self._http.fetch(link, body=False)
            if page.status in _NO_GET:
                page = await self._http.fetch(link, method="HEAD", body=False)
        except FetchError as error:
            raise _unverified(str(error), transient=error.transient) from None
        return page


def _check_host(settings: ManualSettings, link: str) -> None:
    host = (urlsplit(link).hostname or "").rstrip(".")
    if settings.host and host != settings.host and not host.endswith(f".{settings.host}"):
        raise _unverified(
            f"The link leads to {safe_url(link)}, but posts of this account are on {settings.host}. "
            "Paste the address of the post there."
        )


def _unverified(message: str, *, transient: bool = False) -> PublishError:
    return PublishError(f"The link could not be verified. {message}", effect=Effect.NONE, transient=transient)
