"""What the contract of the store is told: the smallest right records, at fixed instants."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from engine.domain.channel import Channel
from engine.domain.items import ContentItem
from engine.domain.journal import Entry, EntryType
from engine.domain.plan import Plan
from engine.domain.publication import Post, PublishOutcome, PublishStatus
from engine.domain.records import Alert, AlertState, ReviewRecord, Sample, Task, TaskKind, TaskState
from engine.domain.rule import Severity
from engine.domain.storage import StrategyRow
from engine.domain.strategy import ActivityKind
from engine.domain.workspace import Account

T0 = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
NAME = "acme/blog"


def at(hours: float) -> datetime:
    """Return the instant so many hours after the beginning."""
    return T0 + hours * HOUR


def plan(title: str = "A blog", *, name: str = "blog", **changes: Any) -> Plan:
    # The keys of `settings` are out of order on purpose: a store must not sort them, or the digest changes.
    account = {"name": "site", "platform": "site", "settings": {"zebra": 1, "apple": {"b": 2.50, "a": 1e22}}}
    strategy = {
        "apiVersion": "drumbeat/v1",
        "kind": "Strategy",
        "name": name,
        "workspace": "acme",
        "title": title,
        "channels": [{"name": "blog", "account": "site"}],
        **changes,
    }
    workspace = {"apiVersion": "drumbeat/v1", "kind": "Workspace", "name": "acme", "accounts": [account]}
    return Plan.model_validate({"workspace": workspace, "strategy": strategy, "content": {}})


def row(seq: int = 1, *, strategy: str = NAME, updated: float = 0, **state: Any) -> StrategyRow:
    return StrategyRow(
        strategy=strategy,
        revision=1,
        seq=seq,
        updated_at=at(updated),
        state={"deep": {"list": [1, 2.5, None, "ü"]}, **state},
        view={"words": "steady"},
    )


def entry(
    seq: int, entry_type: EntryType = EntryType.CHANNEL_STATE, *, hours: float | None = None, **fields: Any
) -> Entry:
    return Entry(
        seq=seq,
        at=at(seq if hours is None else hours),
        type=entry_type,
        subject=fields.pop("subject", "channel/blog"),
        summary=fields.pop("summary", f"entry {seq}"),
        data=fields,
    )


def alert(
    state: AlertState = AlertState.FIRING, *, subject: str = "channel/blog", because: str = ""
) -> Alert:
    return Alert(
        rule="silence",
        subject=subject,
        severity=Severity.WARNING,
        state=state,
        because=because,
        evidence={"days": 12.5, "last": None},
        fired_at=T0,
    )


def task(
    name: str = "t1", state: TaskState = TaskState.OPEN, *, due: float = 24, title: str = "Look"
) -> Task:
    return Task(
        id=name,
        kind=TaskKind.REVISION,
        title=title,
        why="It went quiet",
        subject="channel/blog",
        state=state,
        opened_at=T0,
        due=at(due),
    )


def review(name: str = "r1", *, opened: float = 0, **changes: Any) -> ReviewRecord:
    return ReviewRecord(
        id=name,
        name="monthly",
        occasion="calendar",
        opened_at=at(opened),
        decide_by=at(opened + 100),
        **changes,
    )


def alert_entry(seq: int, record: Alert, entry_type: EntryType = EntryType.ALERT_FIRING) -> Entry:
    return entry(seq, entry_type, alert=record.model_dump(mode="json"))


def task_entry(seq: int, record: Task, entry_type: EntryType = EntryType.TASK_OPENED) -> Entry:
    return entry(seq, entry_type, task=record.model_dump(mode="json"))


def review_entry(seq: int, record: ReviewRecord, entry_type: EntryType = EntryType.REVIEW_OPENED) -> Entry:
    return entry(seq, entry_type, review=record.model_dump(mode="json"))


def post(slot: float = 0, *, content: str = "aa", strategy: str = NAME, action: str = "weekly") -> Post:
    return Post(
        key=f"{strategy}/{action}/{at(slot):%Y%m%dT%H%M%SZ}/{content}",
        strategy=strategy,
        action=action,
        kind=ActivityKind.CREATE,
        slot=at(slot),
        channel=Channel(name="blog", account="site"),
        account=Account(name="site", platform="site"),
        item=ContentItem(id=content, body="Hello"),
    )


def outcome(status: PublishStatus = PublishStatus.PUBLISHED, **fields: Any) -> PublishOutcome:
    return PublishOutcome(status=status, at=T0, settle=timedelta(seconds=5), **fields)


def sample(
    value: float, *, hours: float = 0, seen: float = 0, metric: str = "visits", origin: str = "feed"
) -> Sample:
    return Sample(metric=metric, at=at(hours), value=value, seen=at(seen), origin=origin)
