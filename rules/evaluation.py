"""The evaluation of a plan's rules: every rule that rests on facts, on every subject, at one instant.

Pure over what it is given: the circumstances that the heart hands over, and the past of samples and posts. Unknown facts
make unknown answers; a defect in one rule, or in one fact, makes an error of the rules that rest on it and of no others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from pydantic import JsonValue

from engine.domain.judgement import Circumstances, Judgement
from engine.domain.plan import Plan
from engine.domain.ports import Judged, Series, Windows
from engine.domain.records import DataState
from engine.domain.rule import Rule, Severity
from engine.domain.series import Asked
from rules.duplicates import repeated
from rules.findings import Finding
from rules.gathering import Gathered, Gatherer
from rules.language import Value, explain
from rules.pace import behind
from rules.past import Past
from rules.programs import Program, program
from rules.wording import sentence, unknown

# Kinds of subjects that come and go; the plan does not know them, the circumstances do.
_PASSING = ("task",)
_MOST = 1000
Answer = Callable[[str], "bool | None"]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What every rule says of each of its subjects, and what is kept of it to explain it later."""

    judgements: tuple[Judgement, ...]
    judged: tuple[Judged, ...]

    def worth_telling(self, circumstances: Circumstances) -> tuple[Judgement, ...]:
        """Return the judgements that can change something.

        That is what is true, whatever is said of alerts that are not calm or could not be judged before, and what
        cannot be told and was not unknown already.
        """
        return tuple(each for each in self.judgements if _is_news(each, circumstances))


def _is_news(judgement: Judgement, circumstances: Circumstances) -> bool:
    alert = f"{judgement.rule}@{judgement.subject}"
    before = circumstances.unjudged.get(alert)
    if judgement.truth is None:
        return judgement.data is not before
    return judgement.truth or judgement.gone or before is not None or alert in circumstances.alerts


