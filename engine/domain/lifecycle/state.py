"""Everything the heart remembers of one strategy, and the draft on which a step works."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, NamedTuple, Self

from pydantic import JsonValue

from engine.domain.base import Instant, Model
from engine.domain.clocks import Standstill
from engine.domain.journal import Entry, EntryType
from engine.domain.messages import Effect
from engine.domain.momentum import Turning
from engine.domain.plan import Plan
from engine.domain.quiet import Rhythm
from engine.domain.records import (
    Activity,
    Adjusted,
    Alert,
    Momentum,
    NoticeGroup,
    Pause,
    ReviewRecord,
    Silencing,
    Slot,
    Task,
)


class ChannelState(Model):
    """What is known of a channel: its newest activities (oldest first), how alive it is, and its own rhythm.

    The rhythm is kept only where a rule judges the channel by it.
    """

    watched_since: Instant
    recent: tuple[Activity, ...] = ()
    momentum: Momentum = Momentum.UNKNOWN
    rhythm: Rhythm | None = None


class SourceState(Model):
    """When a source was last asked, and last answered; how often, and since when, it is asked without an answer."""

    watched_since: Instant
    asked_at: Instant | None = None
    read_at: Instant | None = None
    unanswered: int = 0
    unanswered_since: Instant | None = None
    failing: bool = False
    error: str = ""


class MetricState(Model):
    """The newest value of a metric, and when it was true."""

    watched_since: Instant
    value: float | None = None
    at: Instant | None = None


class State(Model):
    """The whole memory of a strategy. Its size is bounded by its plan, not by its age.

    `at` is the instant up to which time has been lived through. `upcoming` holds each action's next slot,
    `used` the ids of the items already posted, oldest use first. `commands` maps the newest command ids to
    their answers, so that repeating one is harmless also after continue-as-new. `done` says when each kind of activity
    was last done for a slot; `posted`, only where a rule judges posts, when each item last went out. Rules were last evaluated for
    `judged_at`; `adjusted` holds by alert what rules have changed by themselves, `for_digest` the lines that wait for it.
    """

    strategy: str
    started_at: Instant
    at: Instant
    revision: int = 0
    digest: str = ""
    seq: int = 0
    counters: dict[str, int] = {}
    upcoming: dict[str, Instant] = {}
    used: dict[str, tuple[str, ...]] = {}
    done: dict[str, Instant] = {}
    posted: dict[str, Instant] = {}
    slots: dict[str, Slot] = {}
    channels: dict[str, ChannelState] = {}
    sources: dict[str, SourceState] = {}
    metrics: dict[str, MetricState] = {}
    alerts: dict[str, Alert] = {}
    tasks: dict[str, Task] = {}
    reviews: dict[str, ReviewRecord] = {}
    review_due: dict[str, Instant] = {}
    pauses: tuple[Pause, ...] = ()
    commands: dict[str, str] = {}
    revised_at: Instant | None = None
    reviewed_at: Instant | None = None
    judgement_asked: Instant | None = None
    judged_at: Instant | None = None
    silencings: dict[str, Silencing] = {}
    groups: dict[str, NoticeGroup] = {}
    adjusted: dict[str, Adjusted] = {}
    for_digest: tuple[str, ...] = ()
    digest_due: Instant | None = None


def new_state(strategy: str, now: datetime) -> State:
    """Return the memory of a strategy that begins now and has no plan yet."""
    return State(strategy=strategy, started_at=now, at=now)


class Outlook(NamedTuple):
    """What will become of a channel if nothing happens: true as long as these `recent`, `pauses` and `adjusted` stand.

    `dues` are the instants at which the channel's rules about silence become true, by the rule's name; `turns`
    are all the instants at which silence changes something. Until `overfed_until` too much has happened.
    """

    recent: tuple[Activity, ...]
    pauses: tuple[Pause, ...]
    adjusted: dict[str, Adjusted]
    still: Sequence[Standstill]
    turning: Turning
    dues: dict[str, datetime | None]
    turns: tuple[datetime, ...]
    overfed_until: datetime | None


@dataclass
class Draft:
    """A mutable copy of the state for the length of one step, with what the step says and asks.

    `now` is the real instant of the step; handlers get their logical instant as an argument. `outlooks` spares
    computing the same deadlines several times in one step.
    """

    plan: Plan
    now: datetime
    strategy: str
    started_at: datetime
    at: datetime
    revision: int
    digest: str
    seq: int
    counters: dict[str, int]
    upcoming: dict[str, Instant]
    used: dict[str, tuple[str, ...]]
    done: dict[str, Instant]
    posted: dict[str, Instant]
    slots: dict[str, Slot]
    channels: dict[str, ChannelState]
    sources: dict[str, SourceState]
    metrics: dict[str, MetricState]
    alerts: dict[str, Alert]
    tasks: dict[str, Task]
    reviews: dict[str, ReviewRecord]
    review_due: dict[str, Instant]
    pauses: tuple[Pause, ...]
    commands: dict[str, str]
    revised_at: datetime | None
    reviewed_at: datetime | None
    judgement_asked: datetime | None
    judged_at: datetime | None
    silencings: dict[str, Silencing]
    groups: dict[str, NoticeGroup]
    adjusted: dict[str, Adjusted]
    for_digest: tuple[str, ...]
    digest_due: datetime | None
    entries: list[Entry] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    outlooks: dict[str, Outlook] = field(default_factory=dict)

    @classmethod
    def of(cls, plan: Plan, state: State, now: datetime) -> Self:
        """Copy the state's containers; the values in them are frozen and shared."""
        values: dict[str, Any] = {name: getattr(state, name) for name in _STATE_FIELDS}
        for name in _CONTAINERS:
            values[name] = values[name].copy()
        return cls(plan=plan, now=now, **values)

    def freeze(self) -> State:
        """Return the state that this draft has become. Its values were validated when they were made."""
        return State.model_construct(**{name: getattr(self, name) for name in _STATE_FIELDS})

    def note(
        self, kind: EntryType, subject: str, summary: str, at: datetime, **data: Model | JsonValue
    ) -> None:
        """Write a journal entry; models in `data` are kept as they stand now."""
        self.seq += 1
        dumped: dict[str, JsonValue] = {
            name: value.model_dump(mode="json") if isinstance(value, Model) else value
            for name, value in data.items()
        }
        self.entries.append(
            Entry(seq=self.seq, at=at, type=kind, subject=subject, summary=summary, data=dumped)
        )

    def ask(self, effect: Effect) -> None:
        """Ask something of the world."""
        self.effects.append(effect)

    def count(self, name: str) -> int:
        """Count up and return the new number."""
        self.counters[name] = self.counters.get(name, 0) + 1
        return self.counters[name]


_STATE_FIELDS = tuple(item.name for item in fields(Draft) if item.name in State.model_fields)
_CONTAINERS = tuple(name for name in _STATE_FIELDS if isinstance(State.model_fields[name].default, dict))
