"""A small server that answers as a Bluesky PDS and AppView do; the shapes were recorded from the real ones.

It keeps records, hands out sessions, and refuses what is not there or not allowed. `script` holds what its next
answers to writes do, one word each: a fault named like those of `tests.adapters.local_server`, or `expired`.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from adapters.platforms.bluesky.tid import record_key
from adapters.testing.secrecy import SECRET
from tests.adapters.local_server import Handler, Server, reset

HANDLE, DID = "tacos.test", "did:plc:tacos"
FRIEND, FRIEND_DID = "friend.test", "did:plc:friend"
FAR_FUTURE = 4102444800  # 2100


def rkey_of(key: str) -> str:
    """Return the record key of a post's key, which names its slot."""
    return record_key(key, datetime.strptime(key.split("/")[-2], "%Y%m%dT%H%M%S%z"))


def token(name: str, expires: float = FAR_FUTURE) -> str:
    """Return a token that looks like the real ones, with our secret for a signature."""
    claims = base64.urlsafe_b64encode(json.dumps({"exp": expires, "jti": name}).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJIUzI1NiJ9.{claims}.{SECRET}"


class Bluesky:
    """The state, and one method for each call of the protocol."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.records: dict[str, dict[str, Any]] = {}
        self.blobs: list[bytes] = []
        self.logins = self.renewals = 0
        self.script: list[str] = []
        self.views: dict[str, Any] = {}
        self.extra: dict[str, Any] = {}
        for method, call in self._calls().items():
            server.add(f"/xrpc/{method}", call)

    def _calls(self) -> dict[str, Callable[[Handler], None]]:
        return {
            "com.atproto.server.describeServer": lambda handler: handler.json({"did": "did:web:localhost"}),
            "com.atproto.server.createSession": self.log_in,
            "com.atproto.server.refreshSession": self.renew,
            "com.atproto.identity.resolveHandle": self.resolve,
            "com.atproto.repo.uploadBlob": self.upload,
            "com.atproto.repo.putRecord": self.put,
            "com.atproto.repo.applyWrites": self.apply,
            "com.atproto.repo.getRecord": self.get,
            "app.bsky.actor.getProfile": lambda handler: handler.json(self.views["profile"]),
            "app.bsky.feed.getPosts": lambda handler: handler.json({"posts": self.views["posts"]}),
            "app.bsky.feed.getAuthorFeed": self.feed,
            "app.bsky.feed.getPostThread": self.thread,
        }

    def session(self) -> dict[str, Any]:
        number = self.logins + self.renewals
        return {
            "did": DID,
            "handle": HANDLE,
            "active": True,
            "accessJwt": token(f"access {number}"),
            "refreshJwt": token(f"refresh {number}"),
            **self.extra,
        }

    def log_in(self, handler: Handler) -> None:
        asked = body(handler)
        if asked != {"identifier": HANDLE, "password": SECRET}:
            words = f"Invalid identifier or password {asked['password']}"
            return refuse(handler, "AuthenticationRequired", words, 401)
        self.logins += 1
        return handler.json(self.session())

    def renew(self, handler: Handler) -> None:
        if bearer(handler) != self.session()["refreshJwt"]:
            return refuse(handler, "ExpiredToken", "Token has been revoked")
        self.renewals += 1
        return handler.json(self.session())

    def resolve(self, handler: Handler) -> None:
        if handler.query() != {"handle": FRIEND}:
            return refuse(handler, "InvalidRequest", "Unable to resolve handle")
        return handler.json({"did": FRIEND_DID})

    def upload(self, handler: Handler) -> None:
        content, kind = handler.server.seen[-1][3], handler.headers["Content-Type"]
        self.blobs.append(content)
        digest = b"\x01\x55\x12\x20" + hashlib.sha256(content).digest()
        link = "b" + base64.b32encode(digest).decode().lower().rstrip("=")
        blob = {"$type": "blob", "ref": {"$link": link}, "mimeType": kind, "size": len(content)}
        handler.json({"blob": blob})

    def put(self, handler: Handler) -> None:
        asked = body(handler)
        assert asked["swapRecord"] is None
        self._write(handler, {asked["rkey"]: asked["record"]}, lambda: refuse(handler, "InvalidSwap", "…"))

    def apply(self, handler: Handler) -> None:
        writes = {write["rkey"]: write["value"] for write in body(handler)["writes"]}
        self._write(handler, writes, lambda: refuse(handler, "InternalServerError", "…", 500))

    def _write(self, handler: Handler, new: dict[str, Any], taken: Callable[[], None]) -> None:
        fault = self.script.pop(0) if self.script else "ok"
        assert bearer(handler)
        if fault == "expired":
            return refuse(handler, "ExpiredToken", "Token has expired")
        if fault == "full":
            return refuse(
                handler, "RateLimitExceeded", "Rate Limit Exceeded", 429, RateLimit_Reset="4102444800"
            )
        if fault == "invalid":
            return refuse(handler, "InvalidRequest", "Invalid app.bsky.feed.post record")
        if fault == "trouble":
            return refuse(handler, "InternalServerError", "Internal Server Error", 500)
        if new.keys() & self.records.keys():
            return taken()
        self.records |= new
        if fault == "page":
            return handler.answer(b"<html>Welcome to this hotel", 200, {"Content_Type": "text/html"})
        answer = {"uri": "at://…", "cid": "bafy…", "commit": {"cid": "bafy…", "rev": "3n3e"}}
        return reset(handler) if fault == "cut" else handler.json(answer)

    def get(self, handler: Handler) -> None:
        asked = handler.query()
        if asked["repo"] != DID:
            return refuse(handler, "InvalidRequest", "Could not find repo")
        if asked["rkey"] not in self.records:
            return refuse(handler, "RecordNotFound", "Could not locate record")
        return handler.json({"uri": "at://…", "cid": "bafy…", "value": self.records[asked["rkey"]]})

    def thread(self, handler: Handler) -> None:
        found = self.views.get("threads", {}).get(handler.query()["uri"])
        if found is None:
            return refuse(handler, "NotFound", "Post not found")
        return handler.json({"thread": found})

    def feed(self, handler: Handler) -> None:
        pages: list[Any] = self.views["feed"]
        number = int(handler.query().get("cursor", 0))
        more = {"cursor": str(number + 1)} if number + 1 < len(pages) else {}
        handler.json({"feed": pages[number], **more})


def refuse(handler: Handler, code: str, message: str, status: int = 400, **headers: str) -> None:
    handler.answer(json.dumps({"error": code, "message": message}).encode(), status, headers)


def body(handler: Handler) -> Any:
    return json.loads(handler.server.seen[-1][3])


def bearer(handler: Handler) -> str:
    return handler.headers.get("Authorization", "").removeprefix("Bearer ")
