"""Slots: what becomes of one when its instant has come.

It may be posted, skipped, moved past a blackout, or held until a person decides; each with its reason.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.domain.journal import EntryType
from engine.domain.lifecycle import effective, pausing, tasking
from engine.domain.lifecycle.content import next_post
from engine.domain.lifecycle.publishing import abandon, hold, is_doubtful, look, send, skip
from engine.domain.lifecycle.state import Draft
from engine.domain.occurrences import blackout_at, next_slot, shifted
from engine.domain.records import Slot, SlotPhase, TaskKind
from engine.domain.strategy import Action
from engine.domain.words import moment, several, span

# An action with more open slots than these opens no further one. Doubtful ones are those that somebody must look at.
MOST_OPEN, MOST_DOUBTFUL = 100, 10


def advance(draft: Draft, t: datetime) -> None:
    """Handle every slot whose instant has come, and every open slot that waited for this instant."""
    for name, instant in sorted(draft.upcoming.items(), key=lambda pair: (pair[1], pair[0])):
        if instant <= t:
            del draft.upcoming[name]
            action = draft.plan.actions.get(name)
            if action is not None:
                schedule_next(draft, action, instant)
            _come(draft, name, instant, t)
    for slot in sorted(draft.slots.values(), key=lambda slot: (slot.instant, slot.action)):
        if slot.look_at is None or slot.look_at > t:
            continue
        if slot.phase is SlotPhase.SHIFTED:
            del draft.slots[slot.id]
            _come_late(draft, slot, t)
        elif slot.phase is SlotPhase.SETTLING:
            look(draft, slot)


def schedule_next(draft: Draft, action: Action, after: datetime) -> None:
    """Put the action's next slot into the state."""
    following = next_slot(action.schedule, draft.plan.zone, after)
    if following is not None:
        draft.upcoming[action.name] = following


def _come(draft: Draft, name: str, instant: datetime, t: datetime) -> None:
    action = _doing(draft, name, instant, t)
    if action is None:
        return
    blackout = blackout_at(action.schedule, draft.plan.zone, instant)
    if blackout is not None:
        _in_blackout(draft, action, instant, t, blackout.reason or "a blackout")
    else:
        _do(draft, action, instant, t, late=draft.now - instant)


def _come_late(draft: Draft, slot: Slot, t: datetime) -> None:
    """Do a slot that had moved behind a blackout, by the same rules as any other."""
    action = _doing(draft, slot.action, slot.instant, t)
    if action is not None:
        _do(draft, action, slot.instant, t, late=draft.now - slot.due)


def _doing(draft: Draft, name: str, instant: datetime, t: datetime) -> Action | None:
    """Return the action of a slot that has come; without one, or in a pause, the slot is skipped."""
    action = draft.plan.actions.get(name)
    if action is None:
        skip(draft, name, instant, t, "its action left the plan")
        return None
    pause = pausing.holding(draft, name, action.channel, t)
    if pause is not None:
        skip(draft, name, instant, t, f"{pause} is paused")
        return None
    most = effective.limit(draft, action.channel)
    if most is not None and _posts_in_period(draft, action.channel, t) >= most:
        skip(draft, name, instant, t, f"a rule allows only {several(most, 'post')} in a period just now")
        return None
    return action


def _posts_in_period(draft: Draft, channel: str, t: datetime) -> int:
    cadence = draft.plan.channels[channel].cadence
    since = t - cadence.period if cadence else t
    return sum(activity.at > since for activity in draft.channels[channel].recent)


def _do(draft: Draft, action: Action, instant: datetime, t: datetime, *, late: timedelta) -> None:
    """Do a slot now, or what its plan says about a slot that comes so late."""
    misfire, following = action.schedule.misfire, draft.upcoming.get(action.name)
    if misfire.catch_up == "latest" and following is not None and following <= draft.now:
        skip(draft, action.name, instant, t, f"it was {span(late)} late and a newer slot has come")
    elif late <= misfire.grace or misfire.then == "post":
        _fill(draft, action, instant, t)
    elif misfire.then == "ask":
        ask_person(draft, action, instant, t, f"The slot came {span(late)} late; post it now or drop it?")
    else:
        grace = span(misfire.grace)
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


def _crowded(draft: Draft, action: Action) -> str | None:
    """Return why no further slot of the action is opened, if too many are open: memory has its bounds."""
    mine = [slot for slot in draft.slots.values() if slot.action == action.name]
    doubtful = sum(is_doubtful(draft, slot) for slot in mine)
    if doubtful >= MOST_DOUBTFUL:
        return f"{doubtful} earlier posts may or may not be there; somebody must look first"
    return f"{len(mine)} earlier slots are still open" if len(mine) >= MOST_OPEN else None


def _fill(draft: Draft, action: Action, instant: datetime, t: datetime) -> None:
    """Give the slot its content and send it; a slot without content is skipped and somebody is asked for some."""
    crowded = _crowded(draft, action)
    if crowded is not None:
        skip(draft, action.name, instant, t, crowded)
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
    post = None if _crowded(draft, action) else next_post(draft, action, instant)
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
    abandon(draft, slot, t, f"dropped by {by or 'a person'}", by=by)


def content_arrived(draft: Draft, action: str, t: datetime) -> None:
    """Close the task that asked for more content of an action."""
    tasking.close_tasks_of(draft, _content_cause(action), "there is new content", t)


def end_those_of_nothing(draft: Draft, t: datetime) -> None:
    """Close what waited for a person on behalf of actions that are no longer in the plan.

    A post that may be out there, or is under way, still comes to its end.
    """
    why = "its action left the plan"
    for slot in list(draft.slots.values()):
        gone = slot.action not in draft.plan.actions
        if gone and (slot.phase is SlotPhase.SHIFTED or _waits(draft, slot)):
            tasking.close_tasks_of(draft, slot.id, why, t, done=False)
            abandon(draft, slot, t, why)
    known = {_content_cause(name) for name in draft.plan.actions}
    for task in list(draft.tasks.values()):
        if task.kind is TaskKind.CONTENT and task.cause not in known:
            tasking.close_task(draft, task, why, t, done=False)


def _waits(draft: Draft, slot: Slot) -> bool:
    return slot.phase is SlotPhase.ASKED and not is_doubtful(draft, slot)


def _content_cause(action: str) -> str:
    return f"content/{action}"
