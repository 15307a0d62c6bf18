"""Slots: what becomes of one when its instant has come.

It may be posted, skipped, moved past a blackout, or held until a person decides; each with its reason.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.domain.journal import EntryType
from engine.domain.lifecycle import tasking
from engine.domain.lifecycle.content import next_post
from engine.domain.lifecycle.publishing import hold, look, send, skip
from engine.domain.lifecycle.state import Draft
from engine.domain.occurrences import blackout_at, next_slot, shifted
from engine.domain.records import Slot, SlotPhase, TaskKind
from engine.domain.strategy import Action
from engine.domain.words import moment, span


def advance(draft: Draft, t: datetime) -> None:
    """Handle every slot whose instant has come, and every open slot that waited for this instant."""
    for name in [name for name, instant in draft.upcoming.items() if instant <= t]:
        action = draft.plan.actions.get(name)
        instant = draft.upcoming.pop(name)
        if action is None:
            continue
        schedule_next(draft, action, instant)
        _come(draft, action, instant, t)
    for slot in list(draft.slots.values()):
        if slot.look_at is None or slot.look_at > t:
            continue
        if slot.phase is SlotPhase.SHIFTED:
            draft.slots.pop(slot.id)
            _fill(draft, draft.plan.actions.get(slot.action), slot.instant, t)
        elif slot.phase is SlotPhase.SETTLING:
            look(draft, slot)


def schedule_next(draft: Draft, action: Action, after: datetime) -> None:
    """Put the action's next slot into the state."""
    following = next_slot(action.schedule, draft.plan.zone, after)
    if following is not None:
        draft.upcoming[action.name] = following


def _come(draft: Draft, action: Action, instant: datetime, t: datetime) -> None:
    pause = paused_by(draft, action, t)
    if pause is not None:
        skip(draft, action.name, instant, t, f"{pause} is paused")
        return
    schedule, zone = action.schedule, draft.plan.zone
    blackout = blackout_at(schedule, zone, instant)
    if blackout is not None:
        _in_blackout(draft, action, instant, t, blackout.reason or "a blackout")
        return
    late = draft.now - instant
    following = draft.upcoming.get(action.name)
    if schedule.misfire.catch_up == "latest" and following is not None and following <= draft.now:
        skip(draft, action.name, instant, t, f"it was {span(late)} late and a newer slot has come")
    elif late <= schedule.misfire.grace or schedule.misfire.then == "post":
        _fill(draft, action, instant, t)
    elif schedule.misfire.then == "ask":
        ask_person(draft, action, instant, t, f"The slot came {span(late)} late; post it now or drop it?")
    else:
        grace = span(schedule.misfire.grace)
        skip(draft, action.name, instant, t, f"it was {span(late)} late; the plan's grace is {grace}")


def _in_blackout(draft: Draft, action: Action, instant: datetime, t: datetime, why: str) -> None:
    policy = action.schedule.blackout_policy
    if policy == "skip":
        skip(draft, action.name, instant, t, f"blackout: {why}")
        return
    if policy == "hold":
        ask_person(draft, action, instant, t, f"The slot falls into {why}; post it all the same or drop it?")
        return
    due = shifted(action.schedule, draft.plan.zone, instant)
    following = draft.upcoming.get(action.name)
    if following is not None and following <= due:
        skip(draft, action.name, instant, t, f"blackout: {why}; the next slot comes before its new time")
        return
    slot = Slot(
        action=action.name,
        channel=action.channel,
        instant=instant,
        due=due,
        phase=SlotPhase.SHIFTED,
        look_at=due,
    )
    draft.slots[slot.id] = slot
    summary = f"{slot.id} moves to {moment(due, draft.plan.zone)}: {why}"
    draft.note(EntryType.SLOT_HELD, f"channel/{action.channel}", summary, t, slot=slot)


def paused_by(draft: Draft, action: Action, t: datetime) -> str | None:
    """Return the scope of the pause that holds this action now, if any."""
    scopes = ("strategy", f"channel/{action.channel}", f"action/{action.name}")
    for pause in draft.pauses:
        if pause.scope in scopes and pause.start <= t and (pause.end is None or t < pause.end):
            return pause.scope
    return None


def _fill(draft: Draft, action: Action | None, instant: datetime, t: datetime) -> None:
    """Give the slot its content and send it; a slot without content is skipped and somebody is asked for some."""
    if action is None:
        return
    post = next_post(draft, action, instant)
    if post is None:
        skip(draft, action.name, instant, t, "there is nothing left to post")
        tasking.open_task(
            draft,
            TaskKind.CONTENT,
            f"Write the next posts for {action.channel}",
            f"{action.name} has no unused content left; its slots pass unused until there is some.",
            f"channel/{action.channel}",
            t,
            due=t + timedelta(days=1),
            assignee=action.assignee,
            cause=_content_cause(action.name),
        )
        return
    send(
        draft,
        Slot(
            action=action.name,
            channel=action.channel,
            instant=instant,
            due=t,
            phase=SlotPhase.PUBLISHING,
            post=post,
        ),
    )


def ask_person(draft: Draft, action: Action, instant: datetime, t: datetime, why: str) -> None:
    """Hold a slot until a person decides whether it is posted."""
    post = next_post(draft, action, instant)
    if post is None:
        _fill(draft, action, instant, t)
        return
    slot = Slot(
        action=action.name, channel=action.channel, instant=instant, due=t, phase=SlotPhase.ASKED, post=post
    )
    hold(draft, slot, t, TaskKind.DECIDE, f"Post or drop: {action.name}", why)
    draft.note(
        EntryType.SLOT_ASKED, f"channel/{slot.channel}", f"{slot.id} waits for a decision: {why}", t, why=why
    )


def drop(draft: Draft, slot: Slot, t: datetime, by: str) -> None:
    """Close a slot because a person said so; its content is free for the next slot again."""
    tasking.close_tasks_of(draft, slot.id, "dropped", t, by=by)
    if slot.post is not None:
        used = draft.used.get(slot.action, ())
        draft.used[slot.action] = tuple(identity for identity in used if identity != slot.post.item.id)
    skip(draft, slot.action, slot.instant, t, f"dropped by {by or 'a person'}", by=by)


def content_arrived(draft: Draft, action: str, t: datetime) -> None:
    """Close the task that asked for more content of an action."""
    tasking.close_tasks_of(draft, _content_cause(action), "there is new content", t)


def cancel_tasks(draft: Draft, slot: Slot, t: datetime) -> None:
    """Close the tasks of a slot that nobody needs to decide any more."""
    tasking.close_tasks_of(draft, slot.id, "its action left the plan", t, done=False)


def _content_cause(action: str) -> str:
    return f"content/{action}"
