"""Journal entries as lines for people and as records for programs; `journal` and `simulate` share them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.cli.output import paint
from engine.cli.text import padded, stamp, wrapped
from engine.domain.journal import Entry, EntryType

# A mark of one letter and a colour for what a reader looks for; the type's own words stand beside it.
_MARKS: dict[EntryType, tuple[str, str]] = {
    EntryType.SLOT_PUBLISHED: ("+", "green"),
    EntryType.SLOT_SKIPPED: ("-", "yellow"),
    EntryType.SLOT_FAILED: ("!", "red"),
    EntryType.SLOT_UNKNOWN: ("?", "red"),
    EntryType.ALERT_FIRING: ("!", "red"),
    EntryType.ALERT_RESOLVED: ("+", "green"),
    EntryType.TASK_ESCALATED: ("!", "red"),
    EntryType.REVIEW_OVERDUE: ("!", "red"),
    EntryType.NOTICE_FAILED: ("!", "red"),
}
_WIDEST_TYPE = max(len(kind) for kind in EntryType)


def record_of(strategy: str, entry: Entry) -> dict[str, Any]:
    """Return an entry as flat JSON: what it is, then the fields of its data."""
    dumped = entry.model_dump(mode="json")
    data = dumped.pop("data")
    frame = {"at": dumped["at"], "strategy": strategy, "type": dumped["type"], "subject": dumped["subject"]}
    return {**frame, "summary": dumped["summary"], "seq": dumped["seq"], **data}


def lines_of(strategy: str, entry: Entry, zone: str, room: int, *, named: bool) -> list[str]:
    """Return an entry as lines of at most `room` cells; `named` shows whose it is."""
    mark, colour = _MARKS.get(entry.type, (" ", ""))
    kind = padded(str(entry.type), _WIDEST_TYPE)
    told = f"{paint(mark, colour)} {paint(kind, colour)}" if colour else f"{mark} {kind}"
    whose = f"{strategy}: " if named else ""
    head = f"{stamp(entry.at, zone)}  {told}  "
    body = wrapped(f"{whose}{entry.summary}", room, first=head)
    return (
        body if len(body) == 1 else [head.rstrip(), *wrapped(f"{whose}{entry.summary}", room, first=" " * 6)]
    )


def families() -> dict[str, tuple[EntryType, ...]]:
    """Return what `--type` understands: every type, and the word before its dot for all of that family."""
    known: dict[str, tuple[EntryType, ...]] = {str(kind): (kind,) for kind in EntryType}
    for kind in EntryType:
        family = kind.partition(".")[0]
        known[family] = (*known.get(family, ()), kind)
    return known


def count_by_type(types: Sequence[EntryType]) -> list[str]:
    """Return how often each type came, in the order in which the types are declared."""
    return [f"{types.count(kind)} {kind}" for kind in EntryType if kind in types]
