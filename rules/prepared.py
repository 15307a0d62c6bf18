"""One rule made ready: its expressions compiled with those of its kind, and how its answers become a judgement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from pydantic import JsonValue

from engine.domain.judgement import Judgement
from engine.domain.records import DataState
from engine.domain.rule import Rule, Severity
from rules.findings import Finding
from rules.gathering import Gathered
from rules.language import Explanation, Value, explain
from rules.programs import Program

Answer = Callable[[str], "bool | None"]
Results = Mapping[str, "Value | None"]
_MOST = 1000


def kind_of(rule: Rule) -> str:
    """Return the kind of subjects that an evaluated rule judges."""
    return rule.of or ("goal" if rule.pace is not None else "channel")


def texts_of(rules: Iterable[Rule]) -> Iterator[str]:
    """Yield every expression of these rules."""
    for rule in rules:
        yield from (text for text in (rule.expr, rule.recover) if text)
        yield from (one.when for one in rule.severities)


def unique(texts: Iterable[str]) -> tuple[str, ...]:
    """Return each text once, in the order in which they came."""
    return tuple(dict.fromkeys(texts))


@dataclass(frozen=True, slots=True)
class Prepared:
    """A rule with the program of its kind, the facts that it names, and why it cannot be judged at all (or empty)."""

    rule: Rule
    program: Program
    paths: tuple[str, ...]
    faulty: str

    @classmethod
    def of(cls, rule: Rule, program: Program) -> Prepared:
        """Prepare a rule; the program holds its expressions."""
        texts = unique(texts_of([rule]))
        known = [program.expressions[text] for text in texts if text in program.expressions]
        faults = [program.faulty[text] for text in texts if text in program.faulty]
        return cls(rule, program, unique(path for one in known for path in one.facts), "; ".join(faults))

    def wrong(self, gathered: Gathered) -> str:
        """Return what keeps the rule from being judged of a subject; empty where nothing does."""
        if not gathered.broken:
            return self.faulty
        spoilt = [gathered.broken[path] for path in self.paths if path in gathered.broken]
        return "; ".join([self.faulty, *spoilt] if self.faulty else spoilt)

    def facts(self, gathered: Gathered) -> dict[str, JsonValue]:
        """Return those of the facts that the rule names and that are known."""
        known = gathered.known
        return {path: known[path] for path in self.paths if path in known}

    def explanation(self, gathered: Gathered) -> Explanation:
        """Return why the rule's condition gives what it gives."""
        return explain(self.program.expressions[self.rule.expr or ""], gathered.facts)

    def answers(self, gathered: Gathered, results: Results) -> Answer:
        """Return what each expression of the rule gives; one by one where they could not be run together."""

        def answer(text: str) -> bool | None:
            found = results[text] if results else self.program.run_one(text, gathered.facts)
            return found if isinstance(found, bool) else None

        return answer

    def judgement(self, subject: str, found: Finding, answer: Answer) -> Judgement:
        """Return the judgement for what the condition came to."""
        rule = self.rule
        if found.truth is False and rule.recover is None:
            return false(rule.name, subject)
        return Judgement(
            rule=rule.name,
            subject=subject,
            truth=found.truth,
            data=found.data,
            recovered=answer(rule.recover) if rule.recover else None,
            severity=_severity(rule, answer) if found.truth else None,
            because=found.because,
            evidence={path: value for path, value in found.evidence.items() if path != "now"}
            if found.truth
            else {},
        )

    def error(self, subject: str, why: str) -> Judgement:
        """Return the judgement of a rule that could not be judged."""
        because = f"{self.rule.name} could not be judged of {subject}: {why}"[:_MOST]
        return Judgement(
            rule=self.rule.name, subject=subject, truth=None, data=DataState.ERROR, because=because
        )


@lru_cache(maxsize=65_536)
def false(rule: str, subject: str) -> Judgement:
    """Return the judgement that is made most often."""
    return Judgement(rule=rule, subject=subject, truth=False)


def _severity(rule: Rule, answer: Answer) -> Severity | None:
    """Return the severity whose condition is the first that is true; None leaves the rule's own."""
    return next((one.severity for one in rule.severities if answer(one.when)), None)
