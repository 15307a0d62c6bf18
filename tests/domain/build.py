"""Plans in a few words, and a heart with a pretended world around it, so that tests of the heart read well."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.domain.journal import Entry, EntryType
from engine.domain.judgement import Circumstances, Judgement
from engine.domain.lifecycle.state import new_state
from engine.domain.lifecycle.step import Step, step
from engine.domain.messages import (
    Command,
    Commanded,
    Effect,
    Event,
    Find,
    Instruction,
    Notify,
    Observe,
    Observed,
    PlanApplied,
    Publish,
    PublishFinished,
    Tick,
)
from engine.domain.plan import Plan
from engine.domain.publication import PublishOutcome, PublishStatus
from engine.domain.records import Activity, Alert, Reading, Sample, Task
from engine.domain.rule import Rule
from engine.domain.strategy import Strategy
from engine.domain.workspace import Workspace

# A Monday.
START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
TINY = timedelta(microseconds=1)


def utc(text: str) -> datetime:
    """Read '2026-01-05 09:00' as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# --- plans ---------------------------------------------------------------------------------------------------

SILENT = {
    "name": "Silent",
    "reason": "It is quiet.",
    "deadline": {"since": "activity"},
    "severity": "critical",
}
SLOWING = {"name": "Slowing", "reason": "It slows.", "cadence": {"breach": "at_least"}}
OVERFED = {"name": "Overfed", "reason": "It is too much.", "cadence": {"breach": "at_most"}}
MISSING = {"name": "Missing", "reason": "No numbers.", "deadline": {"since": "sample"}}
UNREADABLE = {"name": "Unreadable", "reason": "No reading.", "deadline": {"since": "reading"}}
MOMENTUM = (SILENT, SLOWING, OVERFED, MISSING, UNREADABLE)
REVISE = {"title": "Revise {subject}", "due_within": "3d"}


def items(count: int) -> list[dict[str, Any]]:
    """Return so many items of content: p1, p2 …"""
    return [{"id": f"p{n}", "title": f"Post {n}", "body": f"Body {n}"} for n in range(1, count + 1)]


def channel(name: str = "blog", **more: Any) -> dict[str, Any]:
    """Return a channel that promises one post a week."""
    return {"name": name, "account": "site", "cadence": {"at_least": 1, "per": "week"}} | more


def action(name: str = "post", **more: Any) -> dict[str, Any]:
    """Return an action that posts on `blog` every day at nine."""
    defaults = {"channel": "blog", "schedule": {"cron": "0 9 * * *"}, "content": {"items": items(3)}}
    return {"name": name} | defaults | more


def plan(
    *,
    channels: Iterable[Mapping[str, Any]] = (channel(),),
    actions: Iterable[Mapping[str, Any]] = (),
    rules: Iterable[Mapping[str, Any]] = (SILENT,),
    sources: Iterable[Mapping[str, Any]] = ({"name": "feed", "kind": "feed", "every": "6h"},),
    zone: str = "UTC",
    **strategy: Any,
) -> Plan:
    """Return a checked plan; Ann owns it, Ben is her deputy, both are told through the notifier `log`."""
    workspace = {
        "apiVersion": "drumbeat/v1",
        "kind": "Workspace",
        "name": "team",
        "timezone": zone,
        "people": [{"name": "ann"}, {"name": "ben"}, {"name": "cem"}],
        "accounts": [{"name": "site", "platform": "site"}, {"name": "hand", "platform": "manual"}],
        "notifiers": [{"name": "log", "kind": "log"}],
        "sources": list(sources),
    }
    document = {
        "apiVersion": "drumbeat/v1",
        "kind": "Strategy",
        "name": "plan",
        "workspace": "team",
        "owner": "ann",
        "deputy": "ben",
        "notify": ["log"],
        "channels": list(channels),
        "actions": list(actions),
    } | strategy
    checked = Strategy.model_validate(document)
    return Plan(
        workspace=Workspace.model_validate(workspace),
        strategy=checked,
        content={one.name: one.content.items for one in checked.actions},
        rules=tuple(Rule.model_validate(rule) for rule in rules),
    )


# --- a heart with a world ------------------------------------------------------------------------------------


def outcome(status: PublishStatus, **more: Any) -> PublishOutcome:
    """Return a platform's answer."""
    return PublishOutcome(status=status, **more)


def post(at: datetime, ref: str = "", title: str = "") -> Activity:
    """Return something that was posted."""
    return Activity(at=at, ref=ref or f"post of {at.isoformat()}", title=title)


def reading(source: str, at: datetime, *, posts: Mapping[str, Sequence[Activity]] | None = None) -> Reading:
    """Return a reading of a source that worked."""
    return Reading(
        source=source,
        at=at,
        ok=True,
        activities={name: tuple(found) for name, found in (posts or {}).items()},
    )


def broken(source: str, at: datetime) -> Reading:
    """Return a reading of a source that did not work."""
    return Reading(source=source, at=at, ok=False, error="connection refused")


