"""A small Mastodon on the local web server: it remembers keys, renders HTML and counts, and can be another server."""

from __future__ import annotations

import html
import json
import re
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.adapters.local_server import Handler, Route, Server

TOKEN = "hunter2-Zq8"
_START = datetime(2026, 1, 5, 8, 0, 1, tzinfo=UTC)


def rendered(text: str) -> str:
    """Make HTML as Mastodon does: paragraphs, shortened links that still hold the whole address, mentions."""

    def link(found: re.Match[str]) -> str:
        scheme, rest = found[0].split("://", 1)
        cut = f'<span class="ellipsis">{rest[:30]}</span><span class="invisible">{rest[30:]}</span>'
        return f'<a href="{found[0]}"><span class="invisible">{scheme}://</span>{cut}</a>'

    def mention(found: re.Match[str]) -> str:
        return f'<span class="h-card"><a href="https://{found[2]}/@{found[1]}">@<span>{found[1]}</span></a></span>'

    escaped = html.escape(text, quote=False)
    linked = re.sub(r"@(\w+)@([\w.]+\w)", mention, re.sub(r"https?://[^\s()]+", link, escaped))
    tagged = re.sub(r"#(\w+)", r'<a href="/tags/\1" rel="tag">#<span>\1</span></a>', linked)
    return "".join(f"<p>{part.replace(chr(10), '<br />')}</p>" for part in tagged.split("\n\n"))


class Mastodon:
    """Statuses are kept newest first. `honours_keys` and `version` make another server of it."""

    def __init__(self, server: Server, start: datetime = _START) -> None:
        self.server, self._start = server, start
        self.statuses: list[dict[str, Any]] = []
        self.keys: dict[str, dict[str, Any]] = {}
        self.uploads: dict[str, str] = {}
        self.mentions: list[dict[str, Any]] = []
        self.honours_keys = True
        self._lock = threading.Lock()  # each request has a thread of its own
        self.version = "4.5.2"
        self.render = rendered
        server.add("/api/v1/statuses", self._signed(self._post))
        server.add("/api/v2/media", self._signed(self._upload))
        server.add("/api/v2/instance", self._instance)
        server.add("/api/v1/accounts/verify_credentials", self._signed(self._me))
        server.add("/api/v1/notifications", self._signed(self._notifications))
        server.add("/api/v1/accounts/lookup", self._me)
        server.add("/api/v1/accounts/7/statuses", self._list)

    @property
    def url(self) -> str:
        return self.server.url("")

    def count(self, text: str) -> int:
        return sum(status["text"] == text for status in self.statuses)

    def add(self, text: str, at: datetime | None = None, **more: Any) -> dict[str, Any]:
        number = str(100 + len(self.statuses))
        made = {
            "id": number,
            "created_at": (at or self._start + timedelta(seconds=len(self.statuses))).isoformat(),
            "url": f"{self.url}/@tacos/{number}",
            "content": self.render(text),
            "text": text,
            "favourites_count": 3,
            "reblogs_count": 2,
            "replies_count": 1,
            **more,
        }
        self.statuses.insert(0, made)
        self.statuses.sort(key=lambda status: str(status["created_at"]), reverse=True)
        self.server.add(f"/api/v1/statuses/{number}", lambda handler: handler.json(made))
        return made

    def mention(self, at: datetime, identity: str, **more: Any) -> None:
        """Let somebody mention the account."""
        status = {"id": identity, "created_at": at.isoformat(), "content": "<p>@tacos When?</p>", **more}
        noted = {"id": f"n{identity}", "type": "mention", "created_at": at.isoformat(), "status": status}
        self.mentions.append(noted)
        self.mentions.sort(key=lambda each: str(each["created_at"]), reverse=True)

    def _notifications(self, handler: Handler) -> None:
        query = handler.query()
        assert query["types[]"] == "mention"
        places = {each["id"]: place for place, each in enumerate(self.mentions)}
        shown = self.mentions[places[query["max_id"]] + 1 :] if "max_id" in query else self.mentions
        handler.json(shown[: int(query["limit"])])

    def _signed(self, route: Route) -> Route:
        def checked(handler: Handler) -> None:
            if handler.headers["Authorization"] == f"Bearer {TOKEN}":
                route(handler)
            else:
                handler.json(
                    {"error": f"The access token is invalid: {handler.headers['Authorization']}"},
                    401,
                )

        return checked

    def _post(self, handler: Handler) -> None:
        asked, key = json.loads(handler.body), handler.headers["Idempotency-Key"]
        if len(asked["status"]) > 500:
            handler.json({"error": "Validation failed: Text character limit of 500 exceeded"}, 422)
            return
        with self._lock:
            if not (self.honours_keys and key in self.keys):
                self.keys[key] = self.add(asked["status"], asked=asked)
        handler.json(self.keys[key])

    def _upload(self, handler: Handler) -> None:
        number = str(len(self.uploads) + 1)
        self.uploads[number] = handler.body.decode("latin-1")
        self.server.add(f"/api/v1/media/{number}", lambda other: other.json({"id": number}))
        handler.json({"id": number, "type": "image"})

    def _instance(self, handler: Handler) -> None:
        statuses = {"max_characters": 700, "max_media_attachments": 6, "characters_reserved_per_url": 20}
        media = {
            "supported_mime_types": ["image/png", "video/mp4"],
            "image_size_limit": 1000,
            "description_limit": 99,
        }
        configuration = {"statuses": statuses, "media_attachments": media}
        handler.json({"version": self.version, "configuration": configuration})

    def _me(self, handler: Handler) -> None:
        handler.json({"id": "7", "followers_count": 11, "following_count": 5, "statuses_count": 42})

    def _list(self, handler: Handler) -> None:
        query = handler.query()
        places = {each["id"]: place for place, each in enumerate(self.statuses)}
        shown = self.statuses[places[query["max_id"]] + 1 :] if "max_id" in query else self.statuses
        if query["exclude_replies"] == "true":
            shown = [each for each in shown if not each.get("in_reply_to_id")]
        handler.json(shown[: int(query["limit"])])
