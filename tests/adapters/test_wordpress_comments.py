"""Comments on a WordPress site that wait: counted only where the site shows all that is needed to tell."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from adapters.platforms.wordpress.adapter import WordPressAdapter
from adapters.tools import Tools
from engine.domain.errors import PublishError
from engine.domain.workspace import Account
from tests.adapters.conftest import NOW
from tests.adapters.local_server import Handler, Server

EDITOR, AUTHOR = 1, 2


def comment(number: int, days_ago: float, author: int = 0, parent: int = 0) -> dict[str, Any]:
    written = (NOW - timedelta(days=days_ago)).replace(tzinfo=None).isoformat()
    return {"id": number, "parent": parent, "author": author, "date_gmt": written}


class Site:
    """The site: `comments` are shown, newest first, `held` wait for a moderator; two people write there."""

    def __init__(self, server: Server) -> None:
        self.server, self.held = server, 2
        self.comments: list[dict[str, Any]] = []
        server.say("/wp-json/wp/v2/posts", "[]", X_WP_Total="7")
        server.say("/wp-json/wp/v2/users", json.dumps([{"id": EDITOR}, {"id": AUTHOR}]), X_WP_Total="2")
        server.add("/wp-json/wp/v2/comments", self._comments)

    def _comments(self, handler: Handler) -> None:
        query = handler.query()
        if query.get("status") == "hold":
            return handler.answer(b"[]", 200, {"X_WP_Total": str(self.held)})
        size, start = int(query["per_page"]), (int(query.get("page", "1")) - 1) * int(query["per_page"])
        shown = self.comments[start : start + size]
        return handler.answer(json.dumps(shown).encode(), 200, {"X_WP_Total": str(len(self.comments))})


@pytest.fixture
def site(server: Server) -> Site:
    return Site(server)


async def waiting(tools: Tools, site: Site) -> float | None:
    account = Account(
        name="wp",
        platform="wordpress",
        settings={"url": site.server.url(""), "user": "ana"},
        secrets={"password": "env:WORDPRESS"},
    )
    measured = await WordPressAdapter(tools).measure(account, None, {"password": "x"})
    assert measured.values["posts"] == 7
    return measured.values["open_replies"]


async def test_what_is_held_back_and_what_the_house_has_not_answered_is_open(
    tools: Tools, site: Site
) -> None:
    site.comments = [
        comment(6, 1, AUTHOR, parent=3),
        comment(5, 2, author=9, parent=4),
        comment(4, 3),
        comment(3, 4),
        comment(2, 5, EDITOR),
        comment(1, 28.5),
    ]
    assert await waiting(tools, site) == 2 + 2, "numbers 4 and 5; whom another reader answered, waits for us"


async def test_comments_on_several_pages_are_counted_and_more_than_five_cannot_be_told(
    tools: Tools, site: Site
) -> None:
    site.comments = [comment(number, number / 100) for number in range(500)]
    assert await waiting(tools, site) == 2 + 500
    site.comments.append(comment(501, 5))
    assert await waiting(tools, site) is None


@pytest.mark.parametrize("path", ["comments", "users"])
async def test_a_user_who_may_not_see_it_gets_no_number_and_the_others_all_the_same(
    tools: Tools, site: Site, path: str
) -> None:
    refused = json.dumps({"code": "rest_forbidden_who", "message": "Sorry.", "data": {"status": 403}})
    if path == "users":
        site.server.say("/wp-json/wp/v2/users", refused, 403)
    else:
        shown = site.server.routes["/wp-json/wp/v2/comments"]
        site.server.add(
            "/wp-json/wp/v2/comments",
            lambda handler: (
                handler.answer(refused.encode(), 403, {}) if "hold" in handler.path else shown(handler)
            ),
        )
    assert await waiting(tools, site) is None


async def test_a_password_that_is_refused_is_an_error_and_no_missing_number(tools: Tools, site: Site) -> None:
    refused = json.dumps({"code": "incorrect_password", "message": "Wrong.", "data": {"status": 401}})
    site.server.say("/wp-json/wp/v2/users", refused, 401)
    with pytest.raises(PublishError, match="application password"):
        await waiting(tools, site)


async def test_a_site_that_says_no_totals_gets_no_number(tools: Tools, site: Site) -> None:
    site.server.say("/wp-json/wp/v2/comments", "[]")
    assert await waiting(tools, site) is None
