"""A simulated strategy that is watched: which rules could be judged, and what their single conditions were seen to be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from engine.domain.journal import Entry
from engine.domain.judgement import Circumstances
from engine.domain.lifecycle import judging
from engine.domain.lifecycle.state import Draft, State
from engine.domain.messages import Event
from engine.domain.plan import Plan
from engine.runtime.simulation import Life, World
from rules.evaluation import Evaluation
from rules.testing.coverage import Coverage


class CoveredLife(Life):
    """Lives as any other, and looks at what the rules say. `judged` are the rules that had an answer, by subject."""

    def __init__(self, plan: Plan, world: World, state: State) -> None:
        super().__init__(plan, world, state)
        self.judged: set[tuple[str, str]] = set()
        self.coverage = Coverage(plan)

    def tell(self, event: Event, now: datetime) -> Iterator[Entry]:
        """Give the heart an event, and look at what the rules with a clock say then."""
        yield from super().tell(event, now)
        draft = Draft.of(self.plan, self.state, self.state.at)
        for rule, subject in self.plan.by_clock:
            self._note(rule.name, subject, judging.judge(draft, rule, subject, draft.at).truth)

    def evaluate(self, judge: Circumstances) -> Evaluation:
        """Evaluate the rules, and look at what they say and rest on."""
        evaluation = super().evaluate(judge)
        for row in evaluation.judged:
            self._note(row.rule, row.subject, row.truth)
            self.coverage.note_facts(row.rule, row.facts)
        return evaluation

    def _note(self, rule: str, subject: str, truth: bool | None) -> None:
        if truth is not None:
            self.judged.add((rule, subject))
            self.coverage.note_whole(rule, truth)