class Heart:
    """A strategy that lives in a pretended world.

    `answers` are the platform's next answers; when they are used up everything is published. `posts` is what the
    sources show by channel, `samples` by metric. A source named in `unreadable` fails, one in `mute` never answers,
    and with `deaf` no platform does. `judgements` is what the evaluation of rules says; `circumstances` is what it was
    told, oldest first.
    """

    def __init__(
        self,
        first: Plan,
        start: datetime = START,
        mute: Iterable[str] = (),
        judgements: Iterable[Judgement] = (),
    ) -> None:
        self.plan, self.state = first, new_state(first.id, start)
        self.wake_at: datetime | None = None
        self.entries: list[Entry] = []
        self.effects: list[Effect] = []
        self.answers: deque[PublishOutcome] = deque()
        self.posts: dict[str, list[Activity]] = {}
        self.samples: dict[str, list[Sample]] = {}
        self.unreadable: set[str] = set()
        self.mute = set(mute)
        self.deaf = False
        self.judgements = list(judgements)
        self.circumstances: list[Circumstances] = []
        self.commands = 0
        self.apply(first, start)

    def apply(self, new: Plan, now: datetime) -> Step:
        """Let a new revision of the plan count, as the shell does."""
        self.plan = new
        return self.tell(PlanApplied(revision=self.state.revision + 1, author="ann"), now)

    def tell(self, event: Event, now: datetime) -> Step:
        """Give the heart an event, then the world's answers to what it asks; return the first step."""
        first = self._step(event, now)
        events = self._answers(first.effects, now)
        while events:
            events += self._answers(self._step(events.popleft(), now).effects, now)
        return first

    def command(self, instruction: Instruction, now: datetime, by: str = "cem", key: str = "") -> Step:
        """Let a person command something."""
        self.commands += 1
        command = Command(id=key or f"c{self.commands}", by=by, instruction=instruction)
        return self.tell(Commanded(command=command), now)

    def until(self, end: datetime) -> Heart:
        """Wake at every instant that the heart named, and at `end`."""
        while self.wake_at is not None and self.wake_at <= end:
            self.tell(Tick(), self.wake_at)
        self.tell(Tick(), end)
        return self

    def _step(self, event: Event, now: datetime) -> Step:
        result = step(self.plan, self.state, event, now)
        self.state, self.wake_at = result.state, result.wake_at
        self.entries += result.entries
        self.effects += result.effects
        return result

    def _answers(self, effects: Iterable[Effect], now: datetime) -> deque[Event]:
        events: deque[Event] = deque()
        for effect in effects:
            if isinstance(effect, Publish | Find) and not self.deaf:
                events.append(PublishFinished(slot=effect.slot, outcome=self._platform(effect, now)))
            elif isinstance(effect, Observe):
                readings = [
                    self._read(s.name, effect, now) for s in effect.sources if s.name not in self.mute
                ]
                events.append(self._observed(tuple(readings), effect.judge))
        return events

    def _observed(self, readings: tuple[Reading, ...], judge: Circumstances | None) -> Observed:
        if judge is None:
            return Observed(readings=readings)
        self.circumstances.append(judge)
        return Observed(readings=readings, judgements=tuple(self.judgements), judged_at=judge.at)

    def _platform(self, effect: Publish | Find, now: datetime) -> PublishOutcome:
        if self.answers:
            return self.answers.popleft()
        if effect.post.account.platform == "manual" and isinstance(effect, Publish):
            return outcome(PublishStatus.ASKED)
        return outcome(PublishStatus.PUBLISHED, at=now, url=f"https://site.test/{effect.post.key}")

    def _read(self, source: str, effect: Observe, now: datetime) -> Reading:
        if source in self.unreadable:
            return broken(source, now)
        posts = {
            name: [p for p in self.posts.get(name, []) if p.at <= now]
            for name in effect.channels.get(source, ())
        }
        samples = [
            s
            for m in effect.metrics
            if m.source == source
            for s in self.samples.get(m.name, [])
            if s.at <= now
        ]
        return reading(source, now, posts=posts).model_copy(update={"samples": tuple(samples)})

    # --- what tests ask ------------------------------------------------------------------------------------

    def of(self, *kinds: EntryType) -> list[Entry]:
        """Return the journal's entries of these kinds."""
        return [entry for entry in self.entries if entry.type in kinds]

    def when(self, kind: EntryType, subject: str | None = None) -> list[datetime]:
        """Return the instants of the journal's entries of a kind."""
        return [entry.at for entry in self.of(kind) if subject in (None, entry.subject)]

    def asked(self, kind: type[Effect]) -> list[Any]:
        """Return the effects of a kind that the heart asked for."""
        return [effect for effect in self.effects if isinstance(effect, kind)]

    def told(self, word: str) -> list[Notify]:
        """Return the notifications whose identity holds that word."""
        return [effect for effect in self.effects if isinstance(effect, Notify) and word in effect.notice]

    def task(self) -> Task:
        """Return the one task that is open."""
        (task,) = self.state.tasks.values()
        return task

    def alert(self, identity: str = "Silent@channel/blog") -> Alert:
        """Return an alert."""
        return self.state.alerts[identity]
