"""Why a rule says what it says of a subject, or said at an instant, and why nobody was told: from what is stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from pydantic import JsonValue

from engine.domain.alerts import is_active
from engine.domain.journal import EntryType
from engine.domain.lifecycle import judging
from engine.domain.lifecycle.state import Draft, State
from engine.domain.past import Judged
from engine.domain.plan import Plan
from engine.domain.records import Alert, DataState
from engine.domain.rule import Rule
from engine.domain.storage import Store
from engine.runtime.clockwork import Clockwork, clockwork
from engine.runtime.remembering import memory_at
from engine.runtime.shapes import shape
from engine.runtime.telling import telling
from rules.facts import decode
from rules.language import Explanation, LanguageError, check, explain
from rules.language.errors import FactsError
from rules.prepared import kind_of
from rules.signals import schema_with

_TURNS = (
    EntryType.ALERT_PENDING,
    EntryType.ALERT_FIRING,
    EntryType.ALERT_RECOVERING,
    EntryType.ALERT_RESOLVED,
    EntryType.ALERT_DATA,
    EntryType.ALERT_REBUILT,
    EntryType.ALERT_HELD,
    EntryType.ALERT_TOLD,
    EntryType.ALERT_ACKNOWLEDGED,
)


@dataclass(frozen=True)
class Explained:
    """What one rule says of one subject `at` an instant; `parts` for an expression, `clock` for a rule with a clock.

    `at` is None when nothing is known of it: the rule was not judged by then. `told` says who knows, or why nobody.
    """

    rule: Rule
    subject: str
    at: datetime | None
    revision: int
    truth: bool | None
    data: DataState
    alert: Alert | None
    told: str
    parts: tuple[tuple[str, Explanation], ...] = ()
    clock: Clockwork | None = None
    facts: dict[str, JsonValue] = field(default_factory=dict)
    note: str = ""


class Explainer:
    """Explains from the store how one strategy was judged, now (`at` None) or as of an instant (UTC)."""

    def __init__(self, store: Store, strategy: str, at: datetime | None) -> None:
        """Read the strategy. Raises NotFoundError."""
        self._store, self._strategy, self._at = store, strategy, at
        row = store.strategy(strategy)
        self.state = State.model_validate(row.state)
        self.revision = row.revision if at is None else self._revision_at(at, row.revision)
        self.plan = store.revision(strategy, self.revision).plan

    def _revision_at(self, at: datetime, latest: int) -> int:
        entries = self._store.journal(self._strategy, types=[EntryType.STRATEGY_APPLIED], newest_first=True)
        numbers = (entry.data.get("revision") for _, entry in entries if entry.at <= at)
        found = next(numbers, None)
        return found if isinstance(found, int) else latest

    def subjects(self) -> list[str]:
        """Return everything that a rule judges, or has judged."""
        rows = self._store.judged(self._strategy)
        named = {subject for _, subject in self.plan.judged} | {row.subject for row in rows}
        return sorted(named | {alert.subject for alert in self.state.alerts.values()})

    def rules(self, subject: str) -> list[Rule]:
        """Return the rules that judge the subject, in the order of the plan."""
        kind = subject.partition("/")[0]
        judging_it = {rule.name for rule, each in self.plan.judged if each == subject}
        return [
            rule
            for rule in self.plan.rules
            if rule.name in judging_it or (rule.enabled and rule.of == kind == "task")
        ]

    def explain(self, rule: Rule, subject: str) -> Explained:
        """Explain what the rule says of the subject."""
        alert = self._alert(rule, subject)
        told = telling(self.plan, self.state, rule, alert, now=self._at is None)
        if rule.is_evaluated:
            return self._evaluated(rule, subject, alert, told)
        if self._at is not None:
            return self._by_clock_of(self._at, rule, subject, alert, told)
        return self._by_clock(Draft.of(self.plan, self.state, self.state.at), rule, subject, alert, told)

    def _by_clock(self, draft: Draft, rule: Rule, subject: str, alert: Alert | None, told: str) -> Explained:
        verdict = judging.judge(draft, rule, subject, draft.at)
        return Explained(
            rule,
            subject,
            draft.at,
            self.revision,
            verdict.truth,
            verdict.data,
            alert,
            told,
            clock=clockwork(draft, rule, subject, verdict, draft.at),
        )

    def _alert(self, rule: Rule, subject: str) -> Alert | None:
        identity = f"{rule.name}@{subject}"
        if self._at is None:
            return self.state.alerts.get(identity)
        return next((alert for _, alert in self._turns(identity, subject, self._at)), None)

    def _turns(self, identity: str, subject: str, at: datetime) -> Iterator[tuple[datetime, Alert]]:
        """Yield how the alert stood at each of its entries by then, the newest first."""
        entries = self._store.journal(
            self._strategy, types=_TURNS, subject=subject, newest_first=True, limit=100_000
        )
        for _, entry in entries:
            data = entry.data.get("alert")
            if entry.at <= at and isinstance(data, dict):
                alert = Alert.model_validate(data)
                if alert.id == identity:
                    yield entry.at, alert

    def _by_clock_of(
        self, at: datetime, rule: Rule, subject: str, alert: Alert | None, told: str
    ) -> Explained:
        """Explain a rule with a clock at an instant of the past: from what was known then, with how its alert stood."""
        if at < self.state.started_at:
            note = "The strategy did not run yet."
            return Explained(
                rule, subject, None, self.revision, None, DataState.UNKNOWN, None, told, note=note
            )
        plan, state = memory_at(self._store, self.plan, self.state, rule, at)
        alerts = {alert.id: alert} if alert is not None else {}
        if rule.unjudged is not None:
            other = self._as_judged(plan, state, rule.unjudged.rule, subject, at)
            alerts[other.id] = other
        state = state.model_copy(update={"alerts": alerts})
        found = self._by_clock(Draft.of(plan, state, at), rule, subject, alert, told)
        if alert is not None and is_active(alert) and found.truth is not True:
            return replace(found, note=f"Its alert fired because of this: {alert.because}")
        return found

    def _as_judged(self, plan: Plan, state: State, name: str, subject: str, at: datetime) -> Alert:
        """Return the alert of another rule with the data that it was judged by then; a calm one says so nowhere else."""
        rule = next(one for one in plan.rules if one.name == name)
        stood = next((each for _, each in self._turns(f"{name}@{subject}", subject, at)), None)
        alert = stood or Alert(rule=name, subject=subject, severity=rule.severity)
        if rule.is_evaluated:
            rows = self._store.judged(self._strategy, name, subject, at)
            data = rows[0].data if rows else alert.data
        else:
            data = judging.judge(Draft.of(plan, state, at), rule, subject, at).data
        return alert.model_copy(update={"data": data})

    def _evaluated(self, rule: Rule, subject: str, alert: Alert | None, told: str) -> Explained:
        rows = self._store.judged(self._strategy, rule.name, subject, self._at)
        if not rows:
            note = "It was not judged by then."
            data = alert.data if alert else DataState.UNKNOWN
            return Explained(rule, subject, None, self.revision, None, data, alert, told, note=note)
        row = rows[0]
        plan = (
            self.plan
            if row.revision == self.revision
            else self._store.revision(self._strategy, row.revision).plan
        )
        judged_by = next((each for each in plan.rules if each.name == rule.name), rule)
        parts, note = _parts(plan, judged_by, row)
        if alert is not None and alert.because and judged_by.expr is None:
            note = alert.because
        return Explained(
            judged_by,
            subject,
            row.at,
            row.revision,
            row.truth,
            row.data,
            alert,
            told,
            parts=parts,
            clock=shape(judged_by, row.facts, truth=row.truth),
            facts={} if parts and judged_by.expr else row.facts,
            note=note,
        )


def _parts(plan: Plan, rule: Rule, row: Judged) -> tuple[tuple[tuple[str, Explanation], ...], str]:
    """Return the rule's expressions explained with the facts that it rested on then; or why that is not possible."""
    texts: Sequence[tuple[str, str | None]] = [
        ("expr", rule.expr),
        ("recover", rule.recover),
        *((f"severity {one.severity}", one.when) for one in rule.severities),
    ]
    try:
        schema = schema_with(kind_of(rule), plan.signals)
        facts = decode(schema, {path: value for path, value in row.facts.items() if path in schema})
        found = [(name, explain(check(text, schema), facts)) for name, text in texts if text is not None]
    except (LanguageError, FactsError) as error:
        return (), f"Its text can no longer be read by this version: {error}"
    return tuple(found), ""
