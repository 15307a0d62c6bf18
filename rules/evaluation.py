"""The evaluation of a plan's rules: every rule that rests on facts, on every subject, at one instant.

Pure over what it is given: the circumstances that the heart hands over, and the past of samples and posts. Unknown facts
make unknown answers; a defect in one rule, or in one fact, makes an error of the rules that rest on it and of no others.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from pydantic import JsonValue

from engine.domain.judgement import Circumstances, Judgement
from engine.domain.past import Judged, Series, Windows
from engine.domain.plan import Plan
from engine.domain.rule import Rule
from engine.domain.series import Asked
from rules.duplicates import repeated
from rules.findings import Finding
from rules.gathering import Gathered, Gatherer
from rules.pace import behind
from rules.past import Past
from rules.prepared import Answer, Prepared, Results, kind_of, texts_of, unique
from rules.programs import Program, program
from rules.wording import sentence, unknown

# Kinds of subjects that come and go; the plan does not know them, the circumstances do.
_PASSING = ("task",)


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
        rules = plan.by_facts.values()
        beliefs = {one.name: one.holds for one in plan.strategy.assumptions}
        holds = program("strategy", plan.signals, unique(beliefs.values()))
        self._gatherer = Gatherer(plan.signals, holds, beliefs)
        self._programs: dict[str, Program] = {
            kind: program(
                kind, plan.signals, unique(texts_of(each for each in rules if kind_of(each) == kind))
            )
            for kind in dict.fromkeys(map(kind_of, rules))
        }
        ready = {rule.name: Prepared.of(rule, self._programs[kind_of(rule)]) for rule in rules}
        self._rules: dict[str, list[Prepared]] = {}
        for rule, subject in plan.judged:
            if rule.name in ready:
                self._rules.setdefault(subject, []).append(ready[rule.name])
        self._of_passing = {kind: [one for one in ready.values() if one.rule.of == kind] for kind in _PASSING}

    def windows(self, circumstances: Circumstances) -> Windows:
        """Return what an evaluation in these circumstances will ask of the past."""
        asked = Asked()
        past = Past(self.plan, circumstances, asked)
        for subject, rules in self._subjects(circumstances):
            self._gatherer.gather(past, self._programs[_kind(subject)], subject)
            for one in rules:
                # What breaks here breaks again when it is judged, and is told then.
                with suppress(Exception):
                    self._shape(past, one.rule, subject)
        return asked.windows(circumstances.at)

    def evaluate(self, circumstances: Circumstances, series: Series) -> Evaluation:
        """Judge every rule on every subject. Never raises; a rule that breaks is judged with data `error`."""
        past = Past(self.plan, circumstances, series)
        judgements: list[Judgement] = []
        judged: list[Judged] = []
        there: set[str] = set()
        for subject, rules in self._subjects(circumstances):
            there.add(subject)
            gathered = self._gatherer.gather(past, self._programs[_kind(subject)], subject)
            results = _run(self._programs[_kind(subject)], gathered)
            for one in rules:
                judgement, facts = self._judge(past, one, subject, gathered, results)
                judgements.append(judgement)
                judged.append(_record(judgement, circumstances, facts))
        judgements += self._gone(circumstances, there)
        return Evaluation(tuple(judgements), tuple(judged))

    def _subjects(self, circumstances: Circumstances) -> Iterator[tuple[str, list[Prepared]]]:
        yield from self._rules.items()
        for subject in circumstances.facts:
            rules = self._of_passing.get(_kind(subject))
            if rules:
                yield subject, rules

    def _gone(self, circumstances: Circumstances, there: set[str]) -> Iterator[Judgement]:
        """Yield the end of alerts about what was, and is no more."""
        for alert in circumstances.alerts:
            name, _, subject = alert.partition("@")
            rule = self.plan.by_facts.get(name)
            if rule is not None and rule.of in _PASSING and subject not in there:
                yield Judgement(rule=name, subject=subject, truth=False, gone=True)

    def _judge(
        self, past: Past, one: Prepared, subject: str, gathered: Gathered, results: Results
    ) -> tuple[Judgement, dict[str, JsonValue]]:
        facts = one.facts(gathered)
        wrong = one.wrong(gathered)
        if wrong:
            return one.error(subject, wrong), facts
        try:
            answer = one.answers(gathered, results)
            found = self._shape(past, one.rule, subject)
            if found is None:
                found = self._answered(past, one, subject, gathered, answer, facts)
            return one.judgement(subject, found, answer), facts | found.evidence
        except Exception as error:  # noqa: BLE001 - a defect in one rule must not blind the others
            return one.error(subject, f"{type(error).__name__}: {error}"), facts

    def _shape(self, past: Past, rule: Rule, subject: str) -> Finding | None:
        """Return what a ready shape finds; None for a rule with an expression."""
        name = subject.partition("/")[2]
        if rule.pace is not None:
            goal = next(goal for goal in self.plan.strategy.goals if goal.name == name)
            return behind(past, goal, rule.pace)
        return repeated(past, name, rule.duplicate) if rule.duplicate is not None else None

    def _answered(
        self,
        past: Past,
        one: Prepared,
        subject: str,
        gathered: Gathered,
        answer: Answer,
        facts: dict[str, JsonValue],
    ) -> Finding:
        """Return what an expression gives, with a sentence where it is not plainly false."""
        truth = answer(one.rule.expr or "")
        if truth is False:
            return Finding(truth=False, because="", evidence={})
        if truth is None:
            return Finding(None, unknown(one.explanation(gathered)), {})
        text = sentence(one.explanation(gathered), subject, self.plan.zone)
        if one.rule.of == "assumption":
            belief = self._gatherer.explain_belief(past, subject.partition("/")[2])
            text = f"{text} {sentence(belief, 'strategy', self.plan.zone)}"
        return Finding(truth=True, because=text, evidence=facts)


def _kind(subject: str) -> str:
    return subject.partition("/")[0]


def _run(program_: Program, gathered: Gathered) -> Results:
    """Return what all expressions of a kind give; nothing when that breaks, and each rule is tried by itself then."""
    try:
        return program_.run(gathered.facts)
    except Exception:  # noqa: BLE001 - one that breaks must not blind the others
        return {}


def _record(judgement: Judgement, circumstances: Circumstances, facts: dict[str, JsonValue]) -> Judged:
    return Judged.model_construct(
        rule=judgement.rule,
        subject=judgement.subject,
        at=circumstances.at,
        truth=judgement.truth,
        data=judgement.data,
        facts=facts,
        revision=circumstances.revision,
    )
