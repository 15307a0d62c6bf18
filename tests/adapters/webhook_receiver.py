"""A receiver as the README of the platform `webhook` asks for: it verifies, acts once for each id, and can be asked."""

from __future__ import annotations

import base64
import hashlib
import hmac

from engine.domain.workspace import Account
from tests.adapters.local_server import Handler, Server

KEY = b"a key that both of us know"
SECRETS = {
    "signing_key": f"whsec_{base64.b64encode(KEY).decode()}",
    "authorization": "Bearer hunter2-Zq8",
}


def hook(**settings: object) -> Account:
    """Return an account that delivers there."""
    references = {"signing_key": "env:HOOK_KEY", "authorization": "env:HOOK_LOGIN"}
    return Account.model_validate(
        {"name": "hook", "platform": "webhook", "settings": settings, "secrets": references}
    )


class Receiver:
    """`kept` holds what it acted on, by the id of the delivery; `working` how often it still says 202 before that counts."""

    def __init__(self, server: Server) -> None:
        self.kept: dict[str, dict[str, str]] = {}
        self.working = 0
        self.url, self.find_url = server.add("/hook", self._take), server.add("/find", self._tell)

    def _take(self, handler: Handler) -> None:
        identity = str(handler.headers["webhook-id"])
        if self._verified(handler):
            url = f"https://shop.example/{len(self.kept) + 1}"
            said = {"id": identity, "url": url, "at": "2026-01-05T08:00:01+00:00"}
            kept = self.kept.setdefault(identity, said)
            self._not_yet(handler) if self.working else handler.json(kept)

    def _tell(self, handler: Handler) -> None:
        identity = handler.query()["id"]
        kept = self.kept.get(identity)
        if self._verified(handler):
            self._not_yet(handler) if kept and self.working else handler.json(
                kept or {}, 200 if kept else 404
            )

    def _not_yet(self, handler: Handler) -> None:
        self.working -= 1
        handler.answer(b"", 202, {"Retry-After": "7"})

    def _verified(self, handler: Handler) -> bool:
        headers, (*_, body) = handler.headers, handler.server.seen[-1]
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        wanted = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
        good = headers["webhook-signature"] == f"v1,{wanted}"
        if not good or headers["Authorization"] != SECRETS["authorization"]:
            handler.json({"error": f"not signed by a friend: {headers['Authorization']}"}, 401)
            return False
        return True
