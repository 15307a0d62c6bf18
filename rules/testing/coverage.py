"""Clause coverage: which single conditions of rules were seen both true and false. A condition that was only ever seen
one way is untested: nobody knows whether it would ever say the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from engine.domain.plan import Plan
from engine.domain.rule import Rule
from rules.language import Expression, check, explain
from rules.schemas import schema_of

WHOLE = ""


@dataclass(frozen=True, order=True)
class Clause:
    """A single condition of a rule: where it stands in which of its texts. `text` is empty for a shape's one condition."""

    rule: str
    field: str
    start: int
    text: str


@dataclass
class Coverage:
    """What each clause of a plan's rules was seen to be."""

    plan: Plan
    seen: dict[Clause, set[bool]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._texts = {rule.name: list(_texts(rule, self.plan)) for rule in self.plan.rules if rule.enabled}
        for rule in self.plan.rules:
            if rule.enabled and (rule.of == "task" or any(judged is rule for judged, _ in self.plan.judged)):
                for clause in self._clauses(rule):
                    self.seen.setdefault(clause, set())

    def _clauses(self, rule: Rule) -> list[Clause]:
        texts = self._texts.get(rule.name, [])
        if not texts:
            return [Clause(rule.name, WHOLE, 0, WHOLE)]
        return [
            _clause(rule.name, name, expression, start, end)
            for name, expression in texts
            for start, end in _singles(expression)
        ]

    def note_whole(self, rule: str, truth: bool | None) -> None:
        """Note what a rule whose condition is a ready shape said."""
        clause = Clause(rule, WHOLE, 0, WHOLE)
        if truth is not None and clause in self.seen:
            self.seen[clause].add(truth)

    def note_facts(self, rule: str, values: dict[str, object]) -> None:
        """Note what each single condition of an expression gives for these facts by path."""
        for name, expression in self._texts.get(rule, []):
            known = {path: value for path, value in values.items() if path in expression.schema}
            explanation = explain(expression, expression.schema.facts(known))
            for part in explanation.singles():
                if isinstance(part.value, bool):
                    clause = _clause(rule, name, expression, *part.span)
                    self.seen.setdefault(clause, set()).add(part.value)

    @property
    def covered(self) -> int:
        """Return how many clauses were seen both ways."""
        return sum(len(values) > 1 for values in self.seen.values())

    @property
    def percent(self) -> float:
        """Return the share of clauses that were seen both ways, in percent; 100 where there are none."""
        return 100 * self.covered / len(self.seen) if self.seen else 100.0

    def gaps(self) -> list[tuple[Clause, set[bool]]]:
        """Return the clauses that were not seen both ways, with what they were seen to be."""
        return sorted(
            ((clause, values) for clause, values in self.seen.items() if len(values) < 2),  # noqa: PLR2004 - true and false
            key=lambda pair: pair[0],
        )


def merged(coverages: Iterable[Coverage]) -> Coverage | None:
    """Return what several runs of the same plan saw together; None for none."""
    listed = list(coverages)
    if not listed:
        return None
    whole = Coverage(listed[0].plan)
    for coverage in listed:
        for clause, values in coverage.seen.items():
            whole.seen.setdefault(clause, set()).update(values)
    return whole


def _texts(rule: Rule, plan: Plan) -> Iterable[tuple[str, Expression]]:
    if rule.of is None or rule.expr is None:
        return
    schema = schema_of(rule.of, plan.signals)
    yield "expr", check(rule.expr, schema)
    if rule.recover is not None:
        yield "recover", check(rule.recover, schema)
    for one in rule.severities:
        yield "severities", check(one.when, schema)


def _singles(expression: Expression) -> Sequence[tuple[int, int]]:
    nothing = expression.schema.facts({})
    return [part.span for part in explain(expression, nothing).singles()]


def _clause(rule: str, name: str, expression: Expression, start: int, end: int) -> Clause:
    return Clause(rule, name, start, " ".join(expression.text[start:end].split()))
