"""Rule tests from their files: read, checked against the plan that they are about, and made ready to run."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from engine.documents.excerpt import plan_of_excerpt
from engine.documents.gather import gather
from engine.documents.load import load
from engine.documents.source import Document, Steps
from engine.documents.validate import validate
from engine.documents.words import choose, quoted
from engine.documents.written import place_within
from engine.domain.errors import DocumentError, Problem
from engine.domain.likeness import sketch
from engine.domain.plan import Plan
from engine.domain.records import Activity, Sample
from rules.packs import pack_names
from rules.testing.cases import (
    Case,
    Check,
    Span,
    Spot,
    moment_of,
    outages_at,
    posts_at,
    samples_at,
)
from rules.testing.model import Expectation, MadePost, RuleTest, RuleTests
from rules.testing.notation import NotationError, Step
from rules.testing.notation import steps as steps_of

KIND = "RuleTest"


def read_cases(paths: Sequence[Path]) -> list[Case]:
    """Read the tests of files and of the files in folders; documents of another kind are left out.

    Raises DocumentError with every problem of every file: names that do not exist, series that are none, times.
    """
    documents, problems = gather(paths)
    found = [each for each in documents if isinstance(each.data, dict) and each.data.get("kind") == KIND]
    cases: list[Case] = []
    for document in found:
        try:
            cases += _cases(document)
        except DocumentError as error:
            problems.extend(error.problems)
    if not found and not problems:
        names = ", ".join(str(path) for path in paths)
        message = f"there is no document with `kind: {KIND}` in {names}"
        problems = [Problem(names, 1, 1, message, "docs/how-to/test-rules.md shows a first test.")]
    if problems:
        raise DocumentError(problems)
    return cases


def _cases(document: Document) -> list[Case]:
    model = validate(document, RuleTests)
    plan = _plan(document, model)
    readings = [_Reading(document, plan, ("tests", place), test) for place, test in enumerate(model.tests)]
    cases = [reading.case() for reading in readings]
    problems = [problem for reading in readings for problem in reading.problems]
    if problems:
        raise DocumentError(problems)
    return cases


def _plan(document: Document, tests: RuleTests) -> Plan:
    if tests.pack is not None and tests.pack not in pack_names():
        message = f"there is no rule pack {quoted(tests.pack)}"
        raise DocumentError(
            [document.problem(("pack",), message, choose(tests.pack, pack_names(), "Remove it."))]
        )
    if tests.plan is None:
        return plan_of_excerpt(document, ("strategy",), [tests.pack] if tests.pack else None)
    plans = load([document.folder / tests.plan]).plans
    if len(plans) != 1:
        message = f"{quoted(tests.plan)} holds {len(plans)} strategies, and tests are about one"
        mend = "Name the files of one strategy's folder, or write an excerpt of it as `strategy`."
        raise DocumentError([document.problem(("plan",), message, mend)])
    return plans[0]


@dataclass
class _Reading:
    """One test while it is read, with the problems met on the way."""

    document: Document
    plan: Plan
    steps: Steps
    test: RuleTest
    problems: list[Problem] = field(default_factory=list)

    def case(self) -> Case:
        """Return the test ready to run; of no use when there are problems."""
        start = self._moment((*self.steps, "start"), self.test.start, datetime(2026, 1, 5, tzinfo=UTC))
        samples, outages = self._series(start)
        checks = [self._check(place, wanted, start) for place, wanted in enumerate(self.test.expect)]
        return Case(
            self.test.name,
            self._spot(self.steps),
            self.plan,
            start,
            tuple(sorted(checks, key=lambda check: check.at)),
            posts=self._posts(start),
            samples=samples,
            outages=outages,
            silent_from={
                name: self._moment((*self.steps, "silent_from", name), text, start)
                for name, text in self.test.silent_from.items()
                if self._known("silent_from", name, "channel", self.plan.channels)
            },
        )

    def _problem(self, steps: Steps, message: str, mend: str, *, key: bool = False) -> None:
        self.problems.append(self.document.problem(steps, message, mend, key=key))

    def _spot(self, steps: Steps) -> Spot:
        place = self.document.place(steps)
        return Spot(self.document.file, place.line, place.column)

    def _moment(self, steps: Steps, text: str, start: datetime) -> datetime:
        try:
            return moment_of(text, start, self.plan.zone)
        except ValueError as error:
            self._problem(steps, str(error), "Mend this time.")
            return start

    def _known(self, listing: str, name: str, noun: str, names: Collection[str]) -> bool:
        if name in names:
            return True
        mend = choose(name, names, f"The plan has no {noun} at all.")
        self._problem((*self.steps, listing, name), f"the plan has no {noun} {quoted(name)}", mend, key=True)
        return False

    def _notation(self, steps: Steps, text: str) -> list[Step]:
        try:
            return steps_of(text)
        except NotationError as error:
            place = place_within(self.document, steps, text, error.start)
            mend = "Look up the notation in docs/how-to/test-rules.md."
            self.problems.append(Problem(self.document.file, place.line, place.column, str(error), mend))
            return []

    def _series(self, start: datetime) -> tuple[dict[str, list[Sample]], dict[str, list[Span]]]:
        samples: dict[str, list[Sample]] = {}
        outages: dict[str, list[Span]] = {}
        for name, text in self.test.series.items():
            if self._known("series", name, "metric", self.plan.metrics):
                found = self._notation((*self.steps, "series", name), text)
                samples[name] = samples_at(name, found, start, self.test.every)
                silent = outages_at(found, start, self.test.every)
                outages.setdefault(self.plan.metrics[name].source, []).extend(silent)
        return samples, outages

    def _posts(self, start: datetime) -> dict[str, list[Activity]]:
        posts: dict[str, list[Activity]] = {}
        for name, given in self.test.posts.items():
            if not self._known("posts", name, "channel", self.plan.channels):
                continue
            steps = (*self.steps, "posts", name)
            if isinstance(given, str):
                try:
                    posts[name] = posts_at(name, self._notation(steps, given), start, self.test.every)
                except ValueError as error:
                    self._problem(steps, str(error), "Mend this series.")
            else:
                made = [self._post(steps, name, place, post, start) for place, post in enumerate(given)]
                posts[name] = sorted(made, key=lambda post: post.at)
        return posts

    def _post(self, steps: Steps, name: str, place: int, post: str | MadePost, start: datetime) -> Activity:
        text = post if isinstance(post, str) else post.at
        where = (*steps, place) if isinstance(post, str) else (*steps, place, "at")
        at = self._moment(where, text, start)
        if isinstance(post, str):
            return Activity(at=at, ref=f"{name}-{place}")
        return Activity(at=at, ref=f"{name}-{place}", title=post.title, sketch=sketch(post.text, post.title))

    def _check(self, place: int, wanted: Expectation, start: datetime) -> Check:
        steps = (*self.steps, "expect", place)
        at = self._moment((*steps, "at"), wanted.at, start)
        if at < start:
            self._problem((*steps, "at"), "this is before the test begins", "Write a later time.")
        if wanted.review is not None and wanted.review not in self.plan.reviews:
            mend = choose(wanted.review, self.plan.reviews, "The plan has no review at all.")
            self._problem((*steps, "review"), f"the plan has no review {quoted(wanted.review)}", mend)
        subject = self._subject(steps, wanted) if wanted.alert is not None else ""
        return Check(self._spot(steps), at, wanted, subject)

    def _subject(self, steps: Steps, wanted: Expectation) -> str:
        """Return the subject of the alert that is looked at; a rule or a subject that is not there is a problem."""
        rules = {rule.name: rule for rule in self.plan.rules}
        rule = rules.get(wanted.alert or "")
        if rule is None:
            message = f"the plan has no rule {quoted(str(wanted.alert))}"
            self._problem(
                (*steps, "alert"), message, choose(str(wanted.alert), rules, "It has no rules at all.")
            )
            return ""
        if not rule.enabled:
            message = f"the rule {rule.name} is switched off, so there is never an alert of it"
            self._problem(
                (*steps, "alert"), message, "Set `enabled: true` for it in the plan, or remove the check."
            )
            return ""
        subjects = [subject for judged, subject in self.plan.judged if judged.name == rule.name]
        if rule.of == "task":
            return wanted.of or "task/"
        if wanted.of is None and len(subjects) == 1:
            return subjects[0]
        if wanted.of in subjects:
            return wanted.of or ""
        if not subjects:
            message, mend = f"{rule.name} judges nothing in this plan", "Give the plan what it judges."
            if rule.cadence is not None or rule.deadline is not None:
                mend = (
                    "Give the plan the number it is judged by, such as a cadence, or give the rule a period."
                )
        elif wanted.of is None:
            message = f"{rule.name} judges {len(subjects)} subjects, and the check names none"
            mend = f"Write of: {subjects[0]}"
        else:
            message = f"{rule.name} does not judge {quoted(wanted.of)}"
            mend = choose(wanted.of, subjects, "")
        self._problem((*steps, "of" if wanted.of else "alert"), message, mend)
        return ""
