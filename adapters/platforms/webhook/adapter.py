"""The platform `webhook`: each post is one signed POST to an address of yours, which does the rest."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import httpx
from pydantic import Field

from adapters.api import Answer, Api
from adapters.settings import problems, read, unusable
from adapters.signing import message_id, signature_headers, signing_key
from adapters.tools import Tools
from adapters.web_address import WebAddress
from engine.domain.base import Model, to_utc
from engine.domain.errors import Effect, PublishError, Trouble
from engine.domain.items import ContentItem
from engine.domain.ports import Accepted, Capabilities, Published, Role, Secrets
from engine.domain.publication import Post
from engine.domain.workspace import Account

_ACCEPTED = 202
_NOT_FOUND = 404
_CONFLICT = 409
# How long a receiver is left alone that has taken a delivery and names no time, and at most; in seconds.
_LOOK_AFTER, _LONGEST = 5, 60
_PAGE = (b"<!doctype", b"<html")
_SECRET_URL = "https://secret.invalid/"  # noqa: S105 - stands in for one while settings are judged


class WebhookSettings(Model):
    """Where posts are delivered, and what the receiver promises."""

    url: WebAddress = Field(
        description="where posts are delivered; an address that is secret goes under `secrets`."
    )
    deduplicates: bool = Field(
        default=False,
        description="whether the receiver promises to act once for each `webhook-id`; then a doubtful delivery is sent again.",
    )
    find_url: WebAddress | None = Field(
        default=None,
        description="where to ask whether a delivery arrived, or is done; without it and without `deduplicates` a person is asked.",
    )


class _Receiver(NamedTuple):
    settings: WebhookSettings
    api: Api
    key: bytes
    authorization: str

    def headers(self, identity: str, now: datetime, body: bytes) -> dict[str, str]:
        login = {"Authorization": self.authorization} if self.authorization else {}
        return {**signature_headers(self.key, identity, body, now), **login}


class WebhookAdapter:
    """Delivers to a receiver of yours. What can be known after a cut connection depends on what that one promises."""

    kind = "webhook"
    settings = WebhookSettings
    secrets = (
        "`signing_key`, at least 16 bytes, `whsec_…` in base64; `authorization`, sent as it stands in the header of that "
        "name; `url`, an address that must not be seen, instead of the setting"
    )
    # Where nobody can look, `find` raises instead of telling an absence that nothing proves. A receiver says 503 while it
    # is still at work on a delivery (see the README), so the look only waits for what may yet be on its way to it.
    capabilities = Capabilities(exact_find=True, settle=timedelta(seconds=2), roles=frozenset({Role.CHECK}))

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def validate(self, account: Account, item: ContentItem | None) -> Sequence[str]:
        """Return what is wrong, one sentence each; pure."""
        found = problems(WebhookSettings, _located(account, dict.fromkeys(account.secrets, _SECRET_URL)))
        if "signing_key" not in account.secrets:
            found.append(
                "The secret `signing_key` is missing: a reference to the key that the receiver verifies with, such as "
                "env:HOOK_KEY."
            )
        if item is not None and not (item.title.strip() or item.body.strip() or item.link):
            found.append(f"The item {item.id!r} has no title, body or link; there is nothing to deliver.")
        if item is not None and item.images:
            found.append(
                f"The item {item.id!r} has images, which a webhook does not carry; give this channel a variant without."
            )
        return found

    async def publish(self, post: Post, secrets: Secrets) -> Published | Accepted | None:
        """Deliver it once. A status of 2xx means delivered, unless a page for people comes with it. Raises PublishError.

        202 of a receiver that can be asked means taken and not done yet.
        """
        receiver, identity, body = self._receiver(post, secrets), message_id(post.key), payload(post)
        headers = {
            "Content-Type": "application/json",
            **receiver.headers(identity, self._tools.clock.now(), body),
        }
        known = {_CONFLICT} if receiver.settings.deduplicates else set()
        answer = await receiver.api.send(
            "POST",
            receiver.settings.url,
            mutates=True,
            accept=known,
            status_suffices=True,
            headers=headers,
            content=body,
        )
        if answer.body.lstrip()[:9].lower().startswith(_PAGE):
            raise PublishError(
                f"{answer.where} answered {answer.status} with a page for people, as walls and proxies do in the place of a "
                "receiver. Whether the post was delivered is not known.",
                effect=Effect.MAYBE,
                trouble=Trouble.BROKEN,
            )
        if answer.status == _ACCEPTED and receiver.settings.find_url is not None:
            return Accepted(native_id=identity, look_after=_rest(answer))
        return self._published(identity, _fields(answer))

    async def check(self, post: Post, native_id: str, secrets: Secrets) -> Published | Accepted | None:  # noqa: ARG002
        """Ask `find_url` how far a delivery is that was taken; None when it is not there (any more). Raises PublishError."""
        return await self._asked(self._receiver(post, secrets), post)

    async def find(self, post: Post, secrets: Secrets) -> Published | None:
        """Ask `find_url` for the delivery. None means: not there, or harmless to send again.

        Raises PublishError, effect none: also when the receiver neither deduplicates nor can be asked.
        """
        receiver = self._receiver(post, secrets)
        if receiver.settings.find_url is None:
            if receiver.settings.deduplicates:
                return None
            raise PublishError(
                "The receiver of this webhook cannot be asked whether the post arrived, and does not promise to act "
                "once for each delivery. Look there yourself. To have this done for you, set `find_url` or `deduplicates`.",
                effect=Effect.NONE,
            )
        found = await self._asked(receiver, post)
        if isinstance(found, Accepted):
            raise PublishError(
                "The receiver has the delivery and still works on it; it is asked again.",
                effect=Effect.NONE,
                transient=True,
                retry_after=found.look_after,
            )
        return found

    async def _asked(self, receiver: _Receiver, post: Post) -> Published | Accepted | None:
        identity = message_id(post.key)
        headers = receiver.headers(identity, self._tools.clock.now(), b"")
        where = str(httpx.URL(receiver.settings.find_url or "").copy_merge_params({"id": identity}))
        answer = await receiver.api.send("GET", where, mutates=False, accept={_NOT_FOUND}, headers=headers)
        if answer.status == _NOT_FOUND:
            return None
        if answer.status == _ACCEPTED:
            return Accepted(native_id=identity, look_after=_rest(answer))
        said = _fields(answer)
        if said.get("id") != identity:
            raise PublishError(
                "What `find_url` answers does not name the delivery it was asked for as `id`, so it proves nothing. "
                "Look there yourself, and mend the receiver.",
                effect=Effect.NONE,
                trouble=Trouble.BROKEN,
            )
        return self._published(identity, said)

    def _receiver(self, post: Post, secrets: Secrets) -> _Receiver:
        try:
            settings = read(WebhookSettings, _located(post.account, secrets))
            key = signing_key(secrets.get("signing_key", "").strip())
        except ValueError as error:
            raise unusable(post.account, str(error)) from None
        login = secrets.get("authorization", "").strip()
        # Of `Bearer …` the second word alone is a secret, too.
        hidden = {**secrets, **{f"word {number}": word for number, word in enumerate(login.split())}}
        api = Api(self._tools, "The receiver", post.account, settings.url, hidden)
        return _Receiver(settings, api, key, login)

    def _published(self, identity: str, said: Mapping[str, Any]) -> Published:
        url = said.get("url")
        return Published(
            at=_instant(said.get("at")) or self._tools.clock.now(),
            url=url if isinstance(url, str) and url else None,
            native_id=identity,
        )


def payload(post: Post) -> bytes:
    """Return the body of a delivery: JSON in UTF-8, the same bytes at every attempt."""
    item = post.item
    data = {
        "key": post.key,
        "strategy": post.strategy,
        "action": post.action,
        "kind": post.kind.value,
        "channel": post.channel.name,
        "slot": post.slot.isoformat(),
        "item": item.id,
        "title": item.title,
        "body": item.body,
        "tags": list(item.tags),
        "link": item.link,
    }
    document = {"type": "drumbeat.post", "timestamp": post.slot.isoformat(), "data": data}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def _located(account: Account, secrets: Secrets) -> dict[str, Any]:
    """Return the settings, with the address from the secrets if it is there."""
    hidden = {"url": secrets.get("url", "").strip()} if "url" in account.secrets else {}
    return {**account.settings, **hidden}


def _fields(answer: Answer) -> dict[str, Any]:
    """Return the JSON object of an answer, empty when it is anything else."""
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _rest(answer: Answer) -> timedelta:
    """Return how long to wait before asking (again): what the receiver names in seconds, within bounds."""
    named = answer.headers.get("retry-after", "")
    return timedelta(seconds=min(max(int(named), 1), _LONGEST) if named.isdigit() else _LOOK_AFTER)


def _instant(value: object) -> datetime | None:
    try:
        return to_utc(datetime.fromisoformat(str(value)))
    except ValueError:
        return None
