"""Comments that wait: for a moderator, or for an answer by somebody who writes on the site."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import field_validator

from adapters.api import Answer, Seen
from adapters.platforms.wordpress.rest import Rest, in_utc
from engine.domain.errors import PublishError, Trouble

_PAGE, _MOST_PAGES = 100, 5
# The site reads times without a zone as its own, so one day more is asked for than is counted.
_SLACK = timedelta(days=1)
_TOTAL = "X-WP-Total"


class _Comment(Seen):
    id: int
    parent: int = 0
    author: int = 0
    date_gmt: datetime

    _in_utc = field_validator("date_gmt")(in_utc)


class _User(Seen):
    id: int


def total_of(answer: Answer) -> float | None:
    """Return how many there are of what was asked for, None when the site does not say."""
    text = answer.headers.get(_TOTAL, "")
    return float(text) if text.isdigit() else None


async def open_replies(rest: Rest, since: datetime) -> float | None:
    """Return how many comments are held back, or were shown since then and have no answer from the house.

    The house is everybody who may write posts. None when the user may not see this, or there is more than is read.
    Raises PublishError.
    """
    try:
        held = total_of(await rest.get("/comments", status="hold", per_page="1", _fields="id"))
        authors = await rest.get("/users", who="authors", per_page=str(_PAGE), _fields="id")
    except PublishError as error:
        if error.trouble is Trouble.FORBIDDEN:
            return None
        raise
    comments = await _shown(rest, since)
    if held is None or comments is None or (total_of(authors) or 0) > _PAGE:
        return None
    house = {user.id for user in authors.read_list(_User)}
    answered = {comment.parent for comment in comments if comment.author in house}
    waiting = (each for each in comments if each.author not in house and each.id not in answered)
    return held + sum(each.date_gmt >= since for each in waiting)


async def _shown(rest: Rest, since: datetime) -> list[_Comment] | None:
    found = list[_Comment]()
    for page in range(1, _MOST_PAGES + 1):
        answer = await rest.get(
            "/comments",
            after=f"{since - _SLACK:%Y-%m-%dT%H:%M:%S}",
            orderby="date_gmt",
            per_page=str(_PAGE),
            page=str(page),
            _fields="id,parent,author,date_gmt",
        )
        found += answer.read_list(_Comment)
        total = total_of(answer)
        if total is None or total <= len(found):
            return None if total is None else found
    return None