class Evaluator:
    """Evaluates the rules of one plan. Made once for a plan and used for every evaluation; it keeps nothing of them."""

    def __init__(self, plan: Plan) -> None:
        """Compile the plan's expressions, unless another plan with the same ones has been met. Never raises for a rule."""
        self.plan = plan
        self._rules: dict[str, list[Rule]] = {}
        for rule, subject in plan.judged:
            if rule.is_evaluated:
                self._rules.setdefault(subject, []).append(rule)
        by_facts = plan.by_facts.values()
        self._of_passing = {kind: [rule for rule in by_facts if rule.of == kind] for kind in _PASSING}
        beliefs = {one.name: one.holds for one in plan.strategy.assumptions}
        holds = program("strategy", plan.signals, _unique(beliefs.values()))
        self._gatherer = Gatherer(plan.signals, holds, beliefs)
        kinds = dict.fromkeys(rule.of for rule in by_facts if rule.of)
        self._programs: dict[str, Program] = {
            kind: program(kind, plan.signals, _unique(_texts(rule for rule in by_facts if rule.of == kind)))
            for kind in kinds
        }
        self._paths = {
            rule.name: _paths(self._programs[rule.of], rule) for rule in by_facts if rule.of in self._programs
        }

    def windows(self, circumstances: Circumstances) -> Windows:
        """Return what an evaluation in these circumstances will ask of the past."""
        asked = Asked()
        past = Past(self.plan, circumstances, asked)
        for subject, rules in self._subjects(circumstances):
            self._gathered(past, subject, rules)
            for rule in rules:
                # What breaks here breaks again when it is judged, and is told then.
                with suppress(Exception):
                    self._found(past, rule, subject)
        return asked.windows(circumstances.at)

    def evaluate(self, circumstances: Circumstances, series: Series) -> Evaluation:
        """Judge every rule on every subject. Never raises; a rule that breaks is judged with data `error`."""
        past = Past(self.plan, circumstances, series)
        judgements: list[Judgement] = []
        judged: list[Judged] = []
        for subject, rules in self._subjects(circumstances):
            for judgement, facts in self._judge(past, subject, rules):
                judgements.append(judgement)
                judged.append(_record(judgement, circumstances, facts))
        judgements += self._gone(circumstances, {subject for subject, _ in self._subjects(circumstances)})
        return Evaluation(tuple(judgements), tuple(judged))

    def _subjects(self, circumstances: Circumstances) -> Iterator[tuple[str, list[Rule]]]:
        yield from self._rules.items()
        for subject in circumstances.facts:
            rules = self._of_passing.get(subject.partition("/")[0])
            if rules:
                yield subject, rules

    def _gone(self, circumstances: Circumstances, there: set[str]) -> Iterator[Judgement]:
        """Yield the end of alerts about what was, and is no more."""
        for alert in circumstances.alerts:
            name, _, subject = alert.partition("@")
            rule = self.plan.by_facts.get(name)
            if rule is not None and rule.of in _PASSING and subject not in there:
                yield Judgement(rule=name, subject=subject, truth=False, gone=True)

    def _gathered(self, past: Past, subject: str, rules: Iterable[Rule]) -> Gathered | None:
        named = self._programs.get(subject.partition("/")[0])
        if named is None or all(rule.expr is None for rule in rules):
            return None
        return self._gatherer.gather(past, named, subject)

    def _judge(
        self, past: Past, subject: str, rules: list[Rule]
    ) -> Iterator[tuple[Judgement, Mapping[str, JsonValue]]]:
        gathered = self._gathered(past, subject, rules)
        results = self._run(subject, gathered) if gathered else {}
        for rule in rules:
            try:
                if gathered is not None and rule.expr is not None:
                    yield self._of_expression(past, rule, subject, gathered, results)
                else:
                    found = self._found(past, rule, subject)
                    yield _judgement(rule, subject, found), found.evidence
            except Exception as error:  # noqa: BLE001 - a defect in one rule must not blind the others
                yield _error(rule, subject, f"{type(error).__name__}: {error}"), {}

    def _run(self, subject: str, gathered: Gathered) -> dict[str, Value | None]:
        named = self._programs[subject.partition("/")[0]]
        try:
            return named.run(gathered.facts)
        except Exception:  # noqa: BLE001 - one that breaks must not blind the others, which are judged one by one
            return {}

    def _found(self, past: Past, rule: Rule, subject: str) -> Finding:
        name = subject.partition("/")[2]
        if rule.pace is not None:
            goal = next(goal for goal in self.plan.strategy.goals if goal.name == name)
            return behind(past, goal, rule.pace)
        if rule.duplicate is not None:
            return repeated(past, name, rule.duplicate)
        return Finding(None, "", {})

    def _of_expression(
        self,
        past: Past,
        rule: Rule,
        subject: str,
        gathered: Gathered,
        results: Mapping[str, Value | None],
    ) -> tuple[Judgement, Mapping[str, JsonValue]]:
        named, text = self._programs[rule.of or ""], rule.expr or ""
        paths = self._paths[rule.name]
        facts = {path: gathered.known[path] for path in paths if path in gathered.known}
        wrong = [named.faulty[each] for each in _texts([rule]) if each in named.faulty]
        wrong += [gathered.broken[path] for path in paths if path in gathered.broken]
        if wrong:
            return _error(rule, subject, "; ".join(wrong)), facts

        def answer(of: str) -> bool | None:
            found = results[of] if results else named.run_one(of, gathered.facts)
            return found if isinstance(found, bool) else None

        truth = answer(text)
        if truth is False and rule.recover is None:
            return _false(rule.name, subject), facts
        because = "" if truth is False else self._because(past, rule, subject, gathered, truth)
        judgement = Judgement(
            rule=rule.name,
            subject=subject,
            truth=truth,
            data=DataState.OK if truth is not None else DataState.UNKNOWN,
            recovered=answer(rule.recover) if rule.recover else None,
            severity=_severity(rule, answer) if truth else None,
            because=because,
            evidence={path: value for path, value in facts.items() if path != "now"} if truth else {},
        )
        return judgement, facts

    def _because(self, past: Past, rule: Rule, subject: str, gathered: Gathered, truth: bool | None) -> str:
        named = self._programs[rule.of or ""]
        explanation = explain(named.expressions[rule.expr or ""], gathered.facts)
        if truth is None:
            return unknown(explanation)
        text = sentence(explanation, subject, self.plan.zone)
        if rule.of != "assumption":
            return text
        belief = self._gatherer.explain_belief(past, subject.partition("/")[2])
        return f"{text} {sentence(belief, 'strategy', self.plan.zone)}"


@lru_cache(maxsize=65_536)
def _false(rule: str, subject: str) -> Judgement:
    return Judgement(rule=rule, subject=subject, truth=False)


def _texts(rules: Iterable[Rule]) -> Iterator[str]:
    for rule in rules:
        yield from (text for text in (rule.expr, rule.recover) if text)
        yield from (one.when for one in rule.severities)


def _unique(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


def _paths(named: Program, rule: Rule) -> tuple[str, ...]:
    """Return the facts that a rule names, in its condition, its recovery and its severities."""
    expressions = (named.expressions[text] for text in _texts([rule]) if text in named.expressions)
    return _unique(path for expression in expressions for path in expression.facts)


def _severity(rule: Rule, answer: Answer) -> Severity | None:
    """Return the severity whose condition is the first that is true; None leaves the rule's own."""
    return next((one.severity for one in rule.severities if answer(one.when)), None)


def _judgement(rule: Rule, subject: str, found: Finding) -> Judgement:
    return Judgement(
        rule=rule.name,
        subject=subject,
        truth=found.truth,
        data=found.data,
        because=found.because,
        evidence=found.evidence if found.truth else {},
    )


def _error(rule: Rule, subject: str, why: str) -> Judgement:
    because = f"{rule.name} could not be judged of {subject}: {why}"
    return Judgement(
        rule=rule.name, subject=subject, truth=None, data=DataState.ERROR, because=because[:_MOST]
    )


def _record(judgement: Judgement, circumstances: Circumstances, facts: Mapping[str, JsonValue]) -> Judged:
    return Judged.model_construct(
        rule=judgement.rule,
        subject=judgement.subject,
        at=circumstances.at,
        truth=judgement.truth,
        data=judgement.data,
        facts=dict(facts),
        revision=circumstances.revision,
    )
