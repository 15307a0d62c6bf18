"""Every kind of finding with its stable code, and what a check needs to say one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from engine.documents.load import PlanSource
from engine.documents.source import Document, Steps
from engine.domain.errors import Problem
from engine.domain.plan import Plan
from engine.domain.ports import MetricSource, Notifier, Platform


class FindingSeverity(StrEnum):
    """How much a finding matters: a note, something to mend soon, something that cannot run."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class FindingKind:
    """What a code means, for people and for the reference."""

    title: str
    explanation: str
    severity: FindingSeverity = FindingSeverity.WARNING


@dataclass(frozen=True)
class Finding:
    """One thing that a plan lacks: its code, how much it matters, and the problem with place and mend."""

    code: str
    severity: FindingSeverity
    problem: Problem

    @property
    def message(self) -> str:
        """Return what was found, in one sentence."""
        return self.problem.message

    @property
    def mend(self) -> str:
        """Return what to do about it."""
        return self.problem.mend

    @property
    def identity(self) -> tuple[str, int, int, str, str]:
        """Return what makes it the same finding: place, code and sentence; also its order."""
        problem = self.problem
        return problem.file, problem.line, problem.column, self.code, problem.message

    def __str__(self) -> str:
        at = f"{self.problem.file}:{self.problem.line}:{self.problem.column}"
        return f"{at}: {self.severity} {self.code}: {self.message}\n    {self.mend}"


class Adapters(Protocol):
    """The adapters by kind, as far as `check` asks them. A registry may be larger."""

    @property
    def platforms(self) -> Mapping[str, Platform]:
        """Return the platforms by name."""
        ...

    @property
    def sources(self) -> Mapping[str, MetricSource]:
        """Return the metric sources by name."""
        ...

    @property
    def notifiers(self) -> Mapping[str, Notifier]:
        """Return the notifiers by name."""
        ...


@dataclass(frozen=True)
class Look:
    """One plan as a check sees it: where it stands, when it is judged, and how many strategies share an objective."""

    plan: Plan
    source: PlanSource
    now: datetime
    sharing: Mapping[str, int]

    def finding(self, code: str, steps: Steps, message: str, mend: str) -> Finding:
        """Return a finding at a place of the strategy's document."""
        return self.at(self.source.strategy, code, steps, message, mend)

    def at(self, document: Document, code: str, steps: Steps, message: str, mend: str) -> Finding:
        """Return a finding at a place of either document."""
        return Finding(code, FINDINGS[code].severity, document.problem(steps, message, mend))


