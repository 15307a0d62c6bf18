"""What the heart's own memory says of posts: when each was made or is due, and how far it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from engine.domain.lifecycle import content
from engine.domain.lifecycle.channel_facts import Known, slots_ahead
from engine.domain.lifecycle.state import Draft
from engine.domain.publication import PostState, post_name
from engine.domain.records import Slot, SlotPhase, TaskKind
from engine.domain.strategy import Action

# Older ones say nothing about what is done now, and every post that is told weighs on the strategy's history.
_BACK = timedelta(days=90)
_OF_TASK = {TaskKind.VERIFY: PostState.DOUBTFUL, TaskKind.POST: PostState.ASKED}


def of_posts(draft: Draft, t: datetime) -> Iterator[tuple[str, Known]]:
    """Yield the posts of the last 90 days, those under way and those of the next 14 days, as `<action>.<item>`.

    Of a post that comes again and again, what is next counts.
    """
    found = {name: (at, PostState.PUBLISHED) for name, at in draft.posted.items() if at > t - _BACK}
    for action in draft.plan.strategy.actions:
        found |= {name: (at, PostState.PLANNED) for name, at in _planned(draft, action, t)}
    for slot in draft.slots.values():
        if slot.post is not None:
            found[post_name(slot.action, slot.post.item.id)] = (slot.due, _state(draft, slot))
    for name, (at, state) in found.items():
        yield name, iter((("post.at", at), ("post.status", state)))


def _planned(draft: Draft, action: Action, t: datetime) -> Iterator[tuple[str, datetime]]:
    """Yield the items that the coming slots will take, if everything goes as planned."""
    shifted = (slot for slot in draft.slots.values() if slot.action == action.name and slot.post is None)
    slots = sorted([*(slot.due for slot in shifted), *slots_ahead(draft, action, t)])
    for item, at in zip(content.in_turn(draft, action), slots, strict=False):
        yield post_name(action.name, item.id), at


def _state(draft: Draft, slot: Slot) -> PostState:
    if slot.phase is not SlotPhase.ASKED:
        return PostState.PUBLISHING
    task = draft.tasks.get(slot.task or "")
    if task is not None and task.kind in _OF_TASK:
        return _OF_TASK[task.kind]
    # A person decides: after a call that failed, or before there was any.
    return PostState.FAILED if slot.sends else PostState.ASKED
