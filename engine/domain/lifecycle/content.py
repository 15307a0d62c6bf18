"""Which item of an action's content the next slot takes, and the post that comes of it."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from engine.domain.items import ContentItem
from engine.domain.lifecycle.state import Draft
from engine.domain.publication import Post, slot_key
from engine.domain.strategy import Action


def unused(draft: Draft, action: Action) -> list[ContentItem]:
    """Return the items that were not posted yet, in the plan's order."""
    used = set(draft.used.get(action.name, ()))
    return [item for item in draft.plan.content.get(action.name, ()) if item.id not in used]


def in_turn(draft: Draft, action: Action) -> list[ContentItem]:
    """Return the items in the order in which the coming slots take them, each once."""
    fresh = unused(draft, action)
    if not action.content.repeat:
        return fresh
    known = {item.id: item for item in draft.plan.content.get(action.name, ())}
    return [*fresh, *(known[used] for used in draft.used.get(action.name, ()) if used in known)]


def next_post(draft: Draft, action: Action, slot: datetime) -> Post | None:
    """Take the next item for a slot: the first unused one, or with `repeat` the one used longest ago."""
    account = draft.plan.accounts.get(draft.plan.channels[action.channel].account)
    item = next(iter(in_turn(draft, action)), None)
    if account is None or item is None:
        return None
    known = {each.id for each in draft.plan.content[action.name]} - {item.id}
    used = tuple(identity for identity in draft.used.get(action.name, ()) if identity in known)
    draft.used[action.name] = (*used, item.id)
    number = draft.count(f"posts/{action.name}")
    rendered = render(item.on(action.channel), slot, action.schedule.timezone or draft.plan.zone, number)
    return Post(
        key=slot_key(draft.strategy, action.name, slot, rendered),
        strategy=draft.strategy,
        action=action.name,
        kind=action.kind,
        slot=slot,
        channel=draft.plan.channels[action.channel],
        account=account,
        item=rendered,
    )


def release(draft: Draft, action: str, post: Post | None) -> None:
    """Give back the item of a post that never went out, so that a later slot takes it."""
    if post is not None and action in draft.used:
        draft.used[action] = tuple(used for used in draft.used[action] if used != post.item.id)


def render(item: ContentItem, slot: datetime, zone: str, number: int) -> ContentItem:
    """Replace {date}, {time} and {number} by the slot's local date and time and the running number."""
    local = slot.astimezone(ZoneInfo(zone))
    words = {"{date}": f"{local:%Y-%m-%d}", "{time}": f"{local:%H:%M:%S}", "{number}": str(number)}
    title, body = item.title, item.body
    for mark, word in words.items():
        title, body = title.replace(mark, word), body.replace(mark, word)
    return item.model_copy(update={"title": title, "body": body})
