"""What Bluesky takes, and what is wrong with an account or an item: pure, long before the slot."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.http import url_problem
from adapters.measures import exceeded, graphemes, utf8
from adapters.platforms.bluesky.records import parts_of, tags_of
from adapters.platforms.bluesky.settings import BlueskySettings
from adapters.platforms.bluesky.thread import MOST_BYTES, MOST_GRAPHEMES
from adapters.settings import problems, read
from engine.domain.items import ContentItem
from engine.domain.roles import Limits, Unit
from engine.domain.workspace import Account

# The schemas of app.bsky.feed.post and app.bsky.embed.images set these for every server of the network.
LIMITS = Limits(
    unit=Unit.GRAPHEMES,
    text=MOST_GRAPHEMES,
    text_bytes=MOST_BYTES,
    images=4,
    image_bytes=2_000_000,
    image_types=("image/jpeg", "image/png", "image/webp", "image/gif"),
)
_MOST_POSTS = 25
_MOST_TAGS, _TAG_GRAPHEMES, _TAG_BYTES = 8, 64, 640


def account_problems(account: Account) -> list[str]:
    """Return what is wrong with an account, one sentence each."""
    found = problems(BlueskySettings, account.settings)
    if "app_password" not in account.secrets:
        found.append(
            "The secret `app_password` is missing: a reference to an app password of the account, such as env:BLUESKY."
        )
    return found


def item_problems(account: Account, item: ContentItem, limits: Limits) -> list[str]:
    """Return what is wrong with an item, one sentence each; nothing when the account's own settings are wrong."""
    try:
        settings = read(BlueskySettings, account.settings)
    except ValueError:
        return []
    return [*_content(item), *_texts(item, settings, limits), *_tags(item)]


def _content(item: ContentItem) -> Iterator[str]:
    if not (item.title.strip() or item.body.strip() or item.images):
        yield f"The item {item.id!r} has no title, text or image; there is nothing to post."
    link = (item.link or "").strip()
    problem = url_problem(link) if link else None
    if problem or len(link.split()) > 1:
        yield f"The link of {item.id!r} {problem or 'holds white space'}; write a whole web address."


def _texts(item: ContentItem, settings: BlueskySettings, limits: Limits) -> Iterator[str]:
    if utf8(item.body) > _MOST_POSTS * MOST_BYTES:
        # Not even looked at: a book put here by mistake would hold `check` up.
        yield _too_many(item)
        return
    parts = parts_of(item, settings)
    if len(parts) == 1:
        yield from exceeded(item, parts[0].text, limits)
        return
    if len(parts) > _MOST_POSTS:
        yield _too_many(item)
    for part in parts:
        yield from exceeded(item.model_copy(update={"images": ()}), part.text, limits)
    yield from exceeded(item, "", limits)


def _too_many(item: ContentItem) -> str:
    return f"The text of {item.id!r} fills more than {_MOST_POSTS} posts; shorten it."


def _tags(item: ContentItem) -> Iterator[str]:
    tags = tags_of(item)
    if len(tags) > _MOST_TAGS:
        yield f"The item {item.id!r} has {len(tags)} tags, and {_MOST_TAGS} are taken; leave some out for this channel."
    for tag in tags:
        if graphemes(tag) > _TAG_GRAPHEMES or utf8(tag) > _TAG_BYTES:
            yield f"A tag of {item.id!r} is longer than {_TAG_GRAPHEMES} characters: {tag[:20]!r}…; shorten it."
