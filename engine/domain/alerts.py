"""The alert state machine: inactive → pending → firing → recovering → resolved, with `data` beside it.

Unknown never fires and never resolves. Identity is rule and subject; a changed value never makes another alert.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol, TypeAlias

from pydantic import JsonValue

from engine.domain.clocks import Standstill, deadline
from engine.domain.records import Alert, AlertState, DataState
from engine.domain.rule import Rule, Severity


class Verdict(NamedTuple):
    """What a rule says of a subject at an instant.

    `truth` is None exactly when `data` is not ok. `why` gives the sentence and the values behind it. While the
    subject's clock stands `still`, a pending alert does not ripen. `recovered` counts where the rule has a `recover`:
    only True lets a firing alert end. `severity` is None where it is the rule's own.
    """

    truth: bool | None
    data: DataState = DataState.OK
    why: Callable[[], tuple[str, dict[str, JsonValue]]] = lambda: ("", {})
    still: Sequence[Standstill] = ()
    recovered: bool | None = None
    severity: Severity | None = None


# Looked up once: on Python 3.11 the look at a member of an enum takes longer than a call of a function.
_INACTIVE, _PENDING, _FIRING, _RECOVERING, _RESOLVED = AlertState
_ACTIVE = (_FIRING, _RECOVERING)

# Fields of an alert with their new values; an alert is copied once for all of them.
Changes: TypeAlias = dict[str, object]

# What an episode begins with: nobody knows of it yet.
FRESH: Changes = {
    "acknowledged_by": None,
    "inhibited_by": None,
    "silenced_by": None,
    "followed": False,
    "told_at": None,
    "tellings": 0,
}


class Standing(Protocol):
    """As much of an alert as the state machine reads."""

    @property
    def state(self) -> AlertState: ...
    @property
    def data(self) -> DataState: ...
    @property
    def severity(self) -> Severity: ...
    @property
    def shadow(self) -> bool: ...
    @property
    def episode(self) -> int: ...
    @property
    def pending_since(self) -> datetime | None: ...
    @property
    def recovering_since(self) -> datetime | None: ...


def fold(alert: Alert, verdict: Verdict, rule: Rule, now: datetime) -> Alert:
    """Return the alert after the verdict; the same object when nothing changed."""
    changes = step(alert, verdict, rule, now)
    return alert.model_copy(update=changes) if changes else alert


def step(alert: Standing, verdict: Verdict, rule: Rule, now: datetime) -> Changes:
    """Return what the verdict changes of an alert: the state machine itself, however the alert is kept."""
    return {**_data(alert, verdict, rule), **_turn(alert, verdict, rule, now)}


def _data(alert: Standing, verdict: Verdict, rule: Rule) -> Changes:
    severity = verdict.severity or rule.severity
    if alert.data is verdict.data and alert.severity is severity and alert.shadow is rule.is_shadow:
        return {}
    return {"data": verdict.data, "severity": severity, "shadow": rule.is_shadow}


def _turn(alert: Standing, verdict: Verdict, rule: Rule, now: datetime) -> Changes:
    if verdict.truth is None:
        return {}
    if verdict.truth:
        return _when_true(alert, verdict, rule, now)
    if rule.recover is not None and is_active(alert) and not verdict.recovered:
        return _relapse(alert)
    return _when_false(alert, rule, now)


def _relapse(alert: Standing) -> Changes:
    """Let the alert fire; it had perhaps begun to recover."""
    if alert.state is _FIRING:
        return {}
    return {"state": _FIRING, "recovering_since": None}


def _when_true(alert: Standing, verdict: Verdict, rule: Rule, now: datetime) -> Changes:
    if is_active(alert):
        return _relapse(alert)
    since = alert.pending_since if alert.state is _PENDING and alert.pending_since else now
    ripe_at = deadline(since, rule.for_, verdict.still)
    ripe = ripe_at is not None and now >= ripe_at
    if alert.state is _PENDING and not ripe:
        return {}
    because, evidence = verdict.why()
    reasons: Changes = {"because": because, "evidence": evidence, "pending_since": since}
    if not ripe:
        return {**reasons, "state": _PENDING}
    return {
        **reasons,
        "state": _FIRING,
        "fired_at": now,
        "resolved_at": None,
        "episode": alert.episode + 1,
        **FRESH,
    }


def _when_false(alert: Standing, rule: Rule, now: datetime) -> Changes:
    if alert.state is _PENDING:
        calm = _RESOLVED if alert.episode else _INACTIVE
        return {"state": calm, "pending_since": None}
    if not is_active(alert):
        return {}
    since = alert.recovering_since or now
    if now >= since + rule.keep_firing_for:
        return _resolution(now)
    return {"state": _RECOVERING, "recovering_since": since} if alert.state is _FIRING else {}


def _resolution(now: datetime) -> Changes:
    return {
        "state": _RESOLVED,
        "resolved_at": now,
        "pending_since": None,
        "recovering_since": None,
    }


def resolved(alert: Alert, now: datetime) -> Alert:
    """Return the alert resolved at that instant."""
    return alert.model_copy(update=_resolution(now))


def is_active(alert: Standing) -> bool:
    """Return whether the alert needs attention: firing, or firing and perhaps recovering."""
    return alert.state in _ACTIVE


def next_turn(alert: Standing, rule: Rule, still: Sequence[Standstill]) -> datetime | None:
    """Return when the alert's own clocks turn it if its condition stays as it is."""
    if alert.state is _PENDING and alert.pending_since:
        return deadline(alert.pending_since, rule.for_, still)
    if alert.state is _RECOVERING and alert.recovering_since:
        return alert.recovering_since + rule.keep_firing_for
    return None
