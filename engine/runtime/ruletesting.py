"""Rule tests run: the very same heart lives through each, so a tester that says otherwise than the engine cannot be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from engine.domain.lifecycle.state import new_state
from engine.domain.lifecycle.step import Step
from engine.domain.messages import Event, Notify, Observe, PlanApplied
from engine.domain.plan import Plan
from engine.domain.records import Alert, AlertState, DataState, Reading
from engine.runtime.covering import CoveredLife
from engine.runtime.simulation import World
from rules.testing.cases import Case, Check, Span, Spot
from rules.testing.coverage import Coverage
from rules.testing.model import Expectation

_CALM = (AlertState.INACTIVE, AlertState.RESOLVED)


@dataclass(frozen=True)
class Failure:
    """A check that does not hold: where it stands, and what was so instead."""

    spot: Spot
    message: str


@dataclass(frozen=True)
class Verdict:
    """What came of one test."""

    case: Case
    failures: tuple[Failure, ...]
    coverage: Coverage


@dataclass(frozen=True)
class TestedWorld(World):
    """A world in which sources may be out of reach for a while."""

    __test__ = False
    outages: Mapping[str, Sequence[Span]] = field(default_factory=dict)

    def _read(self, source: str, effect: Observe, now: datetime) -> Reading:
        for start, end in self.outages.get(source, ()):
            if start <= now and (end is None or now < end):
                return Reading(source=source, at=now, ok=False, error="in this test it cannot be read")
        return super()._read(source, effect, now)


class TestedLife(CoveredLife):
    """A simulated strategy that keeps what people were told."""

    __test__ = False

    def __init__(self, plan: Plan, world: World, start: datetime) -> None:
        super().__init__(plan, world, new_state(plan.id, start))
        self.told: list[Notify] = []

    def _answers(self, result: Step, now: datetime) -> Iterable[Event]:
        self.told += [effect for effect in result.effects if isinstance(effect, Notify)]
        yield from super()._answers(result, now)


def run(case: Case) -> Verdict:
    """Live through a test and hold every check against what is then."""
    world = TestedWorld(
        posts=case.posts, samples=case.samples, silent_from=case.silent_from, outages=case.outages
    )
    life = TestedLife(case.plan, world, case.start)
    failures: list[Failure] = []
    _exhaust(life.tell(PlanApplied(revision=1, author="test"), case.start))
    heard = 0
    before: datetime | None = None
    for check in case.checks:
        if before is not None and check.at > before:
            heard = len(life.told)
        _exhaust(life.until(check.at))
        before = check.at
        failures += [Failure(check.spot, message) for message in _misses(life, check, heard)]
    return Verdict(case, tuple(failures), life.coverage)


def _exhaust(entries: Iterable[object]) -> None:
    for _ in entries:
        pass


def _misses(life: TestedLife, check: Check, heard: int) -> Iterator[str]:
    """Yield what is otherwise than the check says; messages count that were sent since the check before."""
    wanted, state = check.wanted, life.state
    if wanted.alert is not None:
        yield from _alert(life, check)
    elif wanted.task is not None:
        titles = [task.title for task in state.tasks.values() if wanted.assignee in (None, task.assignee)]
        yield from _held(wanted, f"task “{wanted.task}”", wanted.task, titles, "The open tasks are")
    elif wanted.told is not None:
        texts = [f"{notice.title}\n{notice.body}" for notice in life.told[heard:]]
        yield from _held(wanted, f"message with “{wanted.told}”", wanted.told, texts, "People were told")
    elif wanted.review is not None:
        names = [record.name for record in state.reviews.values()]
        yield from _held(wanted, f"review {wanted.review}", wanted.review, names, "The open reviews are")
    elif wanted.paused is not None:
        scopes = [pause.scope for pause in state.pauses if not pause.over]
        yield from _held(wanted, f"pause of {wanted.paused}", wanted.paused, scopes, "What stands still is")


def _held(wanted: Expectation, what: str, text: str, found: Sequence[str], lead: str) -> Iterator[str]:
    there = any(text in one for one in found)
    if there == wanted.absent:
        said = "; ".join(one.split("\n", 1)[0] for one in found) or "nothing"
        yield f"there is {'a' if wanted.absent else 'no'} {what}. {lead}: {said}"


def _alert(life: TestedLife, check: Check) -> Iterator[str]:
    wanted, rule = check.wanted, str(check.wanted.alert)
    alert = _looked_at(life, rule, check.subject)
    name = f"{rule}@{check.subject}"
    state = alert.state if alert else AlertState.INACTIVE
    if wanted.state == "none":
        if state not in _CALM:
            yield f"{name} is {state}{_because(alert)}, and there should be no alert"
        elif alert is not None and alert.data is not DataState.OK:
            yield (
                f"that there is no alert {name} proves nothing: its data is {alert.data} then, so it could not have "
                "fired. Give the test the series or posts that the rule rests on, or expect state: unknown"
            )
        elif not _could_fire(life, rule, check.subject):
            yield (
                f"that there is no alert {name} proves nothing: until then the rule was never judged on it. Look "
                "later, or give the test the series or posts that the rule rests on"
            )
        return
    if wanted.state == "unknown":
        if alert is None or alert.data is DataState.OK:
            yield f"{name} is {state}, and its data is known; it should be unknown"
        return
    if state != wanted.state or alert is None:
        data = f", and its data is {alert.data}" if alert and alert.data is not DataState.OK else ""
        yield f"{name} is {state}{data}{_because(alert)}; it should be {wanted.state}"
        return
    if wanted.severity is not None and alert.severity is not wanted.severity:
        yield f"{name} is of severity {alert.severity}; it should be {wanted.severity}"
    if wanted.because is not None and wanted.because not in alert.because:
        yield f"{name} says “{alert.because}”, in which there is no “{wanted.because}”"


def _looked_at(life: TestedLife, rule: str, subject: str) -> Alert | None:
    if not subject.endswith("/"):
        return life.state.alerts.get(f"{rule}@{subject}")
    of_rule = [alert for alert in life.state.alerts.values() if alert.rule == rule]
    return next((alert for alert in of_rule if alert.state not in _CALM), of_rule[0] if of_rule else None)


def _could_fire(life: TestedLife, rule: str, subject: str) -> bool:
    return any(
        judged == rule and (each == subject or (subject.endswith("/") and each.startswith(subject)))
        for judged, each in life.judged
    )


def _because(alert: Alert | None) -> str:
    return f" (“{alert.because}”)" if alert and alert.because and alert.state not in _CALM else ""
