"""Logging in: the app password is exchanged for a session, and a session for its successor."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import StringConstraints

from adapters.api import Answer, Seen
from adapters.platforms.bluesky.settings import BlueskySettings
from adapters.platforms.bluesky.xrpc import Xrpc, code_of
from engine.domain.errors import Effect, PublishError, Trouble
from engine.domain.ports import Secrets
from engine.domain.storage import Credential
from engine.domain.workspace import Account

_Token = Annotated[str, StringConstraints(min_length=1)]
_HOLDS = "#atproto_pds"
# What a refused login means, and what to do.
_REFUSALS = {
    "AuthenticationRequired": "it does not accept the app password. Make a new one in the account's settings",
    "AuthFactorTokenRequired": "it asks for a code by mail. Use an app password, made in the account's settings",
    "AccountTakedown": "the account has been taken down. Ask the server's operator",
}
_REFUSED = (400, 401, 403)


class _Session(Seen):
    did: _Token
    accessJwt: _Token  # noqa: N815 - the names of the protocol
    refreshJwt: _Token  # noqa: N815
    didDoc: dict[str, Any] | None = None  # noqa: N815
    active: bool = True
    status: str = ""


@dataclass(frozen=True)
class Session:
    """Who we are on which server, with the token that proves it."""

    did: str
    server: str
    token: str = field(repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """Return the header that shows the token."""
        return {"Authorization": f"Bearer {self.token}"}


def session_of(account: Account, secrets: Secrets) -> Session:
    """Return the session that `refresh` left among the secrets. Raises PublishError, effect none, without one."""
    did, server, token = (secrets.get(name, "") for name in ("did", "server", "access_token"))
    if not (did and server and token):
        raise PublishError(
            f"The account {account.name!r} is not logged in yet. Nothing was posted.",
            effect=Effect.NONE,
            transient=True,
            trouble=Trouble.CREDENTIAL,
        )
    return Session(did, server, token)


async def renewed(xrpc: Xrpc, kept: Credential) -> Credential | None:
    """Return the successor of a kept session, or None when the server no longer knows it.

    Raises PublishError, effect none, when it cannot be told; the kept session stays good then.
    """
    token = kept.values.get("refresh_token", "")
    if not token:
        return None
    headers = {"Authorization": f"Bearer {token}"}
    answer = await xrpc.post("com.atproto.server.refreshSession", accept=_REFUSED, headers=headers)
    return None if answer.status in _REFUSED else _credential(answer, xrpc)


async def logged_in(xrpc: Xrpc, account: Account, settings: BlueskySettings, secrets: Secrets) -> Credential:
    """Return a new session for the app password. Raises PublishError, effect none."""
    password = secrets.get("app_password", "").strip()
    if not password:
        raise PublishError(
            f"The account {account.name!r} has no secret `app_password`. Make an app password in the account's "
            "settings on Bluesky and name its place in the workspace. Nothing was posted.",
            effect=Effect.NONE,
            trouble=Trouble.SETTINGS,
        )
    body = {"identifier": settings.handle, "password": password}
    answer = await xrpc.post("com.atproto.server.createSession", accept=_REFUSED, json=body)
    if answer.status in _REFUSED:
        raise answer.refusal(_REFUSALS.get(code_of(answer), ""), Trouble.CREDENTIAL)
    return _credential(answer, xrpc)


def _credential(answer: Answer, xrpc: Xrpc) -> Credential:
    session = answer.read(_Session)
    if not session.active:
        why = f"the account is not active ({session.status or 'no reason given'}). Mend that on the server"
        raise answer.refusal(why, Trouble.CREDENTIAL)
    values = {
        "access_token": session.accessJwt,
        "refresh_token": session.refreshJwt,
        "did": session.did,
        "server": _home(session, xrpc.base),
    }
    return Credential(values=values, expires_at=_expiry(session.accessJwt))


def _home(session: _Session, asked: str) -> str:
    """Return the server that holds the account, as its identity says: large services have many behind one login."""
    services = (session.didDoc or {}).get("service")
    for service in services if isinstance(services, list) else ():
        if isinstance(service, Mapping) and str(service.get("id", "")).endswith(_HOLDS):
            home = service.get("serviceEndpoint")
            # A token that was got over TLS never travels without it.
            if isinstance(home, str) and urlsplit(home).scheme in {"https", urlsplit(asked).scheme}:
                return home.rstrip("/")
    return asked


def _expiry(token: str) -> datetime | None:
    """Return when a token expires, from its own claims; the server alone judges whether it is good."""
    try:
        claims = token.split(".")[1]
        at = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["exp"]
        return datetime.fromtimestamp(float(at), UTC)
    except (IndexError, KeyError, TypeError, ValueError, OverflowError, OSError):
        return None
