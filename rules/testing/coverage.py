"""Clause coverage: which single conditions of rules were seen both true and false. A condition that was only ever seen
one way is untested: nobody knows whether it would ever say the other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from engine.domain.judgement import Facts
from engine.domain.plan import Plan
from engine.domain.rule import Rule
from rules.facts import decode
from rules.language import Facts as Values
from rules.language import Node, Schema, check, evaluate, explain
from rules.signals import schema_with

WHOLE = ""
_BOTH = 2


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
        """Find the single conditions of the rules that judge anything."""
        judging = {rule.name for rule, _ in self.plan.judged}
        judging |= {rule.name for rule in self.plan.by_facts.values() if rule.of == "task"}
        self._singles = {rule.name: list(_singles(rule, self.plan)) for rule in self.plan.rules}
        for rule in self.plan.rules:
            if rule.name in judging:
                clauses = [clause for clause, _, _ in self._singles[rule.name]] or [_whole(rule.name)]
                self.seen.update((clause, set()) for clause in clauses)

    def note_whole(self, rule: str, truth: bool | None) -> None:
        """Note what a rule whose condition is a ready shape said; of others only their single conditions count."""
        seen = self.seen.get(_whole(rule))
        if seen is not None and truth is not None:
            seen.add(truth)

    def note_facts(self, rule: str, told: Facts) -> None:
        """Note what each single condition of an expression gives for these facts, as they are kept (by path, in JSON)."""
        facts: dict[Schema, Values] = {}
        for clause, node, schema in self._singles.get(rule, ()):
            if len(self.seen[clause]) < _BOTH:
                if schema not in facts:
                    facts[schema] = decode(schema, told)
                value = evaluate(node, facts[schema])
                if isinstance(value, bool):
                    self.seen[clause].add(value)

    def of(self, rules: Collection[str]) -> Coverage:
        """Return the part that is about these rules."""
        part = Coverage(self.plan)
        part.seen = {clause: values for clause, values in self.seen.items() if clause.rule in rules}
        return part

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
            ((clause, values) for clause, values in self.seen.items() if len(values) < _BOTH),
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


def _whole(rule: str) -> Clause:
    return Clause(rule, WHOLE, 0, WHOLE)


def _singles(rule: Rule, plan: Plan) -> Iterator[tuple[Clause, Node, Schema]]:
    """Yield the single conditions of a rule's expressions, each with its tree."""
    if rule.of is None or rule.expr is None:
        return
    schema = schema_with(rule.of, plan.signals)
    texts = [
        ("expr", rule.expr),
        ("recover", rule.recover),
        *(("severities", one.when) for one in rule.severities),
    ]
    for name, text in texts:
        if text is not None:
            explanation = explain(check(text, schema), schema.facts({}))
            for part in explanation.singles():
                clause = Clause(rule.name, name, part.span[0], explanation.text_of(part))
                yield clause, part.node, schema
