"""The publish protocol: what is asked of a platform for a slot, and what follows from its answer.

A doubtful call is settled by a look, a provable absence by the same key again, anything else by a person.
Nothing is repeated in silence and nothing fails in silence.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.domain.journal import EntryType
from engine.domain.lifecycle import content, pausing, tasking
from engine.domain.lifecycle.state import Draft
from engine.domain.lifecycle.watching import is_datable, see
from engine.domain.messages import Find, Publish
from engine.domain.publication import Post, PublishOutcome, PublishStatus, post_name
from engine.domain.records import Activity, Slot, SlotPhase, TaskKind, TaskState, slot_id

MOST_SENDS = 3


def send(draft: Draft, slot: Slot, *, known_absent: bool = False) -> None:
    """Ask for the publication of a slot that has its post."""
    if slot.post is None:
        return
    changes = {"phase": SlotPhase.PUBLISHING, "sends": slot.sends + 1, "look_at": None, "task": None}
    draft.slots[slot.id] = slot.model_copy(update=changes)
    draft.ask(Publish(slot=slot.id, post=slot.post, known_absent=known_absent))


def look(draft: Draft, slot: Slot, link: str | None = None) -> None:
    """Ask for a look whether the post is there, or whether the link that a person pasted is it."""
    if slot.post is None:
        return
    post = slot.post.model_copy(update={"claimed_link": link}) if link else slot.post
    draft.slots[slot.id] = slot.model_copy(update={"phase": SlotPhase.FINDING, "look_at": None, "post": post})
    draft.ask(Find(slot=slot.id, post=post))


def hold(draft: Draft, slot: Slot, t: datetime, kind: TaskKind, title: str, why: str) -> None:
    """Put a slot into the hands of a person, with a task."""
    _supersede(draft, slot, t)
    action = draft.plan.actions.get(slot.action)
    task = tasking.open_task(
        draft,
        kind,
        title,
        why,
        f"channel/{slot.channel}",
        t,
        due=t + (action.due_within if action else timedelta(days=1)),
        assignee=action.assignee if action else None,
        cause=slot.id,
    )
    draft.slots[slot.id] = slot.model_copy(
        update={"phase": SlotPhase.ASKED, "look_at": None, "task": task.id}
    )


def finished(draft: Draft, identity: str, outcome: PublishOutcome, t: datetime) -> None:
    """Take a platform's answer into the life of its slot; an answer for a closed slot changes nothing."""
    slot = draft.slots.get(identity)
    if slot is None or slot.post is None or not slot.sends:
        return
    if outcome.status is PublishStatus.PUBLISHED:
        # Good news counts whenever it comes, also when somebody was asked to look meanwhile.
        published(draft, slot, slot.post, outcome, t)
    elif slot.phase is SlotPhase.PUBLISHING:
        _sent(draft, slot, slot.post, outcome, t)
    elif slot.phase is SlotPhase.FINDING:
        _looked(draft, slot, slot.post, outcome, t)


def _sent(draft: Draft, slot: Slot, post: Post, outcome: PublishOutcome, t: datetime) -> None:
    match outcome.status:
        case PublishStatus.ASKED:
            title = f"Post on {slot.channel}: {post.item.title or post.item.id}"
            hold(draft, slot, t, TaskKind.POST, title, outcome.message or "This channel is fed by hand.")
        case PublishStatus.MAYBE:
            _settle(draft, slot, outcome, t)
        case PublishStatus.REFUSED | PublishStatus.EXHAUSTED:
            _failed(draft, slot, outcome, t)
        case _:
            _unknown(draft, slot, outcome, t)


def _looked(draft: Draft, slot: Slot, post: Post, outcome: PublishOutcome, t: datetime) -> None:
    """Take the answer to a look. Only a proof of absence counts: a look that failed says nothing about the post."""
    if post.claimed_link:
        _not_verified(draft, slot, post, outcome, t)
    elif outcome.status is PublishStatus.ABSENT:
        _absent(draft, slot, outcome, t)
    else:
        _unknown(draft, slot, outcome, t)


def published(
    draft: Draft, slot: Slot, post: Post, outcome: PublishOutcome, t: datetime, *, by: str = ""
) -> None:
    """Close a slot as published and let the channel's clock start again."""
    draft.slots.pop(slot.id, None)
    at = outcome.at if outcome.at is not None and is_datable(outcome.at, t) else t
    title = post.item.title or post.item.id
    where = f" {outcome.url}" if outcome.url else ""
    draft.note(
        EntryType.SLOT_PUBLISHED,
        f"channel/{slot.channel}",
        f"“{title}” was published{where}",
        t,
        action=slot.action,
        slot=slot.instant.isoformat(),
        key=post.key,
        url=outcome.url,
        late_seconds=max(0.0, (t - slot.due).total_seconds()),
        by=by,
    )
    tasking.close_tasks_of(draft, slot.id, "published", t, by=by)
    action = draft.plan.actions.get(slot.action)
    if action is not None:
        draft.done[action.kind] = max(at, draft.done.get(action.kind, at))
        if draft.plan.judges_posts:
            draft.posted[post_name(action.name, post.item.id)] = at
    see(draft, slot.channel, (Activity(at=at, ref=outcome.url or post.key, title=title),))