_INFO, _ERROR = FindingSeverity.INFO, FindingSeverity.ERROR
FINDINGS: dict[str, FindingKind] = {
    "DB101": FindingKind(
        "Goal is not specific",
        "The goal has no success sentence. Without a sentence that says what must happen for this to be a success, "
        "two people will judge the same number differently.",
    ),
    "DB102": FindingKind(
        "Goal is not measurable",
        "The goal's metric says neither its unit nor what it counts, or nothing notices when its values stop coming "
        "(`expect_every`). A number that nobody can name or miss measures nothing.",
    ),
    "DB103": FindingKind(
        "Goal is hardly attainable",
        "Baseline and target lie more than ten times apart. Until the metric's history says otherwise, "
        "that is a wish; a checkpoint with a smaller step keeps it honest.",
    ),
    "DB104": FindingKind(
        "Goal is not relevant",
        "The goal names no objective, so reaching it serves nothing that the business said it wants.",
    ),
    "DB105": FindingKind(
        "Goal is not bound to a time",
        "The goal is due in the past, or it runs shorter than its metric's own rhythm, so no value will ever tell.",
    ),
    "DB111": FindingKind(
        "Objective without a goal",
        "No goal of the strategy serves this objective, so nobody will see whether it comes nearer.",
    ),
    "DB112": FindingKind(
        "One strategy or too many for an objective",
        "Two to five strategies for one objective leave a choice without scattering the work. One is a single "
        "bet; more than five starve each other.",
        _INFO,
    ),
    "DB113": FindingKind(
        "Strategy named after a tool",
        "The strategy bears the name of a platform. Tools change; name the strategy after what it is to achieve.",
    ),
    "DB114": FindingKind(
        "Only a vanity metric",
        "All goals of this objective rest on metrics marked `vanity`: they can rise while the business stands still.",
    ),
    "DB115": FindingKind(
        "Metric that informs nothing",
        "No goal, no signal and no rule uses the metric. Collecting it costs time and decides nothing.",
    ),
    "DB121": FindingKind(
        "Channel without a purpose",
        "Nobody will be able to say what is lost when the channel falls silent, nor whether to revive it.",
    ),
    "DB122": FindingKind(
        "Silence would go unnoticed",
        "No rule watches the channel: it has neither `cadence.at_least` nor `silence.after`, and no rule knows its own "
        "rhythm (ChannelQuiet of the pack momentum does). It can die without an alert.",
    ),
    "DB123": FindingKind(
        "Audience without evidence",
        "The channel speaks to an audience about which the plan has beliefs but no evidence.",
    ),
    "DB124": FindingKind(
        "Audience evidence is stale",
        "The newest evidence about the audience is more than a year old.",
    ),
    "DB125": FindingKind(
        "Channel without an audience",
        "The plan does not say to whom the channel speaks.",
        _INFO,
    ),
    "DB126": FindingKind(
        "Channel that nobody feeds",
        "The channel has no action and no `activity` source: nothing is posted by Drumbeat and nothing is seen.",
    ),
    "DB131": FindingKind(
        "Only one person can run it",
        "The strategy has an owner but no deputy other than the owner. A holiday ends its momentum.",
    ),
    "DB132": FindingKind(
        "Nobody owns it",
        "The strategy has no owner: its tasks and alerts reach nobody in particular.",
    ),
    "DB141": FindingKind(
        "Creating without listening",
        "Actions of kind `create` and none of kind `listen`: the strategy speaks before it hears.",
    ),
    "DB142": FindingKind(
        "Schedule cannot keep the cadence",
        "In the next eight weeks the scheduled actions leave a stretch with fewer posts than `at_least`.",
    ),
    "DB143": FindingKind(
        "Schedule exceeds the cadence",
        "In the next eight weeks the scheduled actions post more often in one period than `at_most` allows.",
    ),
    "DB144": FindingKind(
        "Content runs out",
        "The action's content does not repeat, and within 14 days a slot comes for which nothing is left.",
    ),
    "DB145": FindingKind(
        "Clocks change",
        "A change of clocks moves a scheduled time, or shows it twice. This is what will happen, not a mistake.",
        _INFO,
    ),
    "DB146": FindingKind(
        "Schedule has ended",
        "The schedule names no time after now, so it will never do anything.",
    ),
    "DB147": FindingKind(
        "Image without words",
        "The image has no `alt`. Who cannot see it does not learn what it shows, and some platforms refuse it.",
    ),
    "DB151": FindingKind(
        "No review",
        "Nothing calls people together to keep, change or stop the strategy.",
    ),
    "DB161": FindingKind(
        "Rule that judges nothing",
        "The plan has no subject that the rule could ever judge: nobody has promised what it watches over, or what it is "
        "about does not exist. It looks like a guard and is none.",
    ),
    "DB162": FindingKind(
        "Signal that nothing reads",
        "No rule's condition and no assumption reads the signal, so nobody will ever hear of it.",
    ),
    "DB201": FindingKind("Unknown platform", "No platform adapter of this name is installed.", _ERROR),
    "DB202": FindingKind("Unknown kind of source", "No source adapter of this name is installed.", _ERROR),
    "DB203": FindingKind(
        "Unknown kind of notifier", "No notifier adapter of this name is installed.", _ERROR
    ),
    "DB211": FindingKind(
        "Account refused", "The platform's adapter cannot work with the account's settings.", _ERROR
    ),
    "DB212": FindingKind("Source refused", "The source's adapter cannot work with its settings.", _ERROR),
    "DB213": FindingKind("Notifier refused", "The notifier's adapter cannot work with its settings.", _ERROR),
    "DB214": FindingKind(
        "Content refused", "The channel's platform would not take this content item.", _ERROR
    ),
    "DB215": FindingKind(
        "Metric refused", "The adapter of the metric's source cannot work with the metric's settings.", _ERROR
    ),
    "DB216": FindingKind(
        "Folder or file not there",
        "An account's folder or a source's file is not on this machine. The engine would fail there at the first slot "
        "or reading; if it runs on another machine, look there.",
    ),
    "DB221": FindingKind(
        "A secret in plain sight",
        "A setting is named like a secret and holds a value. Settings are stored and shown; secrets are referenced.",
        _ERROR,
    ),
}
