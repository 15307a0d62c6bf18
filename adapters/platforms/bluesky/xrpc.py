"""One server of the AT Protocol and its methods (XRPC): what its answers mean beyond their status."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from adapters.api import Answer, Api
from adapters.tools import Tools
from engine.domain.errors import PublishError, Trouble
from engine.domain.ports import Secrets
from engine.domain.workspace import Account

_BAD_REQUEST = 400
_RENEW = "the session has ended. It is renewed before the next attempt"
_MEANINGS: dict[str, tuple[Trouble, str, bool]] = {
    "ExpiredToken": (Trouble.CREDENTIAL, _RENEW, True),
    "InvalidToken": (Trouble.CREDENTIAL, _RENEW, True),
    "AccountTakedown": (
        Trouble.CREDENTIAL,
        "the account has been taken down. Ask its server's operator",
        False,
    ),
    "AccountDeactivated": (Trouble.CREDENTIAL, "the account is deactivated. Activate it again", False),
    "BlobTooLarge": (Trouble.CONTENT, "the image is too large. Make it smaller", False),
    "InvalidMimeType": (Trouble.CONTENT, "it does not take images of this type. Convert it", False),
}


class Xrpc:
    """One account's way to one server."""

    def __init__(self, tools: Tools, account: Account, base: str, secrets: Secrets) -> None:
        self.base = base
        self._api = Api(tools, "Bluesky", account, base, secrets)

    async def get(
        self, method: str, params: Sequence[tuple[str, str]], *, accept: Collection[int] = ()
    ) -> Answer:
        """Ask something; it needs no session, because posts, profiles and names are public. Raises PublishError."""
        return await self._send("GET", method, accept, mutates=False, params=params)

    async def post(
        self,
        method: str,
        *,
        mutates: bool = False,
        accept: Collection[int] = (),
        headers: Mapping[str, str] | None = None,
        **body: Any,
    ) -> Answer:
        """Call a procedure; `mutates` when people see what it does. Raises PublishError."""
        return await self._send("POST", method, accept, mutates=mutates, headers=headers, **body)

    async def _send(self, verb: str, method: str, accept: Collection[int], **options: Any) -> Answer:
        known = {_BAD_REQUEST, *accept}
        answer = await self._api.send(verb, f"/xrpc/{method}", accept=known, **options)
        if answer.status == _BAD_REQUEST and _BAD_REQUEST not in accept:
            raise refusal(answer)
        return answer


def refusal(answer: Answer) -> PublishError:
    """Return what a refused call means; many mistakes are a 400 here, told apart by their code."""
    trouble, meaning, passing = _MEANINGS.get(code_of(answer), (None, "", False))
    return answer.refusal(meaning, trouble, transient=passing)


def code_of(answer: Answer) -> str:
    """Return the protocol's name of an error, such as `InvalidSwap`; empty when the answer has none."""
    try:
        code = json.loads(answer.body).get("error", "")
    except (ValueError, AttributeError, RecursionError):
        return ""
    return code if isinstance(code, str) else ""
