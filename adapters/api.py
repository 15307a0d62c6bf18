"""How adapters of platforms speak with a platform's web interface: one request, and truly what it did to the world.

    api = Api(tools, "WordPress", account, base_url, secrets)
    answer = await api.send("POST", "/posts", json={…}, headers={…}, mutates=True)
    created = answer.read(CreatedPost)

A request is sent once. Redirects are not followed: a secret would go where nobody meant it to go, and a post to
nowhere. What a platform says about its limits is remembered, and a call for which there is no room is not made.
Every failure is a PublishError whose `effect` is that of this one request; `send` with `mutates=False` never has one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx

from adapters.answers import Answer, Seen, telling
from adapters.failures import broken, did, failed, possible
from adapters.http import safe_url
from adapters.tools import Tools
from engine.domain.errors import Effect, PublishError, Trouble
from engine.domain.ports import Secrets
from engine.domain.workspace import Account

# The door for whoever writes an adapter.
__all__ = ["Answer", "Api", "Seen"]

_LONGEST_RAW = 300
_LEAST_PAUSE = timedelta(milliseconds=100)


class Api:
    """One account's way to its platform; made for each use, it keeps nothing itself."""

    def __init__(
        self,
        tools: Tools,
        platform: str,
        account: Account,
        base_url: str,
        secrets: Secrets,
        *,
        app: str = "",
    ) -> None:
        """Take the platform's name for people and the address that paths continue.

        `app` names the registered application where a platform counts its calls; without, the account stands alone.
        """
        self._tools, self._base, self._secrets = tools, base_url.rstrip("/"), secrets
        self.where = f"{platform} at {_host(base_url)}"
        self._account_scope = f"{platform}|{_host(base_url)}|{account.name}"
        self._app_scope = f"{platform}|{_host(base_url)}|app {app or account.name}"

    async def send(
        self,
        method: str,
        path: str,
        *,
        mutates: bool,
        accept: Collection[int] = (),
        status_suffices: bool = False,
        headers: Mapping[str, str] | None = None,
        params: list[tuple[str, str | int | float | bool | None]] | dict[str, str] | None = None,
        **body: Any,
    ) -> Answer:
        """Send one request and return the answer: 2xx, or a refusal whose status is in `accept`.

        `path` continues the base address, or is a whole address. `body` is httpx's `json`, `content`, `data` or
        `files`. `status_suffices`: a good status counts, even when the body behind it breaks off (it is empty then).
        Raises PublishError.
        """
        url = path if "://" in path else self._base + path
        self._hold()
        try:
            request = self._tools.http.client.build_request(
                method, url, headers=dict(headers or {}), params=params, **body
            )
        except (httpx.InvalidURL, ValueError, TypeError):
            raise failed(
                f"The request for {safe_url(url)} cannot be written: an address or a secret holds what "
                "cannot be sent.",
                Effect.NONE,
                Trouble.SETTINGS,
            ) from None
        answer = await self._exchange(request, mutates=mutates, status_suffices=status_suffices)
        now = self._tools.clock.now()
        self._tools.rates.learn(
            self._account_scope, self._app_scope, answer.status, answer.headers, answer.body, now
        )
        self._judge(answer, accept)
        return answer

    async def _exchange(self, request: httpx.Request, *, mutates: bool, status_suffices: bool) -> Answer:
        limits = self._tools.http.limits
        deadline = asyncio.get_running_loop().time() + limits.total
        try:
            async with asyncio.timeout_at(deadline):
                response = await self._tools.http.client.send(request, stream=True, follow_redirects=False)
            try:
                async with asyncio.timeout_at(deadline):
                    body = await self._body(response, mutates=mutates)
            except (TimeoutError, httpx.HTTPError, PublishError):
                if not (status_suffices and response.is_success):
                    raise
                body = b""
            finally:
                await response.aclose()
        # `from None`: what the library says may quote the address or the answer.
        except TimeoutError:
            raise failed(
                f"{self.where} did not answer within {limits.total:g} s.",
                possible(mutates=mutates),
                Trouble.BROKEN,
                passing=True,
            ) from None
        except httpx.HTTPError as error:
            raise broken(self.where, error, mutates=mutates) from None
        raw = self._hidden(telling(body)) if response.status_code >= httpx.codes.BAD_REQUEST else ""
        return Answer(self.where, response.status_code, response.headers, body, mutates, raw)

    async def _body(self, response: httpx.Response, *, mutates: bool) -> bytes:
        content, most = bytearray(), self._tools.http.limits.bytes
        async for chunk in response.aiter_bytes(65536):
            content += chunk
            if len(content) > most:
                raise failed(
                    f"{self.where} sends an answer of more than {most // 1024} KiB; it was not read.",
                    possible(mutates=mutates),
                    Trouble.BROKEN,
                )
        return bytes(content)

    def _hold(self) -> None:
        """Raise instead of making a call for which the platform has no room."""
        wait = self._tools.rates.wait(self._account_scope, self._app_scope, self._tools.clock.now())
        if wait is not None:
            raise self._full(wait)

    def _full(self, wait: timedelta | None, raw: str = "") -> PublishError:
        when = f"for another {wait.total_seconds():.0f} s" if wait is not None else "just now"
        return PublishError(
            f"{self.where} takes no more calls {when}, so it is called again after that. {did(Effect.NONE)}",
            effect=Effect.NONE,
            transient=True,
            trouble=Trouble.RATE,
            retry_after=max(wait, _LEAST_PAUSE) if wait is not None else None,
            raw=raw,
        )

    def _judge(self, answer: Answer, accept: Collection[int]) -> None:
        """Raise what a status means, unless it is a good one or the adapter knows better."""
        status = answer.status
        if httpx.codes.is_success(status) or status in accept:
            return
        if status == httpx.codes.TOO_MANY_REQUESTS:
            wait = self._tools.rates.wait(self._account_scope, self._app_scope, self._tools.clock.now())
            raise self._full(wait, answer.raw)
        if httpx.codes.is_client_error(status):
            raise answer.refusal()
        raise answer.elsewhere() if httpx.codes.is_redirect(status) else answer.breakdown()

    def _hidden(self, text: str) -> str:
        for secret in sorted(self._secrets.values(), key=len, reverse=True):
            text = text.replace(secret, "…") if secret else text
        return text[:_LONGEST_RAW]


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        return parts.netloc.rpartition("@")[2] or "its address"
    except ValueError:
        return "its address"
