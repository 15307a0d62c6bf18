"""Reviews: opened on their calendar and at checkpoints, with an agenda made from what happened."""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.domain import alerts, goals
from engine.domain.journal import EntryType
from engine.domain.lifecycle import tasking
from engine.domain.lifecycle.state import Draft
from engine.domain.messages import DecideReview
from engine.domain.occurrences import next_slot
from engine.domain.records import Momentum, ReviewDecision, ReviewRecord, TaskKind
from engine.domain.rule import Severity
from engine.domain.strategy import Review
from engine.domain.words import moment, span


def next_occasion(draft: Draft, review: Review, after: datetime) -> datetime | None:
    """Return the next instant at which the review opens: its schedule's or a checkpoint of the strategy's age."""
    occasions = [draft.started_at + age for age in review.checkpoints]
    occasions = [occasion for occasion in occasions if occasion > after]
    if review.schedule is not None:
        planned = next_slot(review.schedule, draft.plan.zone, after)
        occasions += [planned] if planned else []
    return min(occasions, default=None)


def schedule_next(draft: Draft, review: Review, after: datetime) -> None:
    """Put the review's next occasion into the state."""
    occasion = next_occasion(draft, review, after)
    draft.review_due.pop(review.name, None)
    if occasion is not None:
        draft.review_due[review.name] = occasion


def advance(draft: Draft, t: datetime) -> None:
    """Open the reviews that are due and call out those that nobody decided."""
    for name, due in sorted(draft.review_due.items(), key=lambda pair: (pair[1], pair[0])):
        review = draft.plan.reviews.get(name)
        if due <= t and review is not None:
            schedule_next(draft, review, due)
            _open(draft, review, due, t)
    for record in list(draft.reviews.values()):
        if not record.overdue and record.decide_by <= t:
            late = record.model_copy(update={"overdue": True})
            draft.reviews[late.id] = late
            summary = f"Review {late.name} ({late.occasion}) was not decided in time"
            draft.note(EntryType.REVIEW_OVERDUE, f"review/{late.name}", summary, t, review=late)
            body = "Decide: keep, change, stop or experiment."
            tasking.tell(
                draft, f"{late.id}/overdue", Severity.WARNING, summary, body, draft.plan.strategy.owner
            )


def _open(draft: Draft, review: Review, due: datetime, t: datetime) -> None:
    """Open one review; a newer occasion takes the place of one of the same name that nobody decided."""
    ages = {draft.started_at + age: age for age in review.checkpoints}
    occasion = f"checkpoint after {span(ages[due])}" if due in ages else f"of {moment(due, draft.plan.zone)}"
    _begin(draft, review, occasion, t)


def call(draft: Draft, review: Review, occasion: str, t: datetime) -> None:
    """Open a review out of turn, unless one of that name is open already."""
    if not any(record.name == review.name for record in draft.reviews.values()):
        _begin(draft, review, occasion, t)


def _begin(draft: Draft, review: Review, occasion: str, t: datetime) -> None:
    for old in [record for record in draft.reviews.values() if record.name == review.name]:
        _close(draft, old, ReviewDecision.KEEP, "superseded by the next review", "drumbeat", t)
    record = ReviewRecord(
        id=f"{review.name}-{draft.count('reviews')}",
        name=review.name,
        occasion=occasion,
        opened_at=t,
        decide_by=t + review.decide_within,
        agenda=agenda(draft, t),
        attendees=review.attendees,
    )
    draft.reviews[record.id] = record
    summary = f"Review {review.name} {occasion}: {len(record.agenda)} points, decide by {moment(record.decide_by, draft.plan.zone)}"
    draft.note(EntryType.REVIEW_OPENED, f"review/{review.name}", summary, t, review=record)
    body = "\n".join(f"- {point}" for point in record.agenda)
    for person in review.attendees or (draft.plan.strategy.owner,):
        tasking.tell(draft, f"{record.id}/opened/{person}", Severity.INFO, summary, body, person)


def end_those_of_nothing(draft: Draft, t: datetime) -> None:
    """Close the open reviews that are no longer in the plan."""
    for record in [record for record in draft.reviews.values() if record.name not in draft.plan.reviews]:
        _close(draft, record, ReviewDecision.KEEP, "the review left the plan", "drumbeat", t)


def agenda(draft: Draft, t: datetime) -> tuple[str, ...]:
    """Return the points to talk about: goals against their plan, quiet channels, alerts, overdue tasks."""
    points = []
    for goal in draft.plan.strategy.goals:
        metric = draft.metrics.get(goal.metric)
        points.append(goals.sentence(goal, metric.value if metric else None, t, draft.plan.zone))
    for name, channel in draft.channels.items():
        if channel.momentum in (Momentum.SLOWING, Momentum.SILENT, Momentum.DORMANT):
            points.append(f"Channel {name} is {channel.momentum}.")
    points += [
        f"{alert.rule}: {alert.because}"
        for alert in draft.alerts.values()
        if alerts.is_active(alert) and not alert.shadow
    ]
    points += [f"Overdue: {task.id} {task.title}" for task in draft.tasks.values() if task.due <= t]
    return tuple(points) or ("Nothing is out of order: is the plan still ambitious enough?",)


def decide(draft: Draft, order: DecideReview, by: str, t: datetime) -> str:
    """Record a decision; anything but `keep` becomes a revision task for the owner."""
    record = draft.reviews[order.review]
    draft.reviewed_at = t
    _close(draft, record, order.decision, order.note, by, t)
    if order.decision is not ReviewDecision.KEEP:
        tasking.open_task(
            draft,
            TaskKind.REVISION,
            f"Carry out the decision of review {record.name}: {order.decision}",
            order.note or f"The review {record.occasion} decided: {order.decision}.",
            f"review/{record.name}",
            t,
            due=t + timedelta(days=7),
            cause=record.id,
        )
    return f"{record.id} decided: {order.decision}"


def _close(
    draft: Draft, record: ReviewRecord, decision: ReviewDecision, note: str, by: str, t: datetime
) -> None:
    closed = record.model_copy(update={"decision": decision, "note": note, "decided_at": t, "decided_by": by})
    draft.reviews.pop(record.id, None)
    summary = f"Review {record.name} decided: {decision}{f' — {note}' if note else ''}"
    draft.note(EntryType.REVIEW_DECIDED, f"review/{record.name}", summary, t, review=closed)
