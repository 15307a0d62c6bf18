"""The digest: alerts that can wait are collected, and told together on a schedule."""

from __future__ import annotations

from datetime import datetime

from engine.domain.lifecycle import tasking
from engine.domain.lifecycle.state import Draft
from engine.domain.occurrences import next_slot
from engine.domain.records import Alert
from engine.domain.rule import Severity
from engine.domain.words import moment, several

_MOST = 200


def takes(draft: Draft, alert: Alert) -> bool:
    """Return whether the alert waits for the digest instead of being told at once."""
    digest = draft.plan.strategy.routing.digest
    return digest is not None and alert.severity in digest.severities


def add(draft: Draft, line: str, t: datetime) -> None:
    """Let a line wait for the next digest; of very many the newest are kept."""
    draft.for_digest = (*draft.for_digest, f"{moment(t, draft.plan.zone)}  {line}")[-_MOST:]


def schedule_next(draft: Draft, after: datetime) -> None:
    """Put the next digest into the state."""
    digest = draft.plan.strategy.routing.digest
    draft.digest_due = next_slot(digest.schedule, draft.plan.zone, after) if digest else None


def advance(draft: Draft, t: datetime) -> None:
    """Tell what has been collected, once its time has come."""
    due = draft.digest_due
    if due is None or due > t:
        return
    schedule_next(draft, t)
    if draft.for_digest:
        title = f"Digest: {several(len(draft.for_digest), 'thing')} about {draft.plan.strategy.title or draft.strategy}"
        body = "\n".join(draft.for_digest)
        draft.for_digest = ()
        tasking.tell(draft, f"digest/{due:%Y%m%dT%H%M%SZ}", Severity.INFO, title, body)
