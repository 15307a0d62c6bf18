"""A small Matrix homeserver with one room on the local web server: transactions, paging, a clock of its own."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.adapters.local_server import Handler, Server

TOKEN = "hunter2-Zq8"
ROOM = "!tacos:a.example"
ME = "@truck:a.example"
_START = datetime(2026, 1, 5, 8, 0, 1, tzinfo=UTC)


class Homeserver:
    """Events are kept oldest first. `broken` answers instead of a send; transactions are those of one token."""

    def __init__(self, server: Server, start: datetime = _START) -> None:
        self.server, self._start = server, int(start.timestamp() * 1000)
        self.events: list[dict[str, Any]] = []
        self.transactions: dict[tuple[str, str], str] = {}
        self.encrypted = False
        self._lock = threading.Lock()  # each request has a thread of its own
        server.fallback = self._answer

    @property
    def url(self) -> str:
        return self.server.url("")

    def count(self, key: str) -> int:
        return sum(event["content"].get("drumbeat.key") == key for event in self.events)

    def say(self, content: dict[str, Any], *, sender: str = ME, at: int | None = None) -> str:
        identity = f"${len(self.events)}"
        self.events.append(
            {
                "event_id": identity,
                "origin_server_ts": self._start + len(self.events) * 1000 if at is None else at,
                "sender": sender,
                "type": "m.room.message",
                "content": content,
            }
        )
        return identity

    def _answer(self, handler: Handler) -> None:
        if handler.headers["Authorization"] not in {f"Bearer {TOKEN}", "Bearer another"}:
            said = f"Unrecognised access token {handler.headers['Authorization']}"
            handler.json({"errcode": "M_UNKNOWN_TOKEN", "error": said}, 401)
            return
        parts = [unquote(part) for part in urlsplit(handler.path).path.split("/")]
        match parts[4:]:
            case ["account", "whoami"]:
                handler.json({"user_id": ME})
            case ["rooms", room, "send", "m.room.message", transaction] if room == ROOM:
                known = self.transactions
                place = (str(handler.headers["Authorization"]), transaction)
                with self._lock:
                    if place not in known:
                        known[place] = self.say(json.loads(handler.body))
                handler.json({"event_id": known[place]})
            case ["rooms", room, "event", identity] if room == ROOM:
                found = [event for event in self.events if event["event_id"] == identity]
                handler.json(*((found[0],) if found else ({"errcode": "M_NOT_FOUND"}, 404)))
            case ["rooms", room, "messages"] if room == ROOM:
                self._page(handler)
            case ["rooms", room, "state", "m.room.encryption"] if room == ROOM and self.encrypted:
                handler.json({"algorithm": "m.megolm.v1.aes-sha2"})
            case ["rooms", room, "joined_members"] if room == ROOM:
                handler.json({"joined": {ME: {}, "@ana:a.example": {}}})
            case ["rooms", room, *_] if room != ROOM:
                handler.json({"errcode": "M_FORBIDDEN", "error": "You are not in the room"}, 403)
            case _:
                handler.json({"errcode": "M_NOT_FOUND", "error": "nothing"}, 404)

    def _page(self, handler: Handler) -> None:
        query = handler.query()
        wanted = json.loads(query["filter"])
        start = int(query.get("from", "0"))
        newest = list(reversed(self.events))[start : start + int(query["limit"])]
        end = start + len(newest)
        chunk = [event for event in newest if event["sender"] in wanted["senders"]]
        handler.json({"chunk": chunk, **({"end": str(end)} if end < len(self.events) else {})})
