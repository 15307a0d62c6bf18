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
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from adapters.http import safe_url
from adapters.tools import Tools
from engine.domain.errors import Effect, PublishError, Trouble
from engine.domain.ports import Secrets
from engine.domain.workspace import Account

_LONGEST_RAW = 300
_TELLING = ("code", "error", "errcode", "message", "error_description")
_TROUBLES = {
    401: (
        Trouble.CREDENTIAL,
        "it does not accept the credentials. Renew them, or mend the account's secrets",
    ),
    403: (Trouble.FORBIDDEN, "the account may not do this. Give it the right, or use another account"),
    404: (Trouble.ABSENT, "there is nothing at this address. Check the account's settings"),
    410: (Trouble.ABSENT, "there is nothing at this address any more. Check the account's settings"),
    413: (Trouble.CONTENT, "it is too large. Make the text or the image smaller"),
    422: (Trouble.CONTENT, "it does not take this content. Change the item"),
}
_PASSING = {408, 421, 425}
# By definition these were not carried out where they arrived.
_NOT_DONE_THERE = {307, 308}
_PASSING_REDIRECTS = {302, 303, 307}
_LEAST_PAUSE = timedelta(milliseconds=100)


class Seen(BaseModel):
    """The part of an answer that an adapter reads; what else a platform says is left aside."""

    model_config = ConfigDict(frozen=True, extra="ignore")


S = TypeVar("S", bound=Seen)


@dataclass(frozen=True)
class Answer:
    """A whole answer. `where` is the platform for people; `mutates` tells whether the request was to change something."""

    where: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    mutates: bool
    raw: str = ""

    def read(self, model: type[S]) -> S:
        """Return the answer as this model. Raises PublishError when it is something else."""
        try:
            return model.model_validate_json(self.body)
        except ValidationError:
            raise self._unreadable() from None

    def read_list(self, model: type[S]) -> list[S]:
        """Return a list of such models. Raises PublishError when it is something else."""
        try:
            return list(TypeAdapter(tuple[model, ...]).validate_json(self.body))  # type: ignore[valid-type]
        except ValidationError:
            raise self._unreadable() from None

    def json(self) -> Any:
        """Return the JSON value. Raises PublishError when it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise self._unreadable() from None

    def refusal(
        self, meaning: str = "", trouble: Trouble | None = None, *, transient: bool = False
    ) -> PublishError:
        """Return the error for an answer of 400 to 499: the platform did nothing. `meaning` ends without a full stop."""
        known, words = _TROUBLES.get(self.status, (Trouble.CONTENT, "it refuses this. See what it says"))
        return PublishError(
            f"{self.where} answered {self.status}: {meaning or words}. {_did(Effect.NONE)}",
            effect=Effect.NONE,
            transient=transient or self.status in _PASSING,
            trouble=trouble or known,
            raw=self.raw,
        )

    def _unreadable(self) -> PublishError:
        kind = self.headers.get("content-type", "nothing said").partition(";")[0]
        effect = Effect.MAYBE if self.mutates else Effect.NONE
        return PublishError(
            f"{self.where} answered {self.status} with something that is not its interface's ({kind}). {_did(effect)}",
            effect=effect,
            transient=True,
            trouble=Trouble.BROKEN,
        )


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
            raise _failed(
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
            effect = Effect.MAYBE if mutates else Effect.NONE
            raise _failed(
                f"{self.where} did not answer within {limits.total:g} s.",
                effect,
                Trouble.BROKEN,
                passing=True,
            ) from None
        except httpx.HTTPError as error:
            raise self._broken(error, mutates=mutates) from None
        raw = self._hidden(_telling(body)) if response.status_code >= httpx.codes.BAD_REQUEST else ""
        return Answer(self.where, response.status_code, response.headers, body, mutates, raw)

    async def _body(self, response: httpx.Response, *, mutates: bool) -> bytes:
        content, most = bytearray(), self._tools.http.limits.bytes
        async for chunk in response.aiter_bytes(65536):
            content += chunk
            if len(content) > most:
                effect = Effect.MAYBE if mutates else Effect.NONE
                raise _failed(
                    f"{self.where} sends an answer of more than {most // 1024} KiB; it was not read.",
                    effect,
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
            f"{self.where} takes no more calls {when}, so it is called again after that. {_did(Effect.NONE)}",
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
        if httpx.codes.is_redirect(status):
            raise self._elsewhere(answer)
        effect = Effect.MAYBE if answer.mutates else Effect.NONE
        raise _failed(
            f"{self.where} has trouble of its own (it answered {status}).",
            effect,
            Trouble.BROKEN,
            passing=True,
            raw=answer.raw,
        )

    def _elsewhere(self, answer: Answer) -> PublishError:
        maybe = answer.mutates and answer.status not in _NOT_DONE_THERE
        return _failed(
            f"{self.where} sends us elsewhere ({answer.status}), which is not followed with credentials. If it has "
            "moved for good, give its new address in the account.",
            Effect.MAYBE if maybe else Effect.NONE,
            Trouble.SETTINGS,
            passing=answer.status in _PASSING_REDIRECTS,
        )

    def _broken(self, error: httpx.HTTPError, *, mutates: bool) -> PublishError:
        name = type(error).__name__
        match error:
            case httpx.ConnectError() if "CERTIFICATE" in str(error).upper():
                why = f"{self.where} shows a certificate that is not valid for it."
                return _failed(why, Effect.NONE, Trouble.SETTINGS)
            case httpx.ConnectError() | httpx.ConnectTimeout() | httpx.PoolTimeout() | httpx.ProxyError():
                why = f"{self.where} cannot be reached ({name}). Check the address and the network."
                return _failed(why, Effect.NONE, Trouble.UNREACHABLE, passing=True)
            case httpx.UnsupportedProtocol() | httpx.LocalProtocolError():
                why = f"The request to {self.where} cannot be sent ({name}). Mend the account's address or secrets."
                return _failed(why, Effect.NONE, Trouble.SETTINGS)
            case _:
                effect = Effect.MAYBE if mutates else Effect.NONE
                why = f"{self.where} broke the connection before its answer was whole ({name})."
                return _failed(why, effect, Trouble.BROKEN, passing=True)

    def _hidden(self, text: str) -> str:
        for secret in sorted(self._secrets.values(), key=len, reverse=True):
            text = text.replace(secret, "…") if secret else text
        return text[:_LONGEST_RAW]


def _did(effect: Effect) -> str:
    return (
        "This call posted nothing."
        if effect is Effect.NONE
        else "It may have been posted; somebody looks before it is sent again."
    )


def _failed(
    why: str, effect: Effect, trouble: Trouble, *, passing: bool = False, raw: str = ""
) -> PublishError:
    return PublishError(f"{why} {_did(effect)}", effect=effect, transient=passing, trouble=trouble, raw=raw)


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        return parts.netloc.rpartition("@")[2] or "its address"
    except ValueError:
        return "its address"


def _telling(body: bytes) -> str:
    """Return what an answer says about itself in the fields that platforms use for it; nothing of any other text."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(found, dict):
        return ""
    said = (found.get(name) for name in _TELLING)
    return "; ".join(
        "".join(char for char in part if char.isprintable()) for part in said if isinstance(part, str)
    )
