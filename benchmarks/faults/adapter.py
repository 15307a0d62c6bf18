"""The adapter of our platform double, as a stranger would write it: known to Drumbeat by an entry point alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from adapters.tools import Tools
from engine.domain.errors import Effect, PublishError
from engine.domain.items import ContentItem
from engine.domain.ports import Capabilities, Published, Secrets
from engine.domain.publication import Post
from engine.domain.workspace import Account

KIND = "storm-double"


class DoubleAdapter:
    """Posts by one POST; looks by key. The platform posts the same key twice when it is sent twice."""

    kind = KIND
    capabilities = Capabilities(exact_find=True, settle=timedelta(seconds=0.2))

    def __init__(self, tools: Tools) -> None:
        self._http = tools.http

    def validate(self, account: Account, item: ContentItem | None) -> Sequence[str]:  # noqa: ARG002 - anything goes
        """Return nothing: the plan is the storm's own."""
        return []

    async def publish(self, post: Post, secrets: Secrets) -> Published | None:  # noqa: ARG002 - it has none
        """Send it once; whatever breaks the call leaves a doubt, unless nothing was sent."""
        try:
            answer = await self._http.client.post(_url(post), json={"key": post.key, "text": post.item.body})
        except httpx.ConnectError:
            raise PublishError("the double is not there", effect=Effect.NONE, transient=True) from None
        except httpx.HTTPError as error:
            raise PublishError(f"the call broke ({type(error).__name__})", effect=Effect.MAYBE) from None
        if answer.is_server_error:
            raise PublishError(f"the double answered {answer.status_code}", effect=Effect.MAYBE)
        return _published(answer.json())

    async def find(self, post: Post, secrets: Secrets) -> Published | None:  # noqa: ARG002 - it has none
        """Look for the key."""
        try:
            answer = await self._http.client.get(_url(post), params={"key": post.key})
            answer.raise_for_status()
        except httpx.HTTPError as error:
            why = f"the look failed ({type(error).__name__})"
            raise PublishError(why, effect=Effect.NONE, transient=True) from None
        found = answer.json()
        return _published(found[0]) if found else None


def _url(post: Post) -> str:
    return str(post.account.settings["url"]) + "/posts"


def _published(made: dict[str, Any]) -> Published:
    return Published(at=datetime.fromisoformat(made["at"]))


def install(folder: Path) -> None:
    """Write what an installed package of ours would leave, so that the folder on PYTHONPATH brings the adapter."""
    info = folder / "storm_double-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: storm-double\nVersion: 1\n", encoding="utf-8"
    )
    entry = f"[drumbeat.platforms]\n{KIND} = {__name__}:{DoubleAdapter.__name__}\n"
    (info / "entry_points.txt").write_text(entry, encoding="utf-8")