def _settle(draft: Draft, slot: Slot, outcome: PublishOutcome, t: datetime) -> None:
    look_at = min(t, outcome.since or t) + outcome.settle
    under_way = max(filter(None, (slot.under_way_until, outcome.under_way_until)), default=None)
    waiting = _wait(draft, slot.model_copy(update={"under_way_until": under_way}), look_at)
    if look_at <= t:
        look(draft, waiting)


def _wait(draft: Draft, slot: Slot, until: datetime) -> Slot:
    waiting = slot.model_copy(update={"phase": SlotPhase.SETTLING, "look_at": until})
    draft.slots[slot.id] = waiting
    return waiting


def _absent(draft: Draft, slot: Slot, outcome: PublishOutcome, t: datetime) -> None:
    pause = pausing.holding(draft, slot.action, slot.channel, t)
    if pause is None and slot.sends < MOST_SENDS:
        send(draft, slot)
    elif slot.under_way_until is not None and t < slot.under_way_until:
        _wait(draft, slot, slot.under_way_until)
    elif pause is not None:
        abandon(draft, slot, t, f"it did not arrive, and {pause} is paused")
    else:
        _failed(draft, slot, outcome, t)


def _failed(draft: Draft, slot: Slot, outcome: PublishOutcome, t: datetime) -> None:
    why = outcome.message or "the platform refused it"
    draft.note(
        EntryType.SLOT_FAILED,
        f"channel/{slot.channel}",
        f"{slot.id} was not published: {why}",
        t,
        action=slot.action,
        slot=slot.instant.isoformat(),
        why=why,
    )
    hold(draft, slot, t, TaskKind.DECIDE, f"A post on {slot.channel} failed: post it again or drop it", why)


def _unknown(draft: Draft, slot: Slot, outcome: PublishOutcome, t: datetime) -> None:
    why = outcome.message or "the platform cannot tell whether the post is there"
    draft.note(
        EntryType.SLOT_UNKNOWN,
        f"channel/{slot.channel}",
        f"{slot.id} may or may not have been published: {why}",
        t,
        action=slot.action,
        slot=slot.instant.isoformat(),
        why=why,
    )
    hold(draft, slot, t, TaskKind.VERIFY, f"Look whether this post is on {slot.channel}", why)


def _not_verified(draft: Draft, slot: Slot, post: Post, outcome: PublishOutcome, t: datetime) -> None:
    """Give a task back to its person because the link that was pasted is not the post."""
    why = outcome.message or "the post was not found there"
    unclaimed = slot.model_copy(update={"post": post.model_copy(update={"claimed_link": None})})
    task = draft.tasks.get(slot.task or "")
    if task is None:
        _unknown(draft, unclaimed, outcome, t)
        return
    draft.slots[slot.id] = unclaimed.model_copy(update={"phase": SlotPhase.ASKED})
    summary = f"the link {post.claimed_link} could not be verified: {why}"
    tasking.update_task(draft, task, summary, t, state=TaskState.OPEN, link=None)


def _supersede(draft: Draft, newer: Slot, t: datetime) -> None:
    """Close older slots of the action that still wait for a person, so that stale posts never pile up.

    A slot whose post may be out there is never closed this way: somebody must look.
    """
    for slot in list(draft.slots.values()):
        waits = slot.phase is SlotPhase.ASKED and not is_doubtful(draft, slot)
        if waits and slot.action == newer.action and slot.instant < newer.instant:
            tasking.close_tasks_of(draft, slot.id, "the next slot came before anybody did it", t, done=False)
            abandon(draft, slot, t, "nobody did it before the next slot came")


def is_doubtful(draft: Draft, slot: Slot) -> bool:
    """Return whether somebody must look if the post of this slot is out there."""
    task = draft.tasks.get(slot.task or "")
    return slot.phase is SlotPhase.ASKED and task is not None and task.kind is TaskKind.VERIFY


def abandon(draft: Draft, slot: Slot, t: datetime, why: str, *, by: str = "") -> None:
    """Close a slot whose post is not out there; its content is free for a later slot again."""
    content.release(draft, slot.action, slot.post)
    skip(draft, slot.action, slot.instant, t, why, by=by)


def skip(draft: Draft, action: str, instant: datetime, t: datetime, why: str, *, by: str = "") -> None:
    """Close a slot without a post, and say why."""
    identity = slot_id(action, instant)
    draft.slots.pop(identity, None)
    channel = draft.plan.actions[action].channel if action in draft.plan.actions else action
    draft.note(
        EntryType.SLOT_SKIPPED,
        f"channel/{channel}",
        f"{identity} was skipped: {why}",
        t,
        action=action,
        slot=instant.isoformat(),
        why=why,
        by=by,
    )


def resume(draft: Draft) -> None:
    """Look after every post whose call was under way when the memory was lost: it may or may not be there."""
    for slot in list(draft.slots.values()):
        if slot.phase in (SlotPhase.PUBLISHING, SlotPhase.FINDING):
            look(draft, slot)
