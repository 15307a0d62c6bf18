"""The publish protocol: what is asked of a platform for a slot, and what follows from its answer.

A doubtful call is settled by a look, a provable absence by the same key again, anything else by a person.
Nothing is repeated in silence and nothing fails in silence.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.domain.journal import EntryType
from engine.domain.lifecycle import tasking
from engine.domain.lifecycle.state import Draft
from engine.domain.lifecycle.watching import see
from engine.domain.messages import Find, Publish
from engine.domain.publication import Post, PublishOutcome, PublishStatus
from engine.domain.records import Activity, Slot, SlotPhase, TaskKind, TaskState, slot_id

MOST_SENDS = 3


def send(draft: Draft, slot: Slot, *, known_absent: bool = False) -> None:
    """Ask for the publication of a slot that has its post."""
    if slot.post is None:
        return
    sent = slot.model_copy(update={"phase": SlotPhase.PUBLISHING, "sends": slot.sends + 1, "look_at": None})
    draft.slots[slot.id] = sent
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
    if slot is None or slot.post is None or slot.phase not in (SlotPhase.PUBLISHING, SlotPhase.FINDING):
        return
    match outcome.status:
        case PublishStatus.PUBLISHED:
            published(draft, slot, slot.post, outcome, t)
        case PublishStatus.ASKED:
            title = f"Post on {slot.channel}: {slot.post.item.title or slot.post.item.id}"
            hold(draft, slot, t, TaskKind.POST, title, outcome.message or "This channel is fed by hand.")
        case PublishStatus.MAYBE if slot.phase is SlotPhase.PUBLISHING:
            _settle(draft, slot, outcome, t)
        case PublishStatus.ABSENT if slot.phase is SlotPhase.FINDING and not slot.post.claimed_link:
            _absent(draft, slot, outcome, t)
        case PublishStatus.REFUSED | PublishStatus.EXHAUSTED:
            _failed(draft, slot, outcome, t)
        case _:
            _unknown(draft, slot, outcome, t)


def published(
    draft: Draft, slot: Slot, post: Post, outcome: PublishOutcome, t: datetime, *, by: str = ""
) -> None:
    """Close a slot as published and let the channel's clock start again."""
    draft.slots.pop(slot.id, None)
    at = min(outcome.at or t, t)
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
    see(draft, slot.channel, (Activity(at=at, ref=outcome.url or post.key, title=title),))


def _settle(draft: Draft, slot: Slot, outcome: PublishOutcome, t: datetime) -> None:
    waiting = slot.model_copy(update={"phase": SlotPhase.SETTLING, "look_at": t + outcome.settle})
    draft.slots[slot.id] = waiting
    if outcome.settle <= timedelta(0):
        look(draft, waiting)


def _absent(draft: Draft, slot: Slot, outcome: PublishOutcome, t: datetime) -> None:
    if slot.sends < MOST_SENDS:
        send(draft, slot)
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
    task = draft.tasks.get(slot.task or "")
    why = outcome.message or "the platform cannot tell whether the post is there"
    if task is not None and slot.post is not None and slot.post.claimed_link:
        draft.slots[slot.id] = slot.model_copy(update={"phase": SlotPhase.ASKED})
        summary = f"the link {slot.post.claimed_link} could not be verified: {why}"
        tasking.update_task(draft, task, summary, t, state=TaskState.OPEN)
        return
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


def _supersede(draft: Draft, newer: Slot, t: datetime) -> None:
    """Close older slots of the action that still wait for a person, so that stale posts never pile up.

    A slot whose post may be out there is never closed this way: somebody must look.
    """
    for slot in list(draft.slots.values()):
        task = draft.tasks.get(slot.task or "")
        waits = slot.phase is SlotPhase.ASKED and task is not None and task.kind is not TaskKind.VERIFY
        if waits and slot.action == newer.action and slot.instant < newer.instant:
            tasking.close_tasks_of(draft, slot.id, "the next slot came before anybody did it", t, done=False)
            skip(draft, slot.action, slot.instant, t, "nobody did it before the next slot came")


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
