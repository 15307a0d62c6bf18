"""Who knows of an alert, and why nobody does."""

from __future__ import annotations

from engine.domain.alerts import is_active
from engine.domain.lifecycle.state import State
from engine.domain.plan import Plan
from engine.domain.records import Alert
from engine.domain.rule import Rule
from engine.domain.words import moment, several


def telling(plan: Plan, state: State, rule: Rule, alert: Alert | None, *, now: bool) -> str:
    """Say in a sentence whether people know of the alert, and what keeps them from it.

    With `now` the state says what it waits for; otherwise the alert alone counts, as it stood.
    """
    if alert is None or not is_active(alert):
        return _of_the_calm(plan, alert)
    if alert.shadow:
        return "The rule is in shadow: its alerts are recorded, nobody is told and nothing follows."
    if alert.inhibited_by:
        cause = alert.inhibited_by.replace("@", " on ")
        return f"Nobody is told while {cause} fires, because that explains it (inhibited_by)."
    if alert.silenced_by:
        return _silenced(plan, state, alert.silenced_by)
    if not alert.tellings and now and (waits := _waits(plan, state, rule, alert)):
        return waits
    if alert.told_at is not None:
        often = f", {several(alert.tellings, 'time')} in all" if alert.tellings > 1 else ""
        seen = f" {alert.acknowledged_by} has acknowledged it." if alert.acknowledged_by else ""
        return f"People were told {moment(alert.told_at, plan.zone)}{often}.{seen}"
    if alert.acknowledged_by:
        return f"{alert.acknowledged_by} had acknowledged it before anybody was told."
    return "Nobody had been told of it by then."


def _of_the_calm(plan: Plan, alert: Alert | None) -> str:
    if alert is None or alert.resolved_at is None:
        return "It has not fired, so there is nothing to tell."
    return f"It does not fire; its last alert ended {moment(alert.resolved_at, plan.zone)}."


def _silenced(plan: Plan, state: State, name: str) -> str:
    silence = state.silencings.get(name)
    if silence is None:
        return f"Nobody was told: {name} silenced it."
    why = f": {silence.reason}" if silence.reason else ""
    return f"Nobody is told: {name} of {silence.by or 'somebody'} silences it until {moment(silence.end, plan.zone)}{why}."


def _waits(plan: Plan, state: State, rule: Rule, alert: Alert) -> str:
    """Say what a firing alert of which nobody has been told waits for; nothing if that is not known."""
    if not (rule.notify or plan.strategy.notify):
        return "Nobody is told: neither the rule nor the strategy names a notifier (`notify`)."
    for group in state.groups.values():
        if alert.id in group.alerts:
            return f"It waits for others of its group until {moment(group.due, plan.zone)} (group_wait)."
    digest = plan.strategy.routing.digest
    if digest is not None and alert.severity in digest.severities:
        when = f" of {moment(state.digest_due, plan.zone)}" if state.digest_due else ""
        return f"It waits for the digest{when}."
    return ""
