"""The demonstration: which plans it runs, and which of its promises have come true so far."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import as_file, files
from pathlib import Path

from engine.documents.load import load
from engine.domain.journal import Entry, EntryType
from engine.domain.plan import Plan
from engine.domain.records import Alert, Task
from engine.domain.storage import Store
from engine.runtime.viewing import view_of

STRATEGY = "demo/demo"
CHANNEL = "channel/newsletter"
METRIC = "posts-this-week"


def prepare(folder: Path, examples: Sequence[Path]) -> tuple[Plan, ...]:
    """Copy the demonstration's plan and the given example folders below `folder`, unless they are there already.

    Returns all their plans. Copies are kept between runs, so that they can be edited and the sites grow.
    Raises DocumentError when one of them was broken meanwhile.
    """
    with as_file(files("engine.cli") / "templates" / "demo") as packaged:
        _copy(packaged, folder / "demo")
    for example in examples:
        _copy(example, folder / example.resolve().name)
    homes = sorted(path for path in folder.iterdir() if path.is_dir())
    plans = load(homes).plans
    for plan in plans:
        for account in plan.workspace.accounts:
            place = account.settings.get("folder")
            if isinstance(place, str):
                Path(place).mkdir(parents=True, exist_ok=True)
    return plans


def _copy(source: Path, target: Path) -> None:
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target)


@dataclass(frozen=True)
class Scene:
    """What the demonstration promised to show, as far as it has happened in this run; None where it has not.

    posted: a post went out; measured: the value read back from the feed after that; alert and task: what the
    forgotten channel caused; review: when the next review opens. `entries` are new journal lines.
    """

    posted: Entry | None
    measured: tuple[datetime, float] | None
    alert: Alert | None
    task: Task | None
    review: datetime | None
    zone: str
    entries: tuple[tuple[str, Entry], ...]

    def missing(self) -> list[str]:
        """Name what has not happened yet."""
        facts = {
            "a post that goes out": self.posted,
            "the feed measured back": self.measured,
            "the alert of the silent channel": self.alert,
            "its revision task": self.task,
            "the date of the next review": self.review,
        }
        return [name for name, fact in facts.items() if fact is None]


def look(store: Store, since: dict[str, int]) -> Scene:
    """Return the scene as the store shows it now; `since` holds each strategy's newest known seq, and is moved on."""
    row = store.strategy(STRATEGY)
    shown = view_of(store, row)
    entries: list[tuple[str, Entry]] = []
    for strategy in store.strategies():
        fresh = store.journal(strategy.strategy, after=since.get(strategy.strategy, 0))
        if fresh:
            since[strategy.strategy] = fresh[-1][1].seq
        entries += fresh
    published = [e for name, e in entries if name == STRATEGY and e.type is EntryType.SLOT_PUBLISHED]
    samples = store.samples(STRATEGY, METRIC)
    return Scene(
        posted=published[-1] if published else None,
        measured=(samples[-1].seen, samples[-1].value) if samples and samples[-1].value > 0 else None,
        alert=next((a for a in shown.alerts if a.subject == CHANNEL and a.rule == "ChannelSilent"), None),
        task=next((task for task in shown.tasks if task.subject == CHANNEL), None),
        review=shown.next_reviews[0].at if shown.next_reviews else None,
        zone=shown.zone,
        entries=tuple(sorted(entries, key=lambda pair: (pair[1].at, pair[0], pair[1].seq))),
    )
