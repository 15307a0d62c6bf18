"""Facts of posts, posted or to come: what their item says, and what on other channels is nearly the same.

A post is named `<action>.<id of its item>`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache

from engine.domain.items import ContentItem
from engine.domain.likeness import sketch
from engine.domain.records import Activity
from rules.duplicates import LOOK_BACK, USUAL, Repetition, Text, nearest, texts
from rules.language.times import read_instant
from rules.past import Computed, Past


def _item(past: Past, post: str) -> tuple[ContentItem | None, str]:
    """Return a post's item, None when the plan has it no more, and the name of its channel."""
    name, _, identity = post.partition(".")
    action = past.plan.actions.get(name)
    items = past.plan.content.get(name, ())
    item = next((each for each in items if each.id == identity), None)
    return item, action.channel if action else ""


def _of_item(part: Callable[[ContentItem], object]) -> Computed:
    def read(past: Past, post: str) -> object:
        item, _ = _item(past, post)
        return None if item is None else part(item)

    return read


_sketch = lru_cache(maxsize=4096)(sketch)


def _neighbours(past: Past, post: str) -> list[Repetition]:
    return past.once(f"neighbours of {post}", lambda: _compare(past, post))


def _compare(past: Past, post: str) -> list[Repetition]:
    """Return for each other channel the text there that is nearest to the post's, be it posted or still to come."""
    item, own = _item(past, post)
    others = {name: texts(past, name, LOOK_BACK) for name in past.plan.channels if name != own}
    at = _at(past, post)
    mine = item and _text(item, at or past.at, f"post/{post}")
    if not mine:
        return []
    planned = past.once("posts to come", lambda: _planned(past))
    within = USUAL.within if at else None
    found = (
        nearest(mine, {name: [*posted, *planned.get(name, ())]}, within) for name, posted in others.items()
    )
    return [pair for pair in found if pair is not None]


def _planned(past: Past) -> dict[str, list[Text]]:
    """Return the posts that are still to come, by channel, in order of time."""
    found: dict[str, list[Text]] = {}
    for subject in past.circumstances.facts:
        kind, _, post = subject.partition("/")
        at = _at(past, post) if kind == "post" else None
        item, channel = _item(past, post) if at is not None else (None, "")
        text = _text(item, at, subject) if item is not None and at is not None and at > past.at else None
        if text is not None:
            found.setdefault(channel, []).append(text)
    return {channel: sorted(each, key=lambda text: text.at) for channel, each in found.items()}


def _text(item: ContentItem, at: datetime, ref: str) -> Text | None:
    text = _sketch(item.body, item.title)
    return Text.of(Activity(at=at, ref=ref, title=item.title, sketch=text)) if text else None


def _at(past: Past, post: str) -> datetime | None:
    told = past.circumstances.facts.get(f"post/{post}", {}).get("post.at")
    return read_instant(told) if isinstance(told, str) else None


def _similarity(past: Past, post: str) -> float | None:
    return max((pair.likeness for pair in _neighbours(past, post)), default=None)


def _same_on(past: Past, post: str) -> int | None:
    found = _neighbours(past, post)
    return sum(pair.likeness >= USUAL.similarity for pair in found) if found else None


POSTS: Mapping[str, Computed] = {
    "post.id": _of_item(lambda item: item.id),
    "post.title": _of_item(lambda item: item.title),
    "post.body": _of_item(lambda item: item.body),
    "post.tags": _of_item(lambda item: item.tags),
    "post.link": _of_item(lambda item: item.link),
    "post.length": _of_item(lambda item: len(item.body)),
    "post.channel": lambda past, post: _item(past, post)[1] or None,
    "post.similarity": _similarity,
    "post.same_on": _same_on,
}
